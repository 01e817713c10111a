// Taking a container apart: its processes, its groups, its directory, its name, its lock, in the order that leaves
// something recognisable at every point. All of it can be done twice. The caller holds the container's lock.

import type { CgroupHandle } from "./cg/types.ts";
import { killAll, removeCgroup } from "./cg/procs.ts";
import { UserError } from "./errors.ts";
import { containerDir, lockPath, namePath, namesDir, type Paths } from "./state/paths.ts";
import { type ContainerRecord, readRecord, readRecordInLock } from "./state/record.ts";
import { close, readdir, readlinkIfThere, truncate, unlinkIfThere } from "./sys/file.ts";
import { removeTree } from "./sys/tree.ts";

/** Kills what still runs in the container's groups and removes them. */
export function removeGroups(record: Pick<ContainerRecord, "id" | "cgroup">): void {
  const handle: CgroupHandle = record.cgroup;
  const left = killAll(handle);
  if (left.length > 0) {
    throw new UserError(`cannot end the processes ${left.join(", ")} of container ${record.id.slice(0, 12)}`, {
      remedy: "they wait for a device or a network file system; try again when that answers, or reboot",
    });
  }
  removeCgroup(handle.dirs);
}

/**
 * Removes all that is on the disk of a container whose processes are gone, and releases its lock. The record goes with
 * the directory's first files, so that a reader sees a whole container or none.
 */
export function removeState(paths: Paths, id: string, name: string | undefined, lock: number): void {
  // Whoever reads the pids in it must not take them for a running container's while the lock is held for this.
  truncate(lock, `the lock of ${id}`);
  unlinkIfThere(`${containerDir(paths, id)}/record.json`);
  removeTree(containerDir(paths, id));
  for (const each of name === undefined ? namesOf(paths, id) : [name]) removeName(paths, id, each);
  unlinkIfThere(lockPath(paths, id));
  close(lock);
}

/** Somebody else may have the name by now. */
function removeName(paths: Paths, id: string, name: string): void {
  if (readlinkIfThere(namePath(paths, name)) === id) unlinkIfThere(namePath(paths, name));
}

/** The names of a container whose record is lost. */
function namesOf(paths: Paths, id: string): string[] {
  const names = readdir(namesDir(paths)).map((entry) => entry.name);
  return names.filter((name) => readlinkIfThere(namePath(paths, name)) === id);
}

/** Everything at once: what `rm`, the exit verb and the sweep do. */
export function removeContainer(paths: Paths, id: string, lock: number): void {
  // One that was killed before it was complete has its record in the lock file only.
  const record = readRecordOrNothing(paths, id) ?? readRecordInLock(paths, id);
  if (record !== undefined) removeGroups(record);
  removeState(paths, id, record?.name, lock);
}

/** A damaged record is no reason to keep the rest. */
function readRecordOrNothing(paths: Paths, id: string): ContainerRecord | undefined {
  try {
    return readRecord(paths, id);
  } catch {
    return undefined;
  }
}
