// What each operation of a program is about, carried behind the program in its memory file: when a launch fails, the
// exit verb turns "operation 57, errno 1" into a sentence with it.

import type { Program } from "../asm/ir.ts";

const MARK = "\nbunker-notes\n";

/** One line an operation, in the program's order; empty for operations that cannot fail. */
export function programNotes(program: Program): Uint8Array {
  const lines = program.sections.flatMap((section) =>
    section.ops.map((op) => (op.kind === "call" ? op.note.replaceAll("\n", " ") : "")),
  );
  return new TextEncoder().encode(MARK + lines.join("\n"));
}

/** The note of operation `index` in a memory file's content; undefined where there is none. */
export function findNote(file: Uint8Array, index: number): string | undefined {
  const text = Buffer.from(file.buffer, file.byteOffset, file.length).toString("utf8");
  const start = text.lastIndexOf(MARK);
  if (start < 0) return undefined;
  const note = text.slice(start + MARK.length).split("\n")[index];
  return note === "" ? undefined : note;
}
