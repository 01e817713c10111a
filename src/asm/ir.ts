// The syscall program: what a launch is before it becomes machine code.
//
// A program is an ordered list of operations, nearly all of them system calls with constant arguments. Results are kept
// in slots (8-byte cells), and a few labels, jumps and comparisons tie the calls together. `asm/` turns a program into a
// static ELF file for one architecture, `print.ts` into strace-like text. The set of operations is closed: what cannot
// be said with them does not happen between `clone` and `execve`.
//
// Programs use no stack and no heap: every address is known when the program is assembled.

import type { SyscallName } from "../sys/abi/nr.gen.ts";

/** An 8-byte cell of the program's writable memory, by index. All slots start as 0. */
export interface Slot {
  readonly slot: number;
  /** What it holds, for the printed program. */
  readonly name: string;
}

/** The address of a datum (`name`), plus `at` bytes. */
export interface Ref {
  readonly ref: string;
  readonly at: number;
}

/** A descriptor that the process which starts the program hands to it, by role. */
export interface FdRef {
  readonly fd: string;
}

/** An argument: a constant, the content of a slot, an address, or an inherited descriptor's number. */
export type Value = number | bigint | Slot | Ref | FdRef;

/** Signed 64-bit comparisons of a slot with a constant. */
export type Relation = "==" | "!=" | "<" | ">" | "<=" | ">=";

/**
 * What a failing call (a result from -4095 to -1) does. `fail`: record the operation's index and errno and go to the
 * section's failure label. `ignore`: go on. `{ to }`: go to a label; `into` then holds the negative errno.
 */
export type OnError = "fail" | "ignore" | { readonly to: string };

export type Width = 1 | 2 | 4 | 8;

export type Op =
  | {
      readonly kind: "call";
      readonly sys: SyscallName;
      readonly args: readonly Value[];
      readonly into?: Slot;
      readonly onError: OnError;
      /** What this does and to what ("mount /proc"): the text of a failure, and the comment in the printed program. */
      readonly note: string;
    }
  | { readonly kind: "label"; readonly label: string; readonly note?: string }
  | { readonly kind: "jump"; readonly to: string }
  | {
      readonly kind: "branch";
      readonly left: Slot;
      readonly is: Relation;
      /** A constant that fits in 32 signed bits. */
      readonly right: number;
      readonly to: string;
    }
  | { readonly kind: "set"; readonly slot: Slot; readonly value: Value }
  /** slot = slot + value (64-bit, wrapping). */
  | { readonly kind: "add"; readonly slot: Slot; readonly value: number | Slot }
  /** slot = slot - other (64-bit, wrapping). */
  | { readonly kind: "sub"; readonly slot: Slot; readonly value: Slot }
  /** into = memory[from], zero-extended, or sign-extended where `signed`. */
  | {
      readonly kind: "load";
      readonly into: Slot;
      readonly from: Ref;
      readonly width: Width;
      readonly signed: boolean;
    }
  /** memory[to] = the low bytes of value. */
  | { readonly kind: "store"; readonly to: Ref; readonly width: Width; readonly value: Value };

/** Bytes that a program carries or reserves. Constants are read-only; `zero` is writable and starts as zeros. */
export type Datum =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly align: number }
  /** A NUL-terminated array of addresses (argv, envp, iovec-less vectors). */
  | { readonly kind: "vector"; readonly refs: readonly Ref[] }
  | { readonly kind: "zero"; readonly size: number; readonly align: number };

/**
 * A run of operations that fails to one place. `resident` sections and their data stay mapped while the container runs;
 * the others are only needed during the launch and lie on pages of their own, which the monitor gives back.
 */
export interface Section {
  readonly name: string;
  readonly title: string;
  readonly resident: boolean;
  readonly onFail: string;
  readonly ops: readonly Op[];
}

export interface Program {
  readonly sections: readonly Section[];
  /** In the order of their addresses. `resident` says which pages a constant lies on; `zero` data are always resident. */
  readonly data: ReadonlyMap<string, { readonly datum: Datum; readonly resident: boolean }>;
  readonly slots: readonly Slot[];
  /** The slots that a failing call writes: the operation's index over the whole program, and its errno (positive). */
  readonly failure: { readonly op: Slot; readonly errno: Slot };
}
