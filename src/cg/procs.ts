// The processes of a container by its groups: listing them, killing all of them, and removing the groups afterwards.
//
// Killing is one write where the kernel has cgroup.kill (Linux 5.14); otherwise the list is read and every process gets
// SIGKILL until the list stays empty.

import { AT_FDCWD, AT_REMOVEDIR, SIGKILL } from "../sys/abi/consts.gen.ts";
import { EBUSY, ENOENT } from "../sys/abi/errno.gen.ts";
import { call, must } from "../sys/call.ts";
import { readdirIfThere, readTextIfThere, statIfThere } from "../sys/file.ts";
import { cstr } from "../sys/memory.ts";
import { writeControl } from "./control.ts";
import type { CgroupHandle } from "./types.ts";

/** Groups made inside of a container nest this deep at the most; deeper ones are not the work of a sane program. */
const DEEPEST = 64;

/**
 * `dir` and all groups below it, the deepest first, added to `found`. A group's link count is 2 plus the number of
 * groups directly below it, so mostly nothing has to be listed.
 */
function collect(dir: string, found: string[], depth = 0): string[] {
  const links = statIfThere(dir)?.nlink ?? 0;
  if (links > 2 && depth < DEEPEST) {
    for (const entry of readdirIfThere(dir) ?? []) {
      if (entry.kind === "dir") collect(`${dir}/${entry.name}`, found, depth + 1);
    }
  }
  found.push(dir);
  return found;
}

function addPids(dir: string, pids: Set<number>): void {
  let text: string | undefined;
  try {
    text = readTextIfThere(`${dir}/cgroup.procs`);
  } catch {
    // A group of threads (EOPNOTSUPP) or one that goes away right now (ENODEV): its processes are listed above it.
    return;
  }
  for (const line of (text ?? "").split("\n")) {
    // Processes of a foreign PID namespace are listed as 0, and kill(0) would hit this process's own group.
    const pid = Number(line);
    if (pid > 1) pids.add(pid);
  }
}

/** The processes in these groups and in groups below them, each once, in ascending order. */
export function processesOf(dirs: readonly string[]): number[] {
  const pids = new Set<number>();
  for (const dir of dirs) for (const each of collect(dir, [])) addPids(each, pids);
  return [...pids].sort((a, b) => a - b);
}

/** Waits of 1, 2, 4 ... up to 50 ms, at the most `budget` ms in all, until `done` says so. Returns its last answer. */
function settle(budget: number, done: () => boolean): boolean {
  let waited = 0;
  for (let wait = 1; ; wait = Math.min(wait * 2, 50)) {
    if (done()) return true;
    if (waited >= budget) return false;
    Bun.sleepSync(wait);
    waited += wait;
  }
}

/**
 * Kills every process of the container and waits until they are gone, `budget` ms at the most. Returns those that are
 * still there: in an uninterruptible sleep, say on a dead network file system.
 */
export function killAll(handle: CgroupHandle, budget = 10_000): number[] {
  const { procsDir } = handle;
  if (procsDir === undefined) return [];
  const killFile = handle.v2Dir === undefined ? undefined : `${handle.v2Dir}/cgroup.kill`;
  let left: number[] = [];
  const gone = (): boolean => {
    left = processesOf([procsDir]);
    if (left.length === 0) return true;
    if (killFile === undefined || writeControl(killFile, "1") < 0) {
      for (const pid of left) call("kill", pid, SIGKILL);
      // On v1 a frozen process dies only when it is thawed, the signal waiting for it.
      if (handle.freezer !== undefined) writeControl(handle.freezer.file, handle.freezer.thawed);
    }
    return false;
  };
  return settle(budget, gone) ? [] : left;
}

function remove(dir: string): number {
  return call("unlinkat", AT_FDCWD, cstr(dir), AT_REMOVEDIR);
}

/**
 * Removes groups and the groups below them, in the order given. One that is not there is fine. A group stays busy for a
 * moment after its last process has ended, so that is retried for `budget` ms; then the SysError names the group.
 */
export function removeCgroup(dirs: readonly string[], budget = 1000): void {
  for (const dir of dirs) {
    let result = remove(dir);
    if (result === -EBUSY) {
      settle(budget, () => {
        for (const each of collect(dir, [])) result = remove(each);
        return result !== -EBUSY;
      });
    }
    if (result !== -ENOENT) must(result, `rmdir ${dir}`);
  }
}
