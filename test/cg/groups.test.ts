// Real control groups on this host: made, capped, killed and removed. Needs root and a writable control group mount.

import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { createCgroup } from "../../src/cg/apply.ts";
import { planForHost, usualTopology } from "../../src/cg/host.ts";
import { planLimits } from "../../src/cg/limits.ts";
import { killAll, processesOf, removeCgroup } from "../../src/cg/procs.ts";
import { detectTopology, versionOf } from "../../src/cg/topology.ts";
import type { CgroupHandle } from "../../src/cg/types.ts";
import { UserError } from "../../src/errors.ts";
import type { Resources } from "../../src/oci/spec.ts";

const topology = detectTopology();
const usable = process.getuid?.() === 0 && topology.mode !== "none";
const PARENT = `/bunker-test-${process.pid}`;

/** Every mount that a group of these tests may lie below. */
const mounts = [...new Set([topology.v2, ...topology.v1.values()].flatMap((each) => (each ? [each.mount] : [])))];

afterAll(() => {
  for (const mount of mounts) removeCgroup([`${mount}${PARENT}`]);
});

function groupsLeft(): string[] {
  return mounts.map((mount) => `${mount}${PARENT}/x`).filter((dir) => existsSync(dir));
}

function withGroup(resources: Resources, body: (handle: CgroupHandle) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const handle = createCgroup(planForHost(resources), PARENT, "x");
    try {
      await body(handle);
    } finally {
      killAll(handle);
      removeCgroup(handle.dirs);
    }
    expect(groupsLeft()).toEqual([]);
  };
}

/** A shell that enters the groups, says so, runs `script`, and stays until it is killed. */
async function inGroup(handle: CgroupHandle, script: string): Promise<{ said: string; process: Bun.Subprocess }> {
  const files = [...handle.joinFiles, ...(handle.v2Dir === undefined ? [] : [`${handle.v2Dir}/cgroup.procs`])];
  const join = files.map((file) => `echo 0 > ${file}`).join(" && ");
  const process = Bun.spawn(["sh", "-c", `${join} || exit 1\n${script}\necho done; exec sleep 1000`], {
    stdout: "pipe",
    stderr: "ignore",
  });
  let said = "";
  for await (const chunk of process.stdout) {
    said += new TextDecoder().decode(chunk);
    if (said.endsWith("done\n")) break;
  }
  return { said, process };
}

const has = (controller: string): boolean => usable && versionOf(topology, controller) !== undefined;
const read = (path: string): string => readFileSync(path, "utf8").trim();

describe.skipIf(!usable)("control groups (root)", () => {
  test("the usual topology agrees with the full one", () => {
    const usual = usualTopology();
    expect(usual?.mode).toBe(topology.mode);
    expect(usual?.v2?.mount).toBe(topology.v2?.mount as string);
    expect(usual?.v2?.controllers).toEqual(topology.v2?.controllers as string[]);
    for (const name of ["memory", "cpu", "cpuset", "pids", "devices", "freezer"]) {
      expect(usual?.v1.get(name)?.mount).toBe(topology.v1.get(name)?.mount as string);
    }
  });

  test.if(has("memory") && has("pids") && has("cpu"))(
    "caps are in force",
    withGroup(
      { memory: { limit: 67_108_864 + 1, reservation: 33_554_432 }, pids: { limit: 17 }, cpu: { quota: 20_000 } },
      (handle) => {
        const value = (v1: string, v2: string): string => {
          const file = versionOf(topology, v1.slice(0, v1.indexOf("."))) === 1 ? v1 : v2;
          return read(handle.dirs.map((dir) => `${dir}/${file}`).find((path) => existsSync(path)) ?? file);
        };
        expect(value("memory.limit_in_bytes", "memory.max")).toBe("67108864");
        expect(value("memory.soft_limit_in_bytes", "memory.low")).toBe("33554432");
        expect(value("pids.max", "pids.max")).toBe("17");
        expect(value("cpu.cfs_quota_us", "cpu.max")).toStartWith("20000");
        expect(read(handle.oomFile ?? "")).toContain("oom_kill 0");
      },
    ),
  );

  test.if(has("cpuset"))(
    "a cpuset takes processes at once: what was not asked for is inherited",
    withGroup({ cpu: { cpus: "0" } }, async (handle) => {
      const { said } = await inGroup(handle, "grep Cpus_allowed_list /proc/self/status");
      expect(said).toContain("Cpus_allowed_list:\t0\n");
    }),
  );

  test.if(has("cpuset"))("processors that this host does not have are refused, and nothing is left", () => {
    const plan = planForHost({ cpu: { cpus: `0-${cpus().length + 7}` }, pids: { limit: 5 } });
    expect(() => createCgroup(plan, PARENT, "x")).toThrow(/cannot enforce --cpuset-cpus/);
    expect(groupsLeft()).toEqual([]);
  });

  test.if(has("cpu"))("values that the kernel refuses name the option", () => {
    const plan = planForHost({ cpu: { quota: 1 } });
    expect(() => createCgroup(plan, PARENT, "x")).toThrow(/cannot enforce --cpus: the kernel refused to set cpu\./);
    expect(groupsLeft()).toEqual([]);
  });

  test(
    "processes are listed, also those of groups below, and all are killed",
    withGroup({ pids: { limit: 40 } }, async (handle) => {
      const below = `${handle.procsDir}/below/deeper`;
      mkdirSync(below, { recursive: true });
      const { process } = await inGroup(
        handle,
        `sleep 1000 & sh -c 'echo 0 > ${below}/cgroup.procs; exec sleep 1000' & until grep -q . ${below}/cgroup.procs; do :; done`,
      );
      const pids = processesOf(handle.dirs);
      expect(pids).toContain(process.pid);
      expect(pids.length).toBe(3);
      expect(killAll(handle)).toEqual([]);
      expect(processesOf(handle.dirs)).toEqual([]);
      await process.exited;
      expect(process.signalCode).toBe("SIGKILL");
      expect(killAll(handle)).toEqual([]);
    }),
  );

  test(
    "a frozen container is killed all the same",
    withGroup({}, async (handle) => {
      const { process } = await inGroup(handle, "true");
      const { freezer } = handle;
      expect(freezer).toBeDefined();
      if (freezer !== undefined) writeFileSync(freezer.file, freezer.frozen);
      expect(killAll(handle)).toEqual([]);
      await process.exited;
    }),
  );

  test("without cgroup2 the freezer lists, and processes are killed one by one", async () => {
    if (!topology.v1.has("freezer")) return;
    const plan = planLimits({}, { mode: "v1", v1: topology.v1, disabled: new Set(), unmounted: new Set() });
    const handle = createCgroup(plan, PARENT, "x");
    try {
      expect(handle.v2Dir).toBeUndefined();
      expect(handle.procsDir).toBe(`${topology.v1.get("freezer")?.mount}${PARENT}/x`);
      const { process } = await inGroup(handle, "sleep 1000 & sleep 1000 &");
      if (handle.freezer !== undefined) writeFileSync(handle.freezer.file, handle.freezer.frozen);
      expect(processesOf(handle.dirs).length).toBe(3);
      expect(killAll(handle)).toEqual([]);
      await process.exited;
    } finally {
      removeCgroup(handle.dirs);
    }
    expect(groupsLeft()).toEqual([]);
  });

  test("an empty group that a cut-off engine has left is replaced, one in use is refused", async () => {
    const plan = planForHost({});
    const first = createCgroup(plan, PARENT, "x");
    const again = createCgroup(plan, PARENT, "x");
    expect(again).toEqual(first);
    const { process } = await inGroup(again, "true");
    try {
      expect(() => createCgroup(plan, PARENT, "x")).toThrow(/is there already and in use/);
      expect(processesOf(again.dirs)).toEqual([process.pid]);
    } finally {
      killAll(again);
      removeCgroup(again.dirs);
    }
    await process.exited;
  });

  test("removing is done from the bottom, and what is gone already is fine", () => {
    const handle = createCgroup(planForHost({}), PARENT, "x");
    for (const dir of handle.dirs) mkdirSync(`${dir}/a/b`, { recursive: true });
    const [first] = handle.dirs;
    if (first !== undefined) {
      rmdirSync(`${first}/a/b`);
      rmdirSync(`${first}/a`);
      rmdirSync(first);
    }
    removeCgroup(handle.dirs);
    removeCgroup(handle.dirs);
    expect(groupsLeft()).toEqual([]);
  });

  test("names that lead elsewhere are refused", () => {
    for (const id of ["", ".", "..", "a/b", "/", "a\n", "a\0"]) {
      expect(() => createCgroup(planForHost({}), PARENT, id)).toThrow(UserError);
    }
    // The name of a control file of the parent.
    expect(() => createCgroup(planForHost({}), PARENT, "cgroup.procs")).toThrow();
  });
});
