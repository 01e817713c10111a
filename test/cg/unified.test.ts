// cgroup v2 on this host, with whatever controller it offers there: switching controllers on down the path, device
// programs. Needs root and a cgroup2 mount; the mount's own cgroup.subtree_control is put back.

import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createCgroup } from "../../src/cg/apply.ts";
import { planLimits } from "../../src/cg/limits.ts";
import { killAll, removeCgroup } from "../../src/cg/procs.ts";
import { detectTopology, type Topology } from "../../src/cg/topology.ts";
import type { DeviceRule } from "../../src/oci/spec.ts";

const topology = detectTopology();
const v2 = topology.v2;
const usable = process.getuid?.() === 0 && v2 !== undefined;
const mount = v2?.mount ?? "";
const PARENT = `/bunker-test-v2-${process.pid}`;
const read = (path: string): string => readFileSync(path, "utf8").trim();
const enabledBefore = usable ? read(`${mount}/cgroup.subtree_control`).split(" ") : [];

/** This host as if it had nothing but its cgroup2 mount. */
const onlyV2: Topology = {
  mode: "v2",
  ...(v2 === undefined ? {} : { v2 }),
  v1: new Map(),
  disabled: new Set(),
  unmounted: new Set(),
};

afterAll(() => {
  if (!usable) return;
  removeCgroup([`${mount}${PARENT}`]);
  const added = read(`${mount}/cgroup.subtree_control`)
    .split(" ")
    .filter((name) => name !== "" && !enabledBefore.includes(name));
  for (const name of added) writeFileSync(`${mount}/cgroup.subtree_control`, `-${name}`);
});

describe.skipIf(!usable)("cgroup v2 (root)", () => {
  test.if(v2?.controllers.includes("hugetlb") === true)("controllers are switched on in every group above", () => {
    const unified = { "hugetlb.2MB.max": "2097152" };
    const handle = createCgroup(planLimits({ unified }, onlyV2), `${PARENT}/deep`, "x");
    try {
      expect(handle.joinFiles).toEqual([]);
      expect(handle.v2Dir).toBe(`${mount}${PARENT}/deep/x`);
      expect(handle.namespaceMounts).toEqual([{ type: "cgroup2", data: "", name: "" }]);
      expect(read(`${mount}${PARENT}/deep/cgroup.subtree_control`)).toContain("hugetlb");
      expect(read(`${handle.v2Dir}/hugetlb.2MB.max`)).toBe("2097152");
    } finally {
      removeCgroup(handle.dirs);
    }
  });

  /** Makes a container's group below `PARENT/own` from a process that lies in the group `inside`. */
  function fromInside(inside: string): { said: string; failed: string } {
    const apply = new URL("../../src/cg/apply.ts", import.meta.url).pathname;
    const plan = planLimits({ unified: { "hugetlb.2MB.max": "2097152" } }, onlyV2);
    const script = `const { createCgroup } = await import(${JSON.stringify(apply)});
      console.log(createCgroup(${JSON.stringify(plan)}, "${PARENT}/own", "x").v2Dir);
      console.log(await Bun.file("/proc/self/cgroup").text());`;
    const join = `echo 0 > ${mount}${PARENT}/${inside}/cgroup.procs`;
    const run = Bun.spawnSync(["sh", "-c", `${join} && exec "$0" -e "$1"`, process.execPath, script]);
    return { said: run.stdout.toString(), failed: run.stderr.toString() };
  }

  test.if(v2?.controllers.includes("hugetlb") === true)(
    "this process's own group makes room: it moves down itself",
    () => {
      mkdirSync(`${mount}${PARENT}/own`, { recursive: true });
      const { said } = fromInside("own");
      expect(said).toContain(`${mount}${PARENT}/own/x\n`);
      expect(said).toContain(`0::${PARENT}/own/init\n`);
      removeCgroup([`${mount}${PARENT}/own`]);
    },
  );

  test.if(v2?.controllers.includes("hugetlb") === true)("a group with processes of others is left alone", async () => {
    for (const name of ["own", "other"]) mkdirSync(`${mount}${PARENT}/${name}`, { recursive: true });
    const busy = Bun.spawn(["sleep", "1000"]);
    try {
      writeFileSync(`${mount}${PARENT}/own/cgroup.procs`, String(busy.pid));
      expect(fromInside("other").failed).toContain(`the group ${mount}${PARENT}/own has processes of its own`);
      expect(read(`${mount}${PARENT}/own/cgroup.procs`)).toBe(String(busy.pid));
    } finally {
      busy.kill();
      await busy.exited;
      removeCgroup([`${mount}${PARENT}/own`, `${mount}${PARENT}/other`]);
    }
  });

  test("a file that this kernel lacks is refused by name", () => {
    const plan = planLimits({ unified: { "cgroup.max.depth": "1" } }, onlyV2);
    const [write] = plan.writes;
    if (write === undefined) throw new Error("no write was planned");
    const writes = [{ ...write, controller: "memory", file: "memory.nonesuch", flag: "--nonesuch" }];
    expect(() => createCgroup({ ...plan, writes }, PARENT, "x")).toThrow(
      "cannot enforce --nonesuch: the kernel's memory controller has no memory.nonesuch",
    );
  });

  test("a controller that is not available below the mount is refused", () => {
    const plan = planLimits({}, onlyV2);
    const groups = plan.groups.map((group) => ({ ...group, controllers: ["nonesuch"] }));
    expect(() => createCgroup({ ...plan, groups }, PARENT, "x")).toThrow(
      /nonesuch controller is not delegated to the group/,
    );
  });

  /** What a process inside of the group can do: "read write" for opening /dev/null, /dev/zero and so on. */
  function tryDevices(rules: readonly DeviceRule[], script: string): string {
    const handle = createCgroup(planLimits({ devices: rules }, onlyV2), PARENT, "x");
    try {
      const join = `echo 0 > ${handle.v2Dir}/cgroup.procs`;
      const run = Bun.spawnSync(["sh", "-c", `${join} && { ${script}; }`], { stderr: "ignore" });
      return run.stdout.toString().trim();
    } finally {
      killAll(handle);
      removeCgroup(handle.dirs);
    }
  }

  test("device programs decide on opens", () => {
    const rules: DeviceRule[] = [
      { allow: false },
      { allow: true, type: "c", major: 1, minor: 3, access: "rwm" },
      { allow: true, type: "c", major: 1, minor: 5, access: "r" },
    ];
    const script = `
      : < /dev/null && echo null-read; : > /dev/null && echo null-write
      (: < /dev/zero) && echo zero-read; (: > /dev/zero) && echo zero-write; (: <> /dev/zero) && echo zero-both
      (: < /dev/urandom) && echo urandom-read; true`;
    expect(tryDevices(rules, script)).toBe("null-read\nnull-write\nzero-read");
  });

  test("a later rule wins, right by right", () => {
    const rules: DeviceRule[] = [
      { allow: true, type: "c", major: 1, access: "r" },
      { allow: false, type: "c", major: 1, minor: 5, access: "w" },
    ];
    const script = "(: < /dev/zero) && echo read; (: > /dev/zero) && echo write; (: > /dev/null) && echo null; true";
    expect(tryDevices(rules, script)).toBe("read\nnull");
  });
});
