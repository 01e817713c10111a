// From a program to a process: assemble it, put it into a sealed memory file, and become it.

import { assemble } from "../asm/assemble.ts";
import { execFd, sealedMemfd } from "../sys/process.ts";
import type { Program } from "./ir.ts";
import { programNotes } from "./notes.ts";

export const ARCH = process.arch === "arm64" ? "arm64" : "x64";

/** The program's ELF file with its notes behind it: the kernel maps only what the headers name. */
export function programFile(program: Program, fds: ReadonlyMap<string, number>): Uint8Array {
  const { elf } = assemble(program, ARCH, fds);
  const notes = programNotes(program);
  const file = new Uint8Array(new ArrayBuffer(elf.length + notes.length));
  file.set(elf);
  file.set(notes, elf.length);
  return file;
}

/**
 * Replaces bunker by the launch program, which inherits exactly the descriptors in `fds` and stdio, no environment, and
 * no way back to bunker's executable but the exit verb's path. Returns only by throwing.
 */
export function becomeLaunch(program: Program, fds: ReadonlyMap<string, number>, title: string): never {
  const fd = fds.get("program");
  if (fd === undefined) throw new Error("the launch has no descriptor for its own program");
  throw new Error(title);
}
