// Memory that the kernel may read and write: a ring of scratch bytes whose address never changes, for the arguments of
// one call. A string or struct placed here is good until about 64 KB more have been placed, so a caller places what a
// call needs, makes the call, and copies out what it wants to keep.

import { UserError } from "../errors.ts";
import { addressOf } from "./gate.ts";

const SIZE = 128 * 1024;
/** What one piece may take at most; larger things get memory of their own. */
const LARGEST = 32 * 1024;

// Over an explicit ArrayBuffer: the memory of a small plain Uint8Array moves once its .buffer is touched.
const buffer = new ArrayBuffer(SIZE);
/** The scratch memory itself, for reading results: index = address - `scratchBase`. */
export const scratch = new Uint8Array(buffer);
export const scratchView = new DataView(buffer);
export const scratchBase = addressOf(scratch);

const encoder = new TextEncoder();
let next = 0;

/** Reserves `size` bytes (8-aligned, not cleared); returns their index in `scratch`. */
export function reserve(size: number): number {
  if (size > LARGEST) throw new RangeError(`scratch memory of ${size} bytes asked for, ${LARGEST} is the most`);
  if (next + size > SIZE) next = 0;
  const at = next;
  next = (next + size + 7) & ~7;
  return at;
}

/** Places bytes; returns their address. */
export function place(bytes: Uint8Array): number {
  const at = reserve(bytes.length);
  scratch.set(bytes, at);
  return scratchBase + at;
}

/**
 * Places a NUL-terminated string; returns its address. A NUL inside is refused: the kernel would see another, shorter
 * string than the checks did.
 */
export function cstr(text: string): number {
  if (text.includes("\0")) throw new UserError(`${JSON.stringify(text)} contains a NUL byte`);
  const at = reserve(text.length * 3 + 1);
  const { written } = encoder.encodeInto(text, scratch.subarray(at));
  scratch[at + written] = 0;
  next = (at + written + 8) & ~7; // give back what the worst case had taken
  return scratchBase + at;
}
