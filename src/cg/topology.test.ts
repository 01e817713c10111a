import { describe, expect, test } from "bun:test";
import { ANDROID, type HostTexts, NONE, PI, SYSTEMD_HYBRID, V1, V2, V2_WITHOUT_V1 } from "./fixtures.ts";
import { detectTopology, readTopology, type Topology, versionOf } from "./topology.ts";

function read(host: HostTexts): Topology {
  return readTopology(host.mountinfo, host.selfCgroup, host.procCgroups, host.controllers);
}

describe("readTopology", () => {
  test("pure v2", () => {
    const topology = read(V2);
    expect(topology.mode).toBe("v2");
    expect(topology.v2).toEqual({
      mount: "/sys/fs/cgroup",
      controllers: ["cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc"],
      own: "/user.slice/user-0.slice/session-1.scope",
    });
    expect(topology.v1.size).toBe(0);
    expect([...topology.disabled]).toEqual([]);
    // v2 has no such controller: device programs do its work.
    expect([...topology.unmounted]).toEqual(["devices"]);
  });

  test("controllers that /proc/cgroups does not list are used where v2 offers them", () => {
    const topology = read(V2_WITHOUT_V1);
    expect(versionOf(topology, "memory")).toBe(2);
    expect(versionOf(topology, "blkio")).toBe(2);
    expect(topology.disabled.size).toBe(0);
  });

  test("Raspberry Pi with the memory controller off", () => {
    const topology = read(PI);
    expect([...topology.disabled]).toEqual(["memory"]);
    expect(versionOf(topology, "memory")).toBeUndefined();
    expect(versionOf(topology, "pids")).toBe(2);
  });

  test("systemd's hybrid: co-mounted controllers share one hierarchy, named ones are passed over", () => {
    const topology = read(SYSTEMD_HYBRID);
    expect(topology.mode).toBe("hybrid");
    expect(topology.v2).toEqual({ mount: "/sys/fs/cgroup/unified", controllers: [], own: "/user.slice" });
    expect(topology.v1.get("cpu")).toEqual({
      mount: "/sys/fs/cgroup/cpu,cpuacct",
      comounted: ["cpu", "cpuacct"],
      own: "/user.slice",
      noprefix: false,
    });
    expect(topology.v1.get("cpuacct")).toEqual(topology.v1.get("cpu"));
    expect(topology.v1.get("memory")?.own).toBe("/user.slice/a:b");
    expect(topology.v1.has("name=systemd")).toBe(false);
    expect([...topology.unmounted]).toEqual(["net_cls"]);
    expect([...topology.disabled]).toEqual(["hugetlb"]);
  });

  test("pure v1, nothing mounted, and Android", () => {
    expect(read(V1).mode).toBe("v1");
    expect(read(V1).v2).toBeUndefined();
    expect([...read(V1).unmounted]).toEqual(["cpuset", "pids", "devices"]);
    expect(read(NONE)).toMatchObject({ mode: "none", unmounted: new Set(["cpu", "memory", "pids", "devices"]) });
    expect(read(ANDROID).v1.get("cpuset")).toMatchObject({ mount: "/dev/cpuset", noprefix: true, own: "/foreground" });
    expect(read(ANDROID).mode).toBe("hybrid");
  });

  test("of several mounts of one hierarchy the writable, whole, short one is taken", () => {
    const extra = `60 27 0:30 / /a rw - cgroup memory ro,memory
61 27 0:30 /docker/x /b rw - cgroup memory rw,memory
62 27 0:30 / /mnt/a\\040long\\040way/memory rw - cgroup memory rw,memory
`;
    const { v1 } = read({ ...V1, mountinfo: extra + V1.mountinfo });
    expect(v1.get("memory")?.mount).toBe("/sys/fs/cgroup/memory");
    const without = V1.mountinfo.replace(/^35.*\n/m, "");
    expect(read({ ...V1, mountinfo: extra + without }).v1.get("memory")?.mount).toBe("/mnt/a long way/memory");
  });

  test("inside of a container: the mount's root is a group, and own paths are relative to it", () => {
    const mountinfo = `27 1 0:50 / / rw - overlay overlay rw
31 27 0:30 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
32 27 0:26 /docker/abc /sys/fs/cgroup/unified ro - cgroup2 cgroup rw
`;
    const own = (path: string): string | undefined =>
      readTopology(mountinfo, `4:memory:${path}\n0::${path}\n`, V1.procCgroups, "").v1.get("memory")?.own;
    expect(own("/docker/abc")).toBe("/");
    expect(own("/docker/abc/x/y")).toBe("/x/y");
    expect(own("/docker/abcdef")).toBeUndefined();
    expect(own("/")).toBeUndefined();
  });

  test("a hierarchy under another mount does not count", () => {
    const over = `${V2.mountinfo}90 30 0:60 / /sys/fs/cgroup rw - tmpfs none rw\n`;
    expect(read({ ...V2, mountinfo: over }).mode).toBe("none");
  });

  test("hostile texts do no harm", () => {
    const texts = [
      "",
      "\n\n\n",
      "\0",
      ":::::",
      "0:",
      "\\777",
      "x".repeat(50_000),
      "1 1 1 / /a rw - cgroup2",
      "#",
      "a\tb\tc\t",
    ];
    for (const mountinfo of texts) {
      for (const other of texts) {
        const topology = readTopology(mountinfo, other, other, other);
        expect(["none", "v2"]).toContain(topology.mode);
      }
    }
  });
});

test("detectTopology reads this host", () => {
  const topology = detectTopology();
  expect(["v2", "hybrid", "v1", "none"]).toContain(topology.mode);
  for (const { mount } of topology.v1.values()) expect(mount).toStartWith("/");
});
