import { describe, expect, test } from "bun:test";
import { UserError } from "../errors.ts";
import { type HostTexts, NONE, PI, SYSTEMD_HYBRID, V1, V2 } from "./fixtures.ts";
import { readTopology } from "./topology.ts";
import { unifiedWrites } from "./unified.ts";

function writes(unified: Record<string, string>, host: HostTexts): ReturnType<typeof unifiedWrites> {
  return unifiedWrites(unified, readTopology(host.mountinfo, host.selfCgroup, host.procCgroups, host.controllers));
}

function refusal(unified: Record<string, string>, host: HostTexts): UserError {
  try {
    writes(unified, host);
  } catch (error) {
    if (error instanceof UserError) return error;
  }
  throw new Error(`${JSON.stringify(unified)} was not refused`);
}

describe("unifiedWrites", () => {
  test("v2: the file, its controller, and bunker's own option for it", () => {
    expect(writes({ "memory.high": "1048576", "hugetlb.2MB.max": "0" }, V2)).toEqual([
      {
        controller: "memory",
        version: 2,
        file: "memory.high",
        value: "1048576",
        flag: "--memory-high",
        holds: "pages",
      },
      { controller: "hugetlb", version: 2, file: "hugetlb.2MB.max", value: "0", flag: "hugetlb.2MB.max" },
    ]);
  });

  test("one write for each line, nothing to read back for words", () => {
    expect(writes({ "io.max": "8:0 rbps=1\n8:16 rbps=2\n" }, V2).map((write) => write.value)).toEqual([
      "8:0 rbps=1",
      "8:16 rbps=2",
    ]);
    expect(writes({ "memory.high": "max" }, V2)[0]?.holds).toBeUndefined();
  });

  test("v1 has no such files", () => {
    expect(refusal({ "memory.high": "1" }, SYSTEMD_HYBRID)).toMatchObject({
      message:
        "cannot enforce --memory-high: the memory controller is bound to cgroup v1 on this host, which has no memory.high",
      remedy: "boot with cgroup_no_v1=memory on the kernel command line, so that cgroup v2 gets the controller",
    });
    const blkio = `${V1.mountinfo}39 31 0:34 / /sys/fs/cgroup/blkio rw - cgroup blkio rw,blkio\n`;
    expect(refusal({ "io.max": "8:0 rbps=1" }, { ...V1, mountinfo: blkio }).message).toContain(
      "blkio controller is bound",
    );
  });

  test("a controller that nothing holds would be cgroup2's, if that were mounted", () => {
    expect(refusal({ "pids.max": "1" }, V1)).toMatchObject({
      message: "cannot enforce pids.max: pids.max is a file of cgroup v2, which is not mounted",
      remedy: "mount it: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified",
    });
  });

  test("controllers that are not there are refused as such", () => {
    expect(refusal({ "memory.high": "1" }, PI).message).toContain("the memory controller is disabled");
    expect(refusal({ "cgroup.max.depth": "1" }, NONE).message).toContain("no cgroup file system is mounted");
    expect(writes({ "cgroup.max.depth": "1" }, PI)).toHaveLength(1);
  });

  test("hostile names and values", () => {
    const names = [
      "../../memory.max",
      "memory/../x.y",
      "memory",
      ".max",
      "memory.",
      "",
      "memory.max\0",
      "memory.max\n",
      "cgroup.procs",
      "cgroup.kill",
      "cgroup.subtree_control",
      "Memory.max",
      "-x.y",
      "__proto__",
    ];
    for (const name of names) expect(refusal({ [name]: "1" }, V2).message).toContain("is not a cap of cgroup v2");
    expect(refusal({ "memory.max": "1\0" }, V2).message).toContain("NUL");
  });
});
