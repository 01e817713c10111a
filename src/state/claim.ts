// A new container's place: its id, its name, its lock and its directory. The lock comes first, so that what is half-made
// is never mistaken for what is left over; the record comes last, so that what has a record is complete.

import { UserError } from "../errors.ts";
import { close, mkdir, readlinkIfThere, symlinkExclusive, unlinkIfThere } from "../sys/file.ts";
import { lockFile } from "../sys/lock.ts";
import { randomHex } from "../sys/random.ts";
import { removeTree } from "../sys/tree.ts";
import type { Undo } from "../undo.ts";
import { inventName } from "./invent.ts";
import { containerDir, lockPath, namePath, type Paths } from "./paths.ts";

export interface Claim {
  readonly id: string;
  readonly name: string;
  readonly dir: string;
  /** Holds the container's lock; the monitor inherits it. */
  readonly lock: number;
}

/** 64 random hexadecimal digits; not all of the first 12 are decimal, so that a short id is never a number (a pid). */
export function newId(): string {
  for (;;) {
    const id = randomHex(32);
    // "12e456789012" would be one, too.
    if (Number.isNaN(Number(id.slice(0, 12)))) return id;
  }
}

const ATTEMPTS = 20;

/** Takes an id and the name asked for, or a name of bunker's own. */
export function claimContainer(paths: Paths, asked: string | undefined, undo: Undo): Claim {
  const id = newId();
  const lockAt = lockPath(paths, id);
  const lock = lockFile(lockAt, { wait: true });
  if (lock === undefined) throw new Error("a lock that was waited for was not given");
  undo.push(() => {
    unlinkIfThere(lockAt);
    close(lock);
  });
  const name = reserveName(paths, id, asked, undo);
  const dir = containerDir(paths, id);
  undo.push(() => removeTree(dir));
  mkdir(dir, 0o700);
  return { id, name, dir, lock };
}

function reserveName(paths: Paths, id: string, asked: string | undefined, undo: Undo): string {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const name = asked ?? inventName(attempt);
    if (symlinkExclusive(id, namePath(paths, name))) {
      undo.push(() => unlinkIfThere(namePath(paths, name)));
      return name;
    }
    if (asked !== undefined) throw nameTaken(paths, asked);
  }
  throw new UserError(`cannot find a free name for the container in ${ATTEMPTS} attempts`, {
    remedy: "choose one with --name",
  });
}

function nameTaken(paths: Paths, name: string): UserError {
  const owner = readlinkIfThere(namePath(paths, name)) ?? "another container";
  return new UserError(`the container name "${name}" is already in use by container ${owner.slice(0, 12)}`, {
    remedy: `choose another name, or remove that container first with 'bunker rm ${name}'`,
    exitCode: 125,
  });
}

/** The overlay's own two directories, which go with the container's. */
export function makeOverlayDirs(dir: string): { upper: string; work: string } {
  const upper = `${dir}/upper`;
  const work = `${dir}/work`;
  mkdir(upper, 0o755);
  mkdir(work, 0o700);
  return { upper, work };
}
