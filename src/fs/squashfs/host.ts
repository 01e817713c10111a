// What the walk asks the kernel about files of the host. Files are named by the descriptor of their directory and the
// bytes of their name, and results come back raw: only the caller that fails puts a message together, since a message
// for each of a million files would cost more than the files.

import {
  AT_EMPTY_PATH,
  AT_NO_AUTOMOUNT,
  AT_SYMLINK_NOFOLLOW,
  S_IFMT,
  STATX_BASIC_STATS,
} from "../../sys/abi/consts.gen.ts";
import { STATX } from "../../sys/abi/structs.gen.ts";
import { call } from "../../sys/call.ts";
import { type FileKind, kindOfMode } from "../../sys/kinds.ts";
import { reserve, scratch, scratchBase, scratchView } from "../../sys/memory.ts";
import { fromBytes } from "./bytes.ts";
import type { ByteString } from "./format.ts";

export interface HostInfo {
  kind: FileKind;
  /** The 12 permission bits. */
  mode: number;
  uid: number;
  gid: number;
  size: number;
  nlink: number;
  /** Seconds, and nanoseconds beside them. */
  mtime: number;
  mtimeNanoseconds: number;
  rdev: { major: number; minor: number };
  /** Device and inode tell files apart; only for comparing. */
  dev: number;
  ino: bigint;
}

/** PATH_MAX of limits.h, with its NUL. */
const TARGET_ROOM = 4096;

/** Puts a name, terminated, where the kernel can read it; returns its address. Good for the next call. */
export function placeName(name: ByteString): number {
  const at = reserve(name.length + 1);
  for (let i = 0; i < name.length; i++) scratch[at + i] = name.charCodeAt(i);
  scratch[at + name.length] = 0;
  return scratchBase + at;
}

/** statx(2) of an entry, a symlink itself included; with the name "" of the descriptor. A negative errno on failure. */
export function statEntry(dirfd: number, name: ByteString): HostInfo | number {
  const at = reserve(STATX.size);
  const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (name === "" ? AT_EMPTY_PATH : 0);
  const result = call("statx", dirfd, placeName(name), flags, STATX_BASIC_STATS, scratchBase + at);
  return result < 0 ? result : readInfo(at);
}

/** A symlink's target, or a negative errno. */
export function readTarget(dirfd: number, name: ByteString): ByteString | number {
  const at = reserve(TARGET_ROOM);
  const got = call("readlinkat", dirfd, placeName(name), scratchBase + at, TARGET_ROOM);
  return got < 0 ? got : fromBytes(scratch.subarray(at, at + got));
}

function readInfo(at: number): HostInfo {
  const { fields } = STATX;
  const u32 = (field: readonly [number, number, boolean]): number => scratchView.getUint32(at + field[0], true);
  const mode = scratchView.getUint16(at + fields.stx_mode[0], true);
  return {
    kind: kindOfMode(mode & S_IFMT),
    mode: mode & 0o7777,
    uid: u32(fields.stx_uid),
    gid: u32(fields.stx_gid),
    size: Number(scratchView.getBigUint64(at + fields.stx_size[0], true)),
    nlink: u32(fields.stx_nlink),
    mtime: Number(scratchView.getBigInt64(at + fields.stx_mtime_sec[0], true)),
    mtimeNanoseconds: u32(fields.stx_mtime_nsec),
    rdev: { major: u32(fields.stx_rdev_major), minor: u32(fields.stx_rdev_minor) },
    dev: u32(fields.stx_dev_major) * 2 ** 20 + u32(fields.stx_dev_minor),
    ino: scratchView.getBigUint64(at + fields.stx_ino[0], true),
  };
}
