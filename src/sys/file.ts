// Files by plain system calls. node:fs costs 3 ms of start-up and hides which call failed; this costs nothing and errors
// name the operation and the path. All functions are synchronous, descriptors are close-on-exec, paths are UTF-8.

import {
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  S_IFMT,
  STATX_BASIC_STATS,
} from "./abi/consts.gen.ts";
import { EEXIST, ENOENT, ENOTDIR } from "./abi/errno.gen.ts";
import { STATFS, STATX } from "./abi/structs.gen.ts";
import { call, must } from "./call.ts";
import { addressOf } from "./gate.ts";
import { cstr, reserve, scratch, scratchBase, scratchView } from "./memory.ts";
import { unpack } from "./struct.ts";
import { deviceNumber, type FileKind, kindOfDirent, kindOfMode } from "./kinds.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Opens a file; `mode` counts where O_CREAT is given. O_CLOEXEC is always added. */
export function open(path: string, flags: number, mode = 0): number {
  return must(call("openat", AT_FDCWD, cstr(path), flags | O_CLOEXEC, mode), `open ${path}`);
}

/** Like `open`, but undefined where the file is not there. */
export function openIfThere(path: string, flags: number, mode = 0): number | undefined {
  const fd = call("openat", AT_FDCWD, cstr(path), flags | O_CLOEXEC, mode);
  if (fd === -ENOENT || fd === -ENOTDIR) return undefined;
  return must(fd, `open ${path}`);
}

/** Closes a descriptor. The kernel frees the number whatever it returns, so there is nothing to report. */
export function close(fd: number): void {
  call("close", fd);
}

/** Reads up to `into.length` bytes; 0 is the end. */
export function read(fd: number, into: Uint8Array, what = `descriptor ${fd}`): number {
  if (into.length === 0) return 0;
  return must(call("read", fd, addressOf(into), into.length), `read ${what}`);
}

/** Writes all bytes, however many calls that takes. */
export function write(fd: number, data: Uint8Array | string, what = `descriptor ${fd}`): void {
  const bytes = typeof data === "string" ? encoder.encode(data) : data;
  let done = 0;
  while (done < bytes.length) {
    const rest = bytes.subarray(done);
    done += must(call("write", fd, addressOf(rest), rest.length), `write ${what}`);
  }
}

/** Writes all bytes at an offset, in one call: for small files that nobody else writes there. */
export function writeAt(fd: number, offset: number, text: string, what: string): void {
  const bytes = encoder.encode(text);
  must(call("pwrite64", fd, addressOf(bytes), bytes.length, offset), `write ${what}`);
}

/** Makes a file empty. */
export function truncate(fd: number, what: string): void {
  must(call("ftruncate", fd, 0), `empty ${what}`);
}

const CHUNK = 16 * 1024;

/** Everything from a descriptor's position to its end. Proc files give no size, so the end is where read says so. */
export function readRest(fd: number, what = `descriptor ${fd}`): Uint8Array<ArrayBuffer> {
  const at = reserve(CHUNK);
  let whole = new Uint8Array(new ArrayBuffer(0));
  for (;;) {
    const got = must(call("read", fd, scratchBase + at, CHUNK), `read ${what}`);
    if (got === 0) return whole;
    const longer = new Uint8Array(new ArrayBuffer(whole.length + got));
    longer.set(whole);
    longer.set(scratch.subarray(at, at + got), whole.length);
    whole = longer;
  }
}

export function readBytes(path: string): Uint8Array {
  const fd = open(path, O_RDONLY);
  try {
    return readRest(fd, path);
  } finally {
    close(fd);
  }
}

export function readText(path: string): string {
  return decoder.decode(readBytes(path));
}

/** The file's text, or undefined where it is not there. */
export function readTextIfThere(path: string): string | undefined {
  const fd = openIfThere(path, O_RDONLY);
  if (fd === undefined) return undefined;
  try {
    return decoder.decode(readRest(fd, path));
  } finally {
    close(fd);
  }
}

/** Writes a file's whole content in place; makes the file where it is missing. Also for proc and cgroup files. */
export function writeFile(path: string, data: Uint8Array | string, mode = 0o644): void {
  const fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  try {
    write(fd, data, path);
  } finally {
    close(fd);
  }
}

/**
 * Replaces a file so that readers and power cuts see the old content or the new, never a part: a temporary name beside
 * it (`temporary`, where several may write at once), then rename. With `sync` the content and the directory are on the
 * disk when this returns.
 */
export function writeAtomic(
  path: string,
  data: Uint8Array | string,
  options: { mode?: number; sync?: boolean; temporary?: string } = {},
): void {
  const temporary = options.temporary ?? `${path}.tmp`;
  const fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, options.mode ?? 0o644);
  try {
    write(fd, data, temporary);
    if (options.sync === true) fsync(fd, temporary);
  } finally {
    close(fd);
  }
  rename(temporary, path);
  if (options.sync === true) syncDirectory(path.slice(0, path.lastIndexOf("/")));
}

/** Makes a file that must not be there yet; false where it is. */
export function createExclusive(path: string, data: Uint8Array | string, mode = 0o644): boolean {
  const fd = call("openat", AT_FDCWD, cstr(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd === -EEXIST) return false;
  must(fd, `create ${path}`);
  try {
    write(fd, data, path);
  } finally {
    close(fd);
  }
  return true;
}

export function fsync(fd: number, what: string): void {
  must(call("fsync", fd), `fsync ${what}`);
}

/** Makes a rename in this directory durable. */
export function syncDirectory(path: string): void {
  const fd = open(path, O_RDONLY | O_DIRECTORY);
  try {
    fsync(fd, path);
  } finally {
    close(fd);
  }
}

export function mkdir(path: string, mode = 0o755): void {
  must(call("mkdirat", AT_FDCWD, cstr(path), mode), `mkdir ${path}`);
}

/** Makes a directory and its missing parents; one that is there already is fine. */
export function mkdirs(path: string, mode = 0o755): void {
  const made = call("mkdirat", AT_FDCWD, cstr(path), mode);
  if (made === -EEXIST) return;
  if (made !== -ENOENT) {
    must(made, `mkdir ${path}`);
    return;
  }
  const slash = path.lastIndexOf("/");
  if (slash <= 0) must(made, `mkdir ${path}`);
  mkdirs(path.slice(0, slash), mode);
  mkdirs(path, mode);
}

export function rmdir(path: string): void {
  must(call("unlinkat", AT_FDCWD, cstr(path), AT_REMOVEDIR), `rmdir ${path}`);
}

export function unlink(path: string): void {
  must(call("unlinkat", AT_FDCWD, cstr(path), 0), `unlink ${path}`);
}

/** Removes a file; one that is not there is fine. */
export function unlinkIfThere(path: string): void {
  const result = call("unlinkat", AT_FDCWD, cstr(path), 0);
  if (result !== -ENOENT) must(result, `unlink ${path}`);
}

export function rename(from: string, to: string): void {
  must(call("renameat2", AT_FDCWD, cstr(from), AT_FDCWD, cstr(to), 0), `rename ${from} to ${to}`);
}

/** Makes a symlink; false where the name is taken. */
export function symlinkExclusive(target: string, path: string): boolean {
  const result = call("symlinkat", cstr(target), AT_FDCWD, cstr(path));
  if (result === -EEXIST) return false;
  must(result, `symlink ${path}`);
  return true;
}

/** A symlink's target, or undefined where there is none of that name. */
export function readlinkIfThere(path: string): string | undefined {
  const room = 4096;
  const at = reserve(room);
  const got = call("readlinkat", AT_FDCWD, cstr(path), scratchBase + at, room);
  if (got === -ENOENT) return undefined;
  must(got, `readlink ${path}`);
  return decoder.decode(scratch.subarray(at, at + got));
}

export function exists(path: string): boolean {
  return call("faccessat", AT_FDCWD, cstr(path), 0) === 0;
}

export interface Stat {
  kind: FileKind;
  /** The 12 permission bits. */
  mode: number;
  uid: number;
  gid: number;
  /** Bytes. */
  size: number;
  /** 512-byte blocks on the disk. */
  blocks: number;
  /** Device number as the kernel writes it in one word (see deviceNumber). */
  dev: number;
  ino: number;
  nlink: number;
  /** Seconds. */
  mtime: number;
  rdevMajor: number;
  rdevMinor: number;
}

/** statx(2) of a path relative to a directory descriptor; undefined where it is not there. */
export function statAt(dirfd: number, path: string, flags: number): Stat | undefined {
  const at = reserve(STATX.size);
  const result = call("statx", dirfd, cstr(path), flags, STATX_BASIC_STATS, scratchBase + at);
  if (result === -ENOENT || result === -ENOTDIR) return undefined;
  must(result, `stat ${path}`);
  const s = unpack(STATX, scratch, at);
  return {
    kind: kindOfMode(s.stx_mode & S_IFMT),
    mode: s.stx_mode & 0o7777,
    uid: s.stx_uid,
    gid: s.stx_gid,
    size: Number(s.stx_size),
    blocks: Number(s.stx_blocks),
    dev: deviceNumber(s.stx_dev_major, s.stx_dev_minor),
    ino: Number(s.stx_ino),
    nlink: s.stx_nlink,
    mtime: Number(s.stx_mtime_sec),
    rdevMajor: s.stx_rdev_major,
    rdevMinor: s.stx_rdev_minor,
  };
}

/** Follows symlinks; undefined where the path leads nowhere. */
export function statIfThere(path: string): Stat | undefined {
  return statAt(AT_FDCWD, path, 0);
}

export function stat(path: string): Stat {
  const found = statIfThere(path);
  if (found === undefined) must(-ENOENT, `stat ${path}`);
  return found as Stat;
}

/** Does not follow a symlink at the end of the path. */
export function lstat(path: string): Stat {
  const found = statAt(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
  if (found === undefined) must(-ENOENT, `stat ${path}`);
  return found as Stat;
}

export interface FsStat {
  /** The file system's magic number (linux/magic.h). */
  type: number;
  blockSize: number;
  blocks: number;
  free: number;
  /** Blocks free to ordinary users. */
  available: number;
  files: number;
  filesFree: number;
}

export function statfs(path: string): FsStat {
  const at = reserve(STATFS.size);
  must(call("statfs", cstr(path), scratchBase + at), `statfs ${path}`);
  const s = unpack(STATFS, scratch, at);
  return {
    type: Number(s.f_type),
    blockSize: Number(s.f_bsize),
    blocks: Number(s.f_blocks),
    free: Number(s.f_bfree),
    available: Number(s.f_bavail),
    files: Number(s.f_files),
    filesFree: Number(s.f_ffree),
  };
}

export interface DirEntry {
  name: string;
  kind: FileKind | "unknown";
}

/** A directory's entries without "." and "..", in the file system's order. */
export function readdirFd(fd: number, what: string): DirEntry[] {
  const at = reserve(CHUNK);
  const entries: DirEntry[] = [];
  for (;;) {
    const got = must(call("getdents64", fd, scratchBase + at, CHUNK), `read directory ${what}`);
    if (got === 0) return entries;
    // struct linux_dirent64: u64 ino, s64 off, u16 reclen, u8 type, name (getdents64(2))
    for (let p = at; p < at + got; p += scratchView.getUint16(p + 16, true)) {
      const end = scratch.indexOf(0, p + 19);
      const name = decoder.decode(scratch.subarray(p + 19, end));
      if (name !== "." && name !== "..") entries.push({ name, kind: kindOfDirent(scratch[p + 18] ?? 0) });
    }
  }
}

/** The entries of a directory, or undefined where it is not there. */
export function readdirIfThere(path: string): DirEntry[] | undefined {
  const fd = openIfThere(path, O_RDONLY | O_DIRECTORY);
  if (fd === undefined) return undefined;
  try {
    return readdirFd(fd, path);
  } finally {
    close(fd);
  }
}

export function readdir(path: string): DirEntry[] {
  const entries = readdirIfThere(path);
  if (entries === undefined) must(-ENOENT, `read directory ${path}`);
  return entries ?? [];
}
