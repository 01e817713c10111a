// Remembering blueprints. A board starts the same few command lines again and again, and in a process this young, working
// out a launch takes three times as long as carrying it out. So what was drawn is kept on the run directory's tmpfs under
// everything that it was drawn from, and found in a fraction of a millisecond.
//
//   run/blueprints/HASH     a checksum of the rest; the key's, the blueprint's and its files' lengths; then their bytes
//
// The key is compared in full, not by its hash alone. What is remembered is only a shortcut: whatever does not fit any
// more (another image of that name, a source that became a file, a control group that cannot be made) is drawn anew.

import { SysError } from "../errors.ts";
import { executablePath } from "../self.ts";
import {
  AT_FDCWD,
  LINUX_CAPABILITY_VERSION_3,
  O_CLOEXEC,
  O_RDONLY,
  RLIMIT_NOFILE,
  STATX_INO,
  STATX_MTIME,
  STATX_SIZE,
} from "../sys/abi/consts.gen.ts";
import { NEW_UTSNAME, RLIMIT64, STATX, USER_CAP_DATA, USER_CAP_HEADER } from "../sys/abi/structs.gen.ts";
import { call, must } from "../sys/call.ts";
import { close, readdir, readRest, readTextIfThere, unlinkIfThere, writeAtomic } from "../sys/file.ts";
import { cstr, place, reserve, scratch, scratchBase } from "../sys/memory.ts";
import { pack } from "../sys/struct.ts";
import { blueprintsDir, type Paths } from "../state/paths.ts";
import { type Blueprint, type Drawn, HOSTS, RESOLV_CONF } from "./blueprint.ts";

/** More than a board has kinds of containers. */
const MOST = 64;
/** A launch program that is not as it was written must not be started: nothing comes back from there. */
const CHECKSUM = 8;
/** Five lengths of 4 bytes follow the checksum. */
const PARTS = 5;
const HEADER = CHECKSUM + PARTS * 4;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Everything that a command line's blueprint depends on, beside what is checked when it is used. */
export function memoryKey(paths: Paths, words: readonly string[]): string {
  return JSON.stringify([executablePath(), paths.root, process.cwd(), hostBytes(), namesOfHost(words), words]);
}

/** A container on the host's network gets copies of these files; other words "host" cost two reads for nothing. */
function namesOfHost(words: readonly string[]): (string | undefined)[] {
  for (const word of words) {
    if (word === "host" || word.endsWith("=host")) return [readTextIfThere(HOSTS), readTextIfThere(RESOLV_CONF)];
  }
  return [];
}

/**
 * This executable's times, numbers and size, the host's names and versions, and this process's limit of open files and
 * capabilities, as the kernel writes them.
 */
function hostBytes(): string {
  const file = reserve(STATX.size);
  const wanted = STATX_INO | STATX_SIZE | STATX_MTIME;
  must(call("statx", AT_FDCWD, cstr(executablePath()), 0, wanted, scratchBase + file), `stat ${executablePath()}`);

  const name = reserve(NEW_UTSNAME.size);
  must(call("uname", scratchBase + name), "ask for the kernel's name");
  const limit = reserve(RLIMIT64.size);
  must(call("prlimit64", 0, RLIMIT_NOFILE, 0, scratchBase + limit), "ask for the limit of open files");
  const header = place(pack(USER_CAP_HEADER, { version: LINUX_CAPABILITY_VERSION_3, pid: 0 }));
  const capabilities = reserve(USER_CAP_DATA.size * 2);
  must(call("capget", header, scratchBase + capabilities), "ask for the own capabilities");
  const hex = (at: number, length: number) => scratch.slice(at, at + length).toHex();
  const { stx_ino, stx_size, stx_mtime_sec } = STATX.fields;
  const times = hex(file + stx_ino[0], 8) + hex(file + stx_size[0], 8) + hex(file + stx_mtime_sec[0], 16);
  return times + hex(name, NEW_UTSNAME.size) + hex(limit, RLIMIT64.size) + hex(capabilities, USER_CAP_DATA.size * 2);
}

const pathOf = (paths: Paths, key: string) => `${blueprintsDir(paths)}/${Bun.hash(key).toString(16)}`;

/** What was drawn for this key, or undefined. */
export function recall(paths: Paths, key: string): Drawn | undefined {
  const fd = call("openat", AT_FDCWD, cstr(pathOf(paths, key)), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return undefined; // not there, or not for this user: drawing says what is wrong
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = readRest(fd, "a remembered blueprint");
  } finally {
    close(fd);
  }
  const parts = split(bytes);
  if (parts === undefined) return undefined;
  const [ownKey, blueprint, config, record, program, init] = parts;
  if (ownKey === undefined || decoder.decode(ownKey) !== key) return undefined;
  if (blueprint === undefined || config === undefined || record === undefined) return undefined;
  if (program === undefined || init === undefined) return undefined;
  return { blueprint: JSON.parse(decoder.decode(blueprint)) as Blueprint, files: { config, record, program, init } };
}

function checksumOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return Bun.hash.wyhash(bytes.subarray(CHECKSUM));
}

/** The parts of a file; the last one has no length of its own. undefined where the file is damaged. */
function split(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] | undefined {
  if (bytes.length < HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getBigUint64(0, true) !== checksumOf(bytes)) return undefined;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let from = HEADER;
  for (let part = 0; part < PARTS; part++) {
    const to = from + view.getUint32(CHECKSUM + part * 4, true);
    if (to > bytes.length) return undefined;
    parts.push(bytes.subarray(from, to));
    from = to;
  }
  parts.push(bytes.subarray(from));
  return parts;
}

export function remember(paths: Paths, key: string, { blueprint, files }: Drawn): void {
  if (!blueprint.lasting) return;
  const { config, record, program, init } = files;
  const parts = [encoder.encode(key), encoder.encode(JSON.stringify(blueprint)), config, record, program, init];
  const bytes = new Uint8Array(new ArrayBuffer(parts.reduce((sum, part) => sum + part.length, HEADER)));
  const view = new DataView(bytes.buffer);
  let at = HEADER;
  parts.forEach((part, index) => {
    if (index < PARTS) view.setUint32(CHECKSUM + index * 4, part.length, true);
    bytes.set(part, at);
    at += part.length;
  });
  view.setBigUint64(0, checksumOf(bytes), true);
  // The same command line may be started twice at once, and a third start may be forgetting some meanwhile.
  const path = pathOf(paths, key);
  try {
    forgetSome(paths);
    writeAtomic(path, bytes, { mode: 0o600, temporary: `${path}.${process.pid}` });
  } catch (error) {
    // A start that cannot be remembered is a start all the same.
    if (!(error instanceof SysError)) throw error;
  }
}

export function forget(paths: Paths, key: string): void {
  unlinkIfThere(pathOf(paths, key));
}

function forgetSome(paths: Paths): void {
  const dir = blueprintsDir(paths);
  const entries = readdir(dir);
  if (entries.length < MOST) return;
  for (const { name } of entries) unlinkIfThere(`${dir}/${name}`);
}
