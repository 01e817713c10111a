// A program as a file: the ELF image, and its notes behind that, which the kernel does not map: only what the headers name.

import { assemble } from "../asm/assemble.ts";
import type { Program } from "../asm/ir.ts";
import { programNotes } from "./notes.ts";

/** The architecture that programs are assembled for here. */
export const ARCH = process.arch === "arm64" ? "arm64" : "x64";

/** Descriptors by the roles that a program names them by. */
export type Descriptors = ReadonlyMap<string, number>;

export function programFile(program: Program, fds: Descriptors): Uint8Array<ArrayBuffer> {
  const { elf } = assemble(program, ARCH, fds);
  const notes = programNotes(program);
  const bytes = new Uint8Array(new ArrayBuffer(elf.length + notes.length));
  bytes.set(elf);
  bytes.set(notes, elf.length);
  return bytes;
}
