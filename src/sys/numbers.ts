// System calls and errors by number and name. The tables are text that is searched when a name is first used: a process
// needs forty of three hundred and fifty names, and an object with all of them costs 2 ms of a 10 ms start.

import { ERRORS } from "./abi/errno.gen.ts";
import { SYSCALLS, type SyscallName } from "./abi/nr.gen.ts";

export type Architecture = "x64" | "arm64";

/** What follows `start` on its line of a table; undefined where no line begins so. */
function lineAfter(table: string, start: string): string | undefined {
  const at = table.indexOf(`\n${start} `);
  if (at < 0) return undefined;
  const from = at + start.length + 2;
  return table.slice(from, table.indexOf("\n", from));
}

/** A system call's number. Throws Error for a name that is none on both architectures. */
export function syscallNumber(name: SyscallName, architecture: Architecture): number {
  const numbers = lineAfter(SYSCALLS, name);
  if (numbers === undefined) throw new Error(`unknown system call "${name}"`);
  const space = numbers.indexOf(" ");
  return Number(architecture === "x64" ? numbers.slice(0, space) : numbers.slice(space + 1));
}

/** Code and text of an error: [ "ENOENT", "No such file or directory" ]. An unknown number is said as such. */
export function describeErrno(errno: number): readonly [code: string, text: string] {
  const line = lineAfter(ERRORS, String(errno));
  if (line === undefined) return [`errno ${errno}`, "unknown error"];
  const space = line.indexOf(" ");
  return [line.slice(0, space), line.slice(space + 1)];
}
