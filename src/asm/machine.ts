// What the assembler asks of an architecture: one method for each thing a program can say.
//
// Names are resolved before they get here (names.ts does that), so an architecture only knows offsets and labels.
// Both keep the address of the slots in a register that system calls and clone preserve, and a second register at 0.

import type { Relation, Slot, Width } from "./ir.ts";
import type { Architecture } from "../sys/numbers.ts";
import type { Code, Label } from "./layout.ts";

/** A place in memory: an offset from the slots, known before the layout, or a label whose address the layout decides. */
export type Memory =
  | { readonly kind: "near"; readonly offset: number }
  | { readonly kind: "far"; readonly label: Label; readonly offset: number };

/** A value, resolved: a constant, the content of a slot, or the address of a place. */
export type Operand = number | bigint | Slot | Memory;

/** Emits machine code. A number that stands for a slot is its offset in bytes from the first one. */
export interface Machine {
  /** ELF e_machine. */
  readonly elfMachine: number;
  readonly architecture: Architecture;
  /** The base register holds the address of the slots plus this many bytes. */
  readonly bias: number;
  /** Sets up the base register and the zero register. */
  entry(code: Code, slots: Label): void;
  /** Loads the system call's argument `index`, from 0 to 5. The arguments come in this order, right before `call`. */
  argument(code: Code, index: number, value: Operand): void;
  /** Makes system call `number`; the raw result is then the current result. */
  call(code: Code, number: number): void;
  /** slot = the current result. */
  keep(code: Code, slot: number): void;
  /** Jumps if the current result is negative. */
  ifNegative(code: Code, label: Label): void;
  jump(code: Code, label: Label): void;
  branch(code: Code, slot: number, is: Relation, right: number, label: Label): void;
  set(code: Code, slot: number, value: Operand): void;
  add(code: Code, slot: number, value: Operand): void;
  sub(code: Code, slot: number, value: Operand): void;
  load(code: Code, into: number, from: Memory, width: Width, signed: boolean): void;
  store(code: Code, to: Memory, width: Width, value: Operand): void;
  /** Zero register += delta (positive). Only between a failed call and `recordFailure`. */
  count(code: Code, delta: number): void;
  /** Stores what was counted and the positive errno of the current result, and clears the zero register again. */
  recordFailure(code: Code, op: number, errno: number): void;
  /** Ends the process with a signal: control must not get here. */
  trap(code: Code): void;
}

/** Bytes of a slot, and of an address in a vector. */
export const CELL = 8;

/** Whether `value` is an integer of 32 signed bits. */
export function isInt32(value: number | bigint): value is number {
  return typeof value === "number" && value === (value | 0);
}

/** `value` as an unsigned 64-bit integer. Throws Error if it is no integer or does not fit in 64 bits. */
export function toUnsigned(value: number | bigint): bigint {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new Error(`assemble: the constant ${value} is not a safe integer`);
  }
  const big = BigInt(value);
  if (big < -(1n << 63n) || big >= 1n << 64n) throw new Error(`assemble: the constant ${big} does not fit in 64 bits`);
  return BigInt.asUintN(64, big);
}
