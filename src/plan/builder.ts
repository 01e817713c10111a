// Collects operations and data into a Program. The steps write with this; nothing here knows what a container is.

import type { SyscallName } from "../sys/abi/nr.gen.ts";
import type { Datum, FdRef, OnError, Op, Program, Ref, Relation, Slot, Value, Width } from "../asm/ir.ts";

interface OpenSection {
  name: string;
  title: string;
  resident: boolean;
  onFail: string;
  ops: Op[];
}

export interface CallOptions {
  /** Where the result goes. */
  into?: Slot;
  /** Default: "fail". */
  onError?: OnError;
}

export class ProgramBuilder {
  readonly #sections: OpenSection[] = [];
  readonly #data = new Map<string, { datum: Datum; resident: boolean }>();
  readonly #slots: Slot[] = [];
  readonly #strings = new Map<string, Ref>();
  #labels = 0;
  readonly #encoder = new TextEncoder();
  /** Written when a call fails: the operation's index and its errno. */
  readonly failure: { readonly op: Slot; readonly errno: Slot };

  constructor() {
    this.failure = { op: this.slot("failed_op"), errno: this.slot("failed_errno") };
  }

  /** Starts a section; what follows belongs to it. */
  section(name: string, title: string, options: { resident: boolean; onFail: string }): void {
    this.#sections.push({ name, title, ...options, ops: [] });
  }

  #current(): OpenSection {
    const section = this.#sections.at(-1);
    if (section === undefined) throw new Error("an operation was added before the first section");
    return section;
  }

  slot(name: string): Slot {
    const slot = { slot: this.#slots.length, name };
    this.#slots.push(slot);
    return slot;
  }

  /** A label name that no other call returns. */
  fresh(stem: string): string {
    return `${stem}.${++this.#labels}`;
  }

  fd(role: string): FdRef {
    return { fd: role };
  }

  /** A NUL-terminated constant string of the current section; equal strings are stored once. */
  str(text: string): Ref {
    const section = this.#current();
    const key = `${section.resident ? "r" : "l"}:${text}`;
    const known = this.#strings.get(key);
    if (known !== undefined) return known;
    if (text.includes("\0")) throw new Error(`a string of the program contains a NUL byte: ${JSON.stringify(text)}`);
    const ref = this.bytes(`str.${this.#strings.size}`, this.#encoder.encode(`${text}\0`), 1);
    this.#strings.set(key, ref);
    return ref;
  }

  /** Constant bytes of the current section. */
  bytes(name: string, bytes: Uint8Array, align = 8): Ref {
    return this.#datum(name, { kind: "bytes", bytes, align }, this.#current().resident);
  }

  /** A NUL-terminated array of the strings' addresses. */
  vector(name: string, strings: readonly string[]): Ref {
    const refs = strings.map((text) => this.str(text));
    return this.#datum(name, { kind: "vector", refs }, this.#current().resident);
  }

  /** Writable bytes that start as zeros. */
  zero(name: string, size: number, align = 8): Ref {
    return this.#datum(name, { kind: "zero", size, align }, true);
  }

  #datum(name: string, datum: Datum, resident: boolean): Ref {
    if (this.#data.has(name)) throw new Error(`the program's datum ${name} is defined twice`);
    this.#data.set(name, { datum, resident });
    return { ref: name, at: 0 };
  }

  call(note: string, sys: SyscallName, args: readonly Value[], options: CallOptions = {}): void {
    this.#current().ops.push({
      kind: "call",
      sys,
      args,
      note,
      onError: options.onError ?? "fail",
      ...(options.into === undefined ? {} : { into: options.into }),
    });
  }

  /** The index that the next operation gets, over the whole program. */
  get nextIndex(): number {
    return this.#sections.reduce((count, section) => count + section.ops.length, 0);
  }

  /** Goes to `to` with `result` (a negative errno) recorded as the failure of operation `index`. */
  failWith(index: number, result: Slot, to: string): void {
    this.set(this.failure.op, index);
    this.set(this.failure.errno, 0);
    this.sub(this.failure.errno, result);
    this.jump(to);
  }

  label(label: string, note?: string): void {
    this.#current().ops.push(note === undefined ? { kind: "label", label } : { kind: "label", label, note });
  }

  jump(to: string): void {
    this.#current().ops.push({ kind: "jump", to });
  }

  /** Goes to `to` where `left is right` holds. */
  branch(left: Slot, is: Relation, right: number, to: string): void {
    this.#current().ops.push({ kind: "branch", left, is, right, to });
  }

  set(slot: Slot, value: Value): void {
    this.#current().ops.push({ kind: "set", slot, value });
  }

  add(slot: Slot, value: number | Slot): void {
    this.#current().ops.push({ kind: "add", slot, value });
  }

  sub(slot: Slot, value: Slot): void {
    this.#current().ops.push({ kind: "sub", slot, value });
  }

  load(into: Slot, from: Ref, width: Width, signed = false): void {
    this.#current().ops.push({ kind: "load", into, from, width, signed });
  }

  store(to: Ref, width: Width, value: Value): void {
    this.#current().ops.push({ kind: "store", to, width, value });
  }

  finish(): Program {
    return {
      sections: this.#sections.filter((section) => section.ops.length > 0),
      data: this.#data,
      slots: this.#slots,
      failure: this.failure,
    };
  }
}

/** `ref` moved by `bytes`. */
export function at(ref: Ref, bytes: number): Ref {
  return { ref: ref.ref, at: ref.at + bytes };
}
