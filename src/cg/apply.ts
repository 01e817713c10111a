// Carries a plan out: makes the container's groups, writes its caps, and reads back those that a kernel may round or
// ignore. When a step fails, what was made is removed again.
//
// On the path of `run`: a handful of short system calls for each group, no directory listings.

import { UserError } from "../errors.ts";
import { EACCES, EBUSY, EINVAL, ENODEV, ENOENT, ENOSPC, EPERM, ERANGE, EROFS } from "../sys/abi/errno.gen.ts";
import { describeErrno } from "../sys/numbers.ts";
import { sysError } from "../sys/call.ts";
import { exists } from "../sys/file.ts";
import { parseList, readControl, writeControl } from "./control.ts";
import { attachDeviceProgram } from "./deviceload.ts";
import { inheritCpuset, makeLeaf, normaliseParent } from "./parent.ts";
import { removeCgroup } from "./procs.ts";
import { missingFile, refuse } from "./refusal.ts";
import type { CgroupHandle, CgroupPlan, CgroupWrite, NamespaceMount, PlannedGroup } from "./types.ts";

/** Where containers' groups go unless --cgroup-parent says otherwise. */
export const DEFAULT_PARENT = "/bunker";
/** The largest page size of the architectures: limits in bytes are rounded down to pages. */
const LARGEST_PAGE = 65_536;

/** A write that failed, in words. */
function writeFailure(write: CgroupWrite, dir: string, result: number): Error {
  const what = `${write.file} to ${JSON.stringify(write.value)}`;
  const errno = describeErrno(-result)[0];
  switch (-result) {
    case ENOENT:
      return missingFile(write);
    case EROFS:
    case EACCES:
    case EPERM:
      return refuse(write.flag, {
        reason: `no permission to set ${what} in ${dir} (${errno})`,
        remedy:
          write.controller === "cpuset"
            ? "choose from the processors and memory nodes that the parent group has, and run as root"
            : "run as root, on a writable control group mount",
      });
    case EINVAL:
    case ENODEV:
    case ERANGE:
    case ENOSPC:
      return refuse(write.flag, {
        reason: `the kernel refused to set ${what} (${errno})`,
        remedy: "choose a value that this host can give",
      });
    case EBUSY:
      return refuse(write.flag, {
        reason: `the kernel cannot set ${what} now (${errno})`,
        remedy: "choose a value above what the group uses already",
      });
    default:
      return sysError(`set ${what} in ${dir}`, result);
  }
}

/** The file that says what is in effect, which for v2's cpuset is not the one that was written. */
function effectiveFile(write: CgroupWrite): string {
  return write.holds === "cpus" && write.version === 2 ? `${write.file}.effective` : write.file;
}

function held(write: CgroupWrite, found: string): boolean {
  if (write.holds === "pages") {
    const [asked, got] = [Number(write.value), Number(found)];
    return got <= asked && asked - got < LARGEST_PAGE;
  }
  const [asked, got] = [parseList(write.value), parseList(found)];
  return asked !== undefined && got !== undefined && asked.size === got.size && asked.isSubsetOf(got);
}

function applyWrite(write: CgroupWrite, dir: string): void {
  const result = writeControl(`${dir}/${write.file}`, write.value);
  if (result < 0) {
    // A kernel built without swap swaps nothing: memory plus swap is memory, which is capped.
    const swap = write.file === "memory.swap.max" || write.file === "memory.memsw.limit_in_bytes";
    if (result === -ENOENT && swap && !exists("/proc/swaps")) return;
    throw writeFailure(write, dir, result);
  }
  if (write.holds === undefined) return;
  const file = effectiveFile(write);
  const found = readControl(`${dir}/${file}`) ?? "";
  if (held(write, found)) return;
  throw refuse(write.flag, {
    reason: `${write.value} was asked for, but ${dir}/${file} says ${found === "" ? "nothing" : found}`,
    remedy: "choose a value that this host can give",
  });
}

/** A planned group, and where it was made or is to be made. */
export interface Made {
  readonly group: PlannedGroup;
  readonly dir: string;
}

function makeFresh(group: PlannedGroup, parent: string, id: string, writes: readonly CgroupWrite[]): string {
  const dir = `${group.mount}${parent}/${id}`;
  if (makeLeaf(group, parent, id, writes)) return dir;
  // What an engine that was cut off has left is empty; a group in use cannot be removed.
  try {
    removeCgroup([dir], 50);
  } catch (cause) {
    throw new UserError(`cannot make the control group ${dir}: it is there already and in use`, {
      remedy: `remove the container that uses it, or see which processes it has: cat ${dir}/cgroup.procs`,
      cause,
    });
  }
  makeLeaf(group, parent, id, writes);
  return dir;
}

function namespaceMount(group: PlannedGroup, alone: boolean): NamespaceMount {
  if (group.version === 2) return { type: "cgroup2", data: "", name: alone ? "" : "unified" };
  const data = group.controllers.join(",");
  return { type: "cgroup", data, name: data };
}

/** The first group that was made for this version and, on v1, with this controller. */
function placeOf(made: readonly Made[], version: 1 | 2, controller?: string): Made | undefined {
  for (const each of made) {
    if (each.group.version !== version) continue;
    if (version === 2 || controller === undefined || each.group.controllers.includes(controller)) return each;
  }
  return undefined;
}

function freezerOf(made: readonly Made[]): CgroupHandle["freezer"] {
  const v2 = placeOf(made, 2);
  if (v2 !== undefined) return { file: `${v2.dir}/cgroup.freeze`, frozen: "1", thawed: "0" };
  const v1 = placeOf(made, 1, "freezer");
  return v1 === undefined ? undefined : { file: `${v1.dir}/freezer.state`, frozen: "FROZEN", thawed: "THAWED" };
}

/** The group that counts out-of-memory kills: memory.events on v2, memory.oom_control on v1 (Linux 4.13). */
function oomFileOf(made: readonly Made[]): string | undefined {
  const v1 = placeOf(made, 1, "memory");
  if (v1 !== undefined) return `${v1.dir}/memory.oom_control`;
  const v2 = placeOf(made, 2);
  if (v2 === undefined) return undefined;
  const counted = v2.group.controllers.includes("memory") || v2.group.counters.includes("memory");
  return counted ? `${v2.dir}/memory.events` : undefined;
}

/** What is kept of groups that were made, or are to be made. */
export function handleOf(made: readonly Made[]): CgroupHandle {
  const v2 = placeOf(made, 2);
  const lister = v2 ?? placeOf(made, 1, "freezer") ?? placeOf(made, 1);
  const dirs: string[] = [];
  const joinFiles: string[] = [];
  const namespaceMounts: NamespaceMount[] = [];
  for (const { group, dir } of made) {
    dirs.unshift(dir);
    if (group.version === 1) joinFiles.push(`${dir}/tasks`);
    namespaceMounts.push(namespaceMount(group, made.length === 1));
  }
  const handle: { -readonly [K in keyof CgroupHandle]: CgroupHandle[K] } = { dirs, joinFiles, namespaceMounts };
  if (v2 !== undefined) handle.v2Dir = v2.dir;
  if (lister !== undefined) handle.procsDir = lister.dir;
  const oomFile = oomFileOf(made);
  if (oomFile !== undefined) handle.oomFile = oomFile;
  const freezer = freezerOf(made);
  if (freezer !== undefined) handle.freezer = freezer;
  return handle;
}

/** The directory of the group that a value is for. */
export function dirOf(write: CgroupWrite, made: readonly Made[]): string {
  const place = placeOf(made, write.version, write.controller);
  if (place === undefined) throw new Error(`the plan has no group for ${write.file}`);
  return place.dir;
}

/**
 * Makes the groups `<mount><parent>/<id>` with their caps. Parents are made where they are missing and stay. Throws a
 * UserError naming the option where a cap does not hold, a SysError where a group cannot be made; nothing is left then.
 */
export function createCgroup(plan: CgroupPlan, parent: string, id: string): CgroupHandle {
  // One name: the group must lie directly below its parent.
  if (id.includes("/") || normaliseParent(id) === "") {
    throw new UserError(`cannot make a control group named ${JSON.stringify(id)}`);
  }
  const above = normaliseParent(parent);
  const made: Made[] = [];
  try {
    for (const group of plan.groups) {
      const dir = makeFresh(group, above, id, plan.writes);
      made.push({ group, dir });
      if (group.version === 1 && group.controllers.includes("cpuset")) inheritCpuset(dir);
    }
    for (const write of plan.writes) applyWrite(write, dirOf(write, made));
    const v2 = placeOf(made, 2);
    if (plan.deviceProgram.length > 0 && v2 !== undefined) {
      attachDeviceProgram(plan.deviceProgram, v2.dir);
    }
    return handleOf(made);
  } catch (error) {
    removeCgroup(handleOf(made).dirs);
    throw error;
  }
}
