// One entry of an image as its source hands it over, and the checks that keep nonsense out of the image.

import { UserError } from "../../errors.ts";
import type { FileKind } from "../../sys/kinds.ts";
import { display } from "./bytes.ts";
import type { Data } from "./content.ts";
import { type ByteString, TARGET_MAX } from "./format.ts";
import type { Xattrs } from "./xattr-sets.ts";

const NEWEST = 0xffffffff;

export interface TreeEntry {
  /** Relative, components joined by "/"; "" is the root. */
  path: ByteString;
  kind: FileKind;
  /** The 12 permission bits. */
  mode: number;
  uid: number;
  gid: number;
  /** Seconds since 1970; clamped to 0..2^32-1, fractions are cut off. */
  mtime: number;
  xattrs?: Xattrs;
  /** Of a char or block device. */
  rdev?: { major: number; minor: number };
  /** Of a symlink. */
  target?: ByteString;
  /** Bytes of a file. */
  size?: number;
  /** A file's content, exactly `size` bytes. A chunk need only stay as it is until the next one is asked for. */
  data?: Data;
}

/** Seconds that an inode can hold: whole ones, 0..2^32-1. */
export function clampTime(seconds: number): number {
  return Math.min(Math.max(Math.floor(seconds), 0), NEWEST);
}

/** Throws UserError, naming the path, for what cannot be stored. Paths are checked by the tree. */
export function checkEntry(entry: TreeEntry): void {
  const problem = problemOf(entry);
  if (problem !== undefined) throw new UserError(`cannot store ${display(entry.path)}: ${problem}`);
}

function problemOf(entry: TreeEntry): string | undefined {
  const { kind, mode, uid, gid, mtime, size = 0, target = "", rdev } = entry;
  if (!isNumberUpTo(mode, 0o7777)) return `its mode ${mode} is not 12 bits`;
  // 2^32-1 is chown(2)'s "leave as it is" and nobody's id.
  if (!isNumberUpTo(uid, NEWEST - 1)) return `its user id ${uid} is not one of Linux`;
  if (!isNumberUpTo(gid, NEWEST - 1)) return `its group id ${gid} is not one of Linux`;
  if (Number.isNaN(mtime)) return "its time is not a number";
  if (kind === "file" && !isNumberUpTo(size, Number.MAX_SAFE_INTEGER))
    return `its size ${size} is not a number of bytes`;
  if (kind === "symlink") return problemOfTarget(target);
  if (kind !== "char" && kind !== "block") return undefined;
  if (rdev === undefined) return "it is a device without a number";
  // linux/kdev_t.h: 12 bits of major, 20 of minor.
  const fits = isNumberUpTo(rdev.major, 0xfff) && isNumberUpTo(rdev.minor, 0xfffff);
  return fits ? undefined : `Linux has no device number ${rdev.major}:${rdev.minor}`;
}

function problemOfTarget(target: ByteString): string | undefined {
  if (target === "") return "it is a symlink without a target";
  if (target.length > TARGET_MAX) return `its target is longer than ${TARGET_MAX} bytes`;
  return /[\0]|[^\0-\xff]/.test(target) ? "its target contains a NUL byte or is not a string of bytes" : undefined;
}

function isNumberUpTo(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}
