// The bytes of a few instructions, for the goldens of both architectures.

import { Code, type Label } from "../../src/asm/layout.ts";
import type { Machine } from "../../src/asm/machine.ts";

/** Where the code of a golden begins. */
export const START = 0x400100;
/** Where its slots lie. */
export const SLOTS = 0x420000;

export const labelAt = (address: number): Label => ({ name: `label at 0x${address.toString(16)}`, address });

/** What `emit` emits at `START`, as hexadecimal bytes. */
export function emitted(machine: Machine, emit: (code: Code) => void): string {
  const code = new Code();
  emit(code);
  while (code.relax(START)) code.place(START);
  const out = new Uint8Array(code.place(START) - START);
  code.write(out, 0, START, SLOTS + machine.bias);
  return out.toHex();
}
