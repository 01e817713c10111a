// Says what a program without system calls does, straight from the meaning of its operations. The reference that the
// machine code is compared with. One call is known: close of a descriptor that is not open, which fails with EBADF.

import type { Op, OnError, Program, Ref, Relation, Slot, Value } from "../../src/asm/ir.ts";
import { EBADF } from "../../src/sys/abi/errno.gen.ts";

const HOLDS: Readonly<Record<Relation, (left: bigint, right: bigint) => boolean>> = {
  "==": (left, right) => left === right,
  "!=": (left, right) => left !== right,
  "<": (left, right) => left < right,
  ">": (left, right) => left > right,
  "<=": (left, right) => left <= right,
  ">=": (left, right) => left >= right,
};

export class Interpreter {
  readonly slots: BigInt64Array;
  /** The content of all data, by name. */
  readonly data = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #program: Program;
  readonly #symbols: ReadonlyMap<string, number>;
  readonly #fds: ReadonlyMap<string, number>;
  readonly #ops: { op: Op; onFail: string }[];

  constructor(program: Program, symbols: ReadonlyMap<string, number>, fds: ReadonlyMap<string, number>) {
    this.#program = program;
    this.#symbols = symbols;
    this.#fds = fds;
    this.slots = new BigInt64Array(program.slots.length);
    for (const [name, { datum }] of program.data) {
      if (datum.kind === "zero") this.data.set(name, new Uint8Array(datum.size));
      if (datum.kind === "bytes") this.data.set(name, new Uint8Array(datum.bytes));
    }
    this.#ops = program.sections.flatMap(({ ops, onFail }) => ops.map((op) => ({ op, onFail })));
  }

  /** Runs up to the label `end`. */
  runTo(end: string): void {
    const labels = new Map(this.#ops.flatMap(({ op }, index) => (op.kind === "label" ? [[op.label, index]] : [])));
    const goal = labels.get(end);
    let at: number | undefined = 0;
    for (let steps = 0; at !== goal; steps++) {
      const step: { op: Op; onFail: string } | undefined = this.#ops[at ?? -1];
      if (step === undefined || steps > 1_000_000) throw new Error(`the program does not get to ${end}`);
      const to = this.#step(step.op, step.onFail, at ?? 0);
      at = to === undefined ? (at ?? 0) + 1 : labels.get(to);
    }
  }

  /** Returns the label to go to, or undefined. */
  #step(op: Op, onFail: string, index: number): string | undefined {
    switch (op.kind) {
      case "label":
        return undefined;
      case "jump":
        return op.to;
      case "branch":
        return HOLDS[op.is](this.#get(op.left), BigInt(op.right)) ? op.to : undefined;
      case "set":
        this.#set(op.slot, this.#value(op.value));
        return undefined;
      case "add":
        this.#set(op.slot, this.#get(op.slot) + this.#value(op.value));
        return undefined;
      case "sub":
        this.#set(op.slot, this.#get(op.slot) - this.#value(op.value));
        return undefined;
      case "load": {
        const unsigned = this.#read(op.from, op.width);
        this.#set(op.into, op.signed ? BigInt.asIntN(8 * op.width, unsigned) : unsigned);
        return undefined;
      }
      case "store":
        this.#write(op.to, op.width, this.#value(op.value));
        return undefined;
      case "call":
        if (op.sys !== "close") throw new Error(`cannot interpret ${op.sys}`);
        if (op.into !== undefined) this.#set(op.into, BigInt(-EBADF));
        return this.#failed(op.onError, onFail, index);
    }
  }

  #failed(onError: OnError, onFail: string, index: number): string | undefined {
    if (onError === "ignore") return undefined;
    if (onError !== "fail") return onError.to;
    this.#set(this.#program.failure.op, BigInt(index));
    this.#set(this.#program.failure.errno, BigInt(EBADF));
    return onFail;
  }

  #get(slot: Slot): bigint {
    return this.slots[slot.slot] ?? 0n;
  }

  #set(slot: Slot, value: bigint): void {
    this.slots[slot.slot] = BigInt.asIntN(64, value);
  }

  #value(value: Value): bigint {
    if (typeof value !== "object") return BigInt(value);
    if ("slot" in value) return this.#get(value);
    if ("fd" in value) return BigInt(this.#fds.get(value.fd) ?? -1);
    return BigInt((this.#symbols.get(value.ref) ?? 0) + value.at);
  }

  #bytes(ref: Ref, width: number): Uint8Array {
    const all = ref.ref === "@slots" ? new Uint8Array(this.slots.buffer) : this.data.get(ref.ref);
    if (all === undefined) throw new Error(`cannot interpret an access to ${ref.ref}`);
    return all.subarray(ref.at, ref.at + width);
  }

  #read(ref: Ref, width: number): bigint {
    return this.#bytes(ref, width).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }

  #write(ref: Ref, width: number, value: bigint): void {
    const into = this.#bytes(ref, width);
    for (let at = 0; at < width; at++) into[at] = Number((value >> BigInt(8 * at)) & 0xffn);
  }
}
