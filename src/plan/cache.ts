// Remembering programs. A program is a function of its input, and the inputs of two starts of one image mostly differ in
// the container's id and name only. So the program is made for an input with holes in their place, kept under that input
// on the run directory's tmpfs, and the holes are filled for each start: it is found in a tenth of the time that planning
// and assembling take in a process this young.
//
// What is remembered is compared in full, not by its hash alone, and belongs to one build of bunker. Holes keep the
// length: ids always have 64 digits, and a name ends a C string, which NULs may follow.

import { O_RDONLY } from "../sys/abi/consts.gen.ts";
import { close, openIfThere, readdir, readRest, stat, unlinkIfThere, writeAtomic } from "../sys/file.ts";
import type { LaunchInput } from "./launch-input.ts";

/** No container's id: those are random, and this one is known. */
const ID_HOLE = "b0c5a11ed0fa".padEnd(64, "5eed");
/** Begins with what no name begins with, and is as long as the longest. */
const NAME_HOLE = "-".repeat(255);
/** A short id stands alone in host names. */
const SHORT = 12;
/** More than a board has kinds of containers. */
const MOST = 64;

/** Makes the program's file for an input. Its code is only loaded where nothing is remembered. */
export type MakeProgram = (input: LaunchInput) => Promise<Uint8Array>;

/**
 * The program's file for `input`, remembered in `dir` or made.
 * @param setting whatever else the program depends on: descriptor numbers
 */
export async function rememberProgram(
  dir: string,
  input: LaunchInput,
  setting: string,
  make: MakeProgram,
): Promise<Uint8Array> {
  const name = input.namePath.slice(input.namePath.lastIndexOf("/") + 1);
  const text = withHoles(input, name);
  const key = `${buildKey()}\n${setting}\n${text}`;
  const path = `${dir}/${Bun.hash(key).toString(16)}`;
  let program = recall(path, key);
  if (program === undefined) {
    program = await make(JSON.parse(text) as LaunchInput);
    forgetSome(dir);
    writeAtomic(path, remembered(key, program), { mode: 0o600 });
  }
  fillHoles(program, input.id, name);
  return program;
}

/** The input as JSON, with the container's id and name cut out. */
function withHoles(input: LaunchInput, name: string): string {
  const namePath = input.namePath.slice(0, -name.length) + NAME_HOLE;
  return JSON.stringify({ ...input, namePath })
    .replaceAll(input.id, ID_HOLE)
    .replaceAll(input.id.slice(0, SHORT), ID_HOLE.slice(0, SHORT));
}

/** Another executable may plan otherwise. */
function buildKey(): string {
  const { ino, size, mtime } = stat(process.execPath);
  return `${ino} ${size} ${mtime} ${process.arch}`;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** The key's length in bytes stands before it. */
const HEADER = 4;

function remembered(key: string, program: Uint8Array): Uint8Array {
  const keyBytes = encoder.encode(key);
  const bytes = new Uint8Array(new ArrayBuffer(HEADER + keyBytes.length + program.length));
  new DataView(bytes.buffer).setUint32(0, keyBytes.length, true);
  bytes.set(keyBytes, HEADER);
  bytes.set(program, HEADER + keyBytes.length);
  return bytes;
}

function recall(path: string, key: string): Uint8Array | undefined {
  const fd = openIfThere(path, O_RDONLY);
  if (fd === undefined) return undefined;
  try {
    const bytes = readRest(fd, path);
    if (bytes.length < HEADER) return undefined;
    const start = HEADER + new DataView(bytes.buffer).getUint32(0, true);
    return decoder.decode(bytes.subarray(HEADER, start)) === key ? bytes.subarray(start) : undefined;
  } finally {
    close(fd);
  }
}

function forgetSome(dir: string): void {
  const entries = readdir(dir);
  if (entries.length < MOST) return;
  for (const { name } of entries) unlinkIfThere(`${dir}/${name}`);
}

/** Writes the container's own id and name where the holes are. */
function fillHoles(program: Uint8Array, id: string, name: string): void {
  const bytes = Buffer.from(program.buffer, program.byteOffset, program.length);
  const shortHole = ID_HOLE.slice(0, SHORT);
  const restHole = ID_HOLE.slice(SHORT);
  for (let at = bytes.indexOf(shortHole); at !== -1; at = bytes.indexOf(shortHole, at + SHORT)) {
    bytes.write(id.slice(0, SHORT), at, "latin1");
    const rest = at + SHORT;
    if (bytes.indexOf(restHole, rest) === rest) bytes.write(id.slice(SHORT), rest, "latin1");
  }
  for (let at = bytes.indexOf(NAME_HOLE); at !== -1; at = bytes.indexOf(NAME_HOLE, at)) {
    bytes.fill(0, at, at + NAME_HOLE.length);
    bytes.write(name, at, "latin1");
  }
}
