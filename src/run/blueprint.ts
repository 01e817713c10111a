// A blueprint: everything about a start that can be worked out before anything is made. It is drawn from the command line,
// the image and the host (draw.ts), built as often as wanted (build in start.ts), and kept for the next start of the same
// command line (memory.ts). Plain data.
//
// What differs from container to container are holes in it: the id, the name where none was given, the time. Holes keep
// the length of what fills them: ids always have 64 digits, and a name ends a C string, which NULs may follow.

import type { CgroupPlan } from "../cg/types.ts";
import type { BindSource } from "../fs/binds.ts";
import type { StoredLayer } from "../fs/image-record.ts";

export interface Blueprint {
  /** The image as it was named. `name` is its name in the store, where that was used: it may mean another image later. */
  readonly image: {
    readonly word: string;
    readonly id: string;
    readonly layers: readonly StoredLayer[];
    readonly name?: string;
  };
  /** The container's name, where the user chose it. */
  readonly name?: string;
  readonly tty: boolean;
  readonly interactive: boolean;
  readonly binds: readonly BindSource[];
  readonly cgroup: { readonly plan: CgroupPlan; readonly parent: string };
  /** Whether output is kept. */
  readonly log: boolean;
  /** Whether its end is written down: not where it is removed then. */
  readonly keepsExit: boolean;
  /** A file that gets the container's id. */
  readonly cidfile?: string;
  readonly holes: { readonly program: Holes; readonly init: Holes };
  /** Whether a later start of the same command line may use it. */
  readonly lasting: boolean;
}

/** The blueprint's files, with holes. */
export interface BlueprintFiles {
  /** config.json */
  readonly config: Uint8Array<ArrayBuffer>;
  /** record.json */
  readonly record: Uint8Array<ArrayBuffer>;
  /** The launch program. */
  readonly program: Uint8Array<ArrayBuffer>;
  /** The container's init (`--init`); empty where there is none. */
  readonly init: Uint8Array<ArrayBuffer>;
}

export interface Drawn {
  readonly blueprint: Blueprint;
  readonly files: BlueprintFiles;
}

/** No container's id: those are random, and this one is known. */
export const ID_HOLE = "b0c5a11ed0fa".padEnd(64, "5eed");
/** Begins with what no name begins with, and is as long as the longest. */
export const NAME_HOLE = "-".repeat(255);
/** Milliseconds since 1970: not now. As many digits as now has, until the year 2286. */
export const TIME_HOLE = 1_111_111_111_111;
/** A short id stands alone in host names. */
const SHORT = 12;

/** Files of the host that a container on its network gets a copy of. */
export const HOSTS = "/etc/hosts";
export const RESOLV_CONF = "/etc/resolv.conf";

/** What goes into the holes of one container. */
export interface Filling {
  readonly id: string;
  readonly name: string;
  readonly now: number;
}

/** A text file's content for one container. */
export function fillText(bytes: Uint8Array, { id, name, now }: Filling): string {
  return new TextDecoder()
    .decode(bytes)
    .replaceAll(ID_HOLE, id)
    .replaceAll(ID_HOLE.slice(0, SHORT), id.slice(0, SHORT))
    .replace(NAME_HOLE, name)
    .replace(String(TIME_HOLE), String(now));
}

/** Where a program's holes are, in bytes from its start. */
export interface Holes {
  readonly id: readonly number[];
  /** Of an id's first 12 digits alone. */
  readonly shortId: readonly number[];
  readonly name: readonly number[];
}

/** Looks for the holes of a program, once, when it is drawn. */
export function findHoles(program: Uint8Array): Holes {
  const bytes = Buffer.from(program.buffer, program.byteOffset, program.length);
  const all = (text: string) => {
    const found: number[] = [];
    for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + text.length)) found.push(at);
    return found;
  };
  const id = all(ID_HOLE);
  return { id, shortId: all(ID_HOLE.slice(0, SHORT)).filter((at) => !id.includes(at)), name: all(NAME_HOLE) };
}

/** Fills the holes of a program in place. */
export function fillProgram(program: Uint8Array, holes: Holes, { id, name }: Filling): void {
  const encoder = new TextEncoder();
  const digits = encoder.encode(id);
  for (const at of holes.id) program.set(digits, at);
  for (const at of holes.shortId) program.set(digits.subarray(0, SHORT), at);
  if (holes.name.length === 0) return;
  const padded = new Uint8Array(NAME_HOLE.length);
  encoder.encodeInto(name, padded);
  for (const at of holes.name) program.set(padded, at);
}

/**
 * The numbers that the launch program knows its descriptors by. They are fixed, so that a program does not depend on what
 * else a start has open, and high, so that they are free.
 */
export const NUMBERS = {
  lock: 200,
  program: 201,
  log: 202,
  cgroup: 203,
  init: 204,
  readyRead: 205,
  readyWrite: 206,
  stdin: 207,
  stdinWrite: 208,
  stdout: 209,
  stdoutRead: 210,
  stderr: 211,
  stderrRead: 212,
  masterSend: 213,
  masterReceive: 214,
} as const;
const FIRST_BIND = 220;

/** All roles with their numbers. */
export function descriptorNumbers(binds: readonly BindSource[]): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const role in NUMBERS) numbers.set(role, NUMBERS[role as keyof typeof NUMBERS]);
  let next = FIRST_BIND;
  for (const { role } of binds) numbers.set(role, next++);
  return numbers;
}
