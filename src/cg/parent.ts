// The groups above a container's own: `/bunker`, or what --cgroup-parent names. They are made once and stay; on v2 the
// controllers are switched on in every group from the mount down to the parent, on v1 a new cpuset starts empty.
// Usually nothing of this is needed (`ready`), and then it costs one short file.
// Source: kernel Documentation/admin-guide/cgroup-v2.rst, "Controlling Controllers" and "No Internal Process Constraint".

import { UserError } from "../errors.ts";
import { EBUSY, EEXIST, EINVAL, ENOENT } from "../sys/abi/errno.gen.ts";
import { AT_FDCWD } from "../sys/abi/consts.gen.ts";
import { call, must, sysError } from "../sys/call.ts";
import { exists } from "../sys/file.ts";
import { cstr } from "../sys/memory.ts";
import { readControl, readWords, writeControl } from "./control.ts";
import { refuse } from "./refusal.ts";
import { detectTopology } from "./topology.ts";
import type { CgroupWrite, PlannedGroup } from "./types.ts";

/** The path below the mount: "" for the mount itself, "/a/b" otherwise. */
export function normaliseParent(parent: string): string {
  let path = "";
  for (const part of parent.split("/")) {
    if (part === "") continue;
    if (part === "." || part === ".." || part.includes("\0") || part.includes("\n")) {
      throw new UserError(
        `invalid value ${JSON.stringify(parent)} for --cgroup-parent: ${JSON.stringify(part)} is not a name`,
        {
          remedy: "give a path below the control group mount, such as /bunker",
        },
      );
    }
    path += `/${part}`;
  }
  return path;
}

/** mkdir of a group; false where it is there already. */
export function makeGroup(dir: string): boolean {
  const made = call("mkdirat", AT_FDCWD, cstr(dir), 0o755);
  if (made === -EEXIST) return false;
  must(made, `mkdir ${dir}`);
  return true;
}

/** A new v1 cpuset has no processors and no memory, and takes no process until it has: copy its parent's. */
export function inheritCpuset(dir: string): void {
  const above = dir.slice(0, dir.lastIndexOf("/"));
  for (const file of exists(`${dir}/cpuset.cpus`) ? ["cpuset.cpus", "cpuset.mems"] : ["cpus", "mems"]) {
    if (readControl(`${dir}/${file}`) !== "") continue; // cgroup.clone_children has done it
    must(writeControl(`${dir}/${file}`, readControl(`${above}/${file}`) ?? ""), `write ${dir}/${file}`);
  }
}

function makeV1Parents(group: PlannedGroup, parent: string): void {
  let dir = group.mount;
  for (const part of parent.split("/").slice(1)) {
    dir = `${dir}/${part}`;
    const made = makeGroup(dir);
    if (group.controllers.includes("cpuset")) inheritCpuset(dir);
    // Before Linux 5.11 groups do not count into their parents unless told so; later kernels take only the 1.
    if (made && group.controllers.includes("memory")) writeControl(`${dir}/memory.use_hierarchy`, "1");
  }
}

/** The option that made `controller` necessary. */
function flagOf(controller: string, writes: readonly CgroupWrite[]): string {
  return writes.find((write) => write.controller === controller)?.flag ?? `the ${controller} controller`;
}

/**
 * Moves the processes of `dir` into a group `init` below it, as Docker-in-Docker does. Only for the group that this
 * process is in itself: that subtree was given to us, other groups are somebody else's.
 */
function moveProcessesDown(dir: string): void {
  const leaf = `${dir}/init`;
  makeGroup(leaf);
  // Processes that fork while this runs appear in the list again.
  for (let round = 0; round < 10; round++) {
    const pids = readWords(`${dir}/cgroup.procs`) ?? [];
    if (pids.length === 0) return;
    for (const pid of pids) writeControl(`${leaf}/cgroup.procs`, pid);
  }
}

function enableFailure(
  dir: string,
  controllers: readonly string[],
  result: number,
  writes: readonly CgroupWrite[],
): Error {
  const names = controllers.join(", ");
  const flag = flagOf(controllers[0] ?? "", writes);
  if (result === -EBUSY) {
    return refuse(flag, {
      reason: `the group ${dir} has processes of its own, so ${names} cannot be switched on below it (EBUSY)`,
      remedy: "move them into a group below it, or choose another --cgroup-parent",
    });
  }
  if (result === -EINVAL && controllers.includes("cpu")) {
    return refuse(flag, {
      reason: "real-time processes keep the cpu controller from being switched on (EINVAL)",
      remedy: "use a kernel without CONFIG_RT_GROUP_SCHED, or stop the real-time processes first",
    });
  }
  return sysError(`switch on ${names} in ${dir}/cgroup.subtree_control`, result);
}

function switchOn(dir: string, controllers: readonly string[]): number {
  if (controllers.length === 0) return 0;
  return writeControl(`${dir}/cgroup.subtree_control`, controllers.map((name) => `+${name}`).join(" "));
}

/** Whether this process runs in the v2 group `dir`. */
function isOwnGroup(dir: string): boolean {
  const { v2 } = detectTopology();
  return v2?.own !== undefined && dir === (v2.own === "/" ? v2.mount : `${v2.mount}${v2.own}`);
}

function enableIn(dir: string, group: PlannedGroup, writes: readonly CgroupWrite[]): void {
  const enabled = readWords(`${dir}/cgroup.subtree_control`) ?? [];
  const available = readWords(`${dir}/cgroup.controllers`) ?? [];
  const absent = group.controllers.find((name) => !available.includes(name));
  if (absent !== undefined) {
    throw refuse(flagOf(absent, writes), {
      reason: `the ${absent} controller is not delegated to the group ${dir}`,
      remedy: `write +${absent} to cgroup.subtree_control of the groups above it (systemd: Delegate=yes)`,
    });
  }
  const lacking = (names: readonly string[]): string[] =>
    names.filter((name) => available.includes(name) && !enabled.includes(name));
  const needed = lacking(group.controllers);
  const counters = lacking(group.counters);
  let result = switchOn(dir, [...needed, ...counters]);
  if (result === -EBUSY && isOwnGroup(dir)) {
    moveProcessesDown(dir);
    result = switchOn(dir, [...needed, ...counters]);
  }
  // Counters are a convenience: what the container's caps need must not fail because of them.
  if (result < 0 && counters.length > 0) result = switchOn(dir, needed);
  if (result < 0) throw enableFailure(dir, needed, result, writes);
}

function makeV2Parents(group: PlannedGroup, parent: string, writes: readonly CgroupWrite[]): void {
  let dir = group.mount;
  enableIn(dir, group, writes);
  for (const part of parent.split("/").slice(1)) {
    dir = `${dir}/${part}`;
    makeGroup(dir);
    enableIn(dir, group, writes);
  }
}

/** Whether the parent is there with everything switched on: one short file on v2, nothing to read on v1. */
function ready(group: PlannedGroup, dir: string): boolean {
  if (group.version === 1) return true;
  const enabled = readWords(`${dir}/cgroup.subtree_control`);
  if (enabled === undefined) return false;
  for (const name of group.controllers) if (!enabled.includes(name)) return false;
  for (const name of group.counters) if (!enabled.includes(name)) return false;
  return true;
}

/**
 * Makes the container's group `<mount><parent>/<id>` and whatever is missing above it. Returns false where the group
 * itself is there already.
 */
export function makeLeaf(group: PlannedGroup, parent: string, id: string, writes: readonly CgroupWrite[]): boolean {
  const above = `${group.mount}${parent}`;
  const leaf = `${above}/${id}`;
  if (group.version === 2 && !ready(group, above)) makeV2Parents(group, parent, writes);
  // Another engine process may remove an empty parent between the two steps: make it again.
  for (let attempt = 0; ; attempt++) {
    const made = call("mkdirat", AT_FDCWD, cstr(leaf), 0o755);
    if (made === -EEXIST) return false;
    if (made !== -ENOENT || attempt === 3) {
      must(made, `mkdir ${leaf}`);
      return true;
    }
    if (group.version === 1) makeV1Parents(group, parent);
    else makeV2Parents(group, parent, writes);
  }
}
