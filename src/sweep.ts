// What a killed command or monitor, or a power cut, has left: directories without a record, containers to be removed that
// nobody watches any more, names that lead nowhere. Every command that changes something sweeps first, so the state is
// consistent whatever happened before. A lock that is held means "somebody is at it": that is left alone.

import { removeContainer, removeGroups } from "./cleanup.ts";
import { close, exists, readdirIfThere, readlinkIfThere, unlinkIfThere } from "./sys/file.ts";
import { isHex } from "./fs/image-record.ts";
import { lockFile } from "./sys/lock.ts";
import {
  containerDir,
  containersDir,
  exitPath,
  lockPath,
  locksDir,
  namePath,
  namesDir,
  type Paths,
  recordPath,
} from "./state/paths.ts";
import { type ContainerRecord, readRecord } from "./state/record.ts";

/** Cheap where there is nothing to do: a directory listing, and one test of a lock for each container. */
export function sweep(paths: Paths): void {
  const ids = new Set<string>();
  // Anything else there is not bunker's: lost+found, somebody's copy.
  for (const { name } of readdirIfThere(containersDir(paths)) ?? []) if (isHex(name)) ids.add(name);
  for (const { name } of readdirIfThere(locksDir(paths)) ?? []) if (isHex(name)) ids.add(name);
  for (const id of ids) sweepOne(paths, id);
  sweepNames(paths, ids);
}

function sweepOne(paths: Paths, id: string): void {
  if (!needsLook(paths, id)) return;
  const lock = lockFile(lockPath(paths, id), { wait: false });
  if (lock === undefined) return;
  const record = safeRecord(paths, id);
  if (record === "damaged") close(lock);
  else if (record === undefined || record.autoRemove) removeContainer(paths, id, lock);
  else {
    // Nobody saw it end: its groups may still be there, and what is in them runs unwatched.
    if (!exists(exitPath(paths, id))) removeGroups(record);
    close(lock);
  }
}

/** Whether a container can have anything to sweep: an ended one with its record and its exit is as it should be. */
function needsLook(paths: Paths, id: string): boolean {
  if (exists(exitPath(paths, id)) && exists(recordPath(paths, id))) return false;
  return true;
}

function safeRecord(paths: Paths, id: string): ContainerRecord | "damaged" | undefined {
  try {
    return readRecord(paths, id);
  } catch {
    return "damaged";
  }
}

/** A name whose container is gone. Names are taken after locks, so a name of a container being made has its lock. */
function sweepNames(paths: Paths, ids: ReadonlySet<string>): void {
  for (const { name } of readdirIfThere(namesDir(paths)) ?? []) {
    const id = readlinkIfThere(namePath(paths, name));
    if (id === undefined || ids.has(id)) continue;
    if (exists(lockPath(paths, id)) || exists(containerDir(paths, id))) continue;
    unlinkIfThere(namePath(paths, name));
  }
}
