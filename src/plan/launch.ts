// From a program to a process: assemble it, put it into a sealed memory file, and become it.

import { assemble } from "../asm/assemble.ts";
import { emptyMemfd, execFd, fillMemfd } from "../sys/process.ts";
import { buildLaunch } from "./build.ts";
import { rememberProgram } from "./cache.ts";
import type { Program } from "./ir.ts";
import type { LaunchInput } from "./launch-input.ts";
import { programNotes } from "./notes.ts";

/** The architecture that programs are assembled for here. */
export const ARCH = process.arch === "arm64" ? "arm64" : "x64";

/** Descriptors by the roles that a program names them by. */
export type Descriptors = ReadonlyMap<string, number>;

/** The program's ELF file, and its notes behind that: the kernel maps only what the headers name. */
function programBytes(program: Program, fds: Descriptors): Uint8Array {
  const { elf } = assemble(program, ARCH, fds);
  const notes = programNotes(program);
  const bytes = new Uint8Array(new ArrayBuffer(elf.length + notes.length));
  bytes.set(elf);
  bytes.set(notes, elf.length);
  return bytes;
}

/** A sealed memory file that holds a program. The caller owns the descriptor. */
export function programFile(name: string, program: Program, fds: Descriptors): number {
  const fd = emptyMemfd(name);
  fillMemfd(fd, programBytes(program, fds));
  return fd;
}

/**
 * Replaces bunker by the launch program for `input`, which goes into the empty memory file that `fds` has as "program".
 * It inherits exactly `fds` and stdio, no environment, and no way back to bunker's executable but the path of the exit
 * verb. Returns only by throwing.
 * @param memory the directory of remembered programs
 */
export function becomeLaunch(memory: string, input: LaunchInput, fds: Descriptors): never {
  const file = fds.get("program");
  if (file === undefined) throw new Error("the launch has no descriptor for its own program");
  const setting = JSON.stringify([...fds]);
  const bytes = rememberProgram(memory, input, setting, (generic) => programBytes(buildLaunch(generic), fds));
  fillMemfd(file, bytes);
  execFd(file, ["bunker-monitor", input.id.slice(0, 12)], [], [...fds.values()]);
}
