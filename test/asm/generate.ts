// Random programs: every kind of operation with values and places at which encodings change, loops that end, sections of
// both kinds that fail to the next one, and at the end all writable memory on the standard output.

import type { Op, OnError, Program, Ref, Section, Value, Width } from "../../src/asm/ir.ts";
import { bytes, call, exit, label, program, Random, section, slot, zero } from "./programs.ts";

export const FDS = new Map([
  ["out", 1],
  ["far", 1000],
]);
/** The label before the output. */
export const END = "end";
/** The data that a program writes to its standard output after the slots, in this order. */
export const OUTPUT = ["little", "odd", "aligned", "middle", "big"] as const;

const WIDTHS = [1, 2, 4, 8] as const;
const RELATIONS = ["==", "!=", "<", ">", "<=", ">="] as const;

class Generator {
  readonly #random: Random;
  readonly #slots: number;
  readonly #sizes: Readonly<Record<string, number>>;
  #labels = 0;

  constructor(random: Random, slots: number, sizes: Readonly<Record<string, number>>) {
    this.#random = random;
    this.#slots = slots;
    this.#sizes = sizes;
  }

  /** `size` operations or a few more. The slots from `first` on are free to be written. */
  block(size: number, first: number): Op[] {
    const ops: Op[] = [];
    while (ops.length < size) {
      const kind = this.#random.below(12);
      if (kind === 0) ops.push(...this.#skip(first));
      else if (kind === 1 && size > 12) ops.push(...this.#loop(size >> 2, first));
      else ops.push(this.#simple(first));
    }
    return ops;
  }

  #fresh(): string {
    return `l${++this.#labels}`;
  }

  /** A branch or a failing call over a few operations. */
  #skip(first: number): Op[] {
    const to = this.#fresh();
    const over = this.block(1 + this.#random.below(12), first);
    return [this.#random.below(3) === 0 ? this.#close(first, { to }) : this.#branch(to), ...over, label(to)];
  }

  #branch(to: string): Op {
    const right = this.#random.constant();
    const constant = Number(BigInt.asIntN(32, BigInt(right)));
    return { kind: "branch", left: this.#slot(0), is: this.#random.pick(RELATIONS), right: constant, to };
  }

  #loop(size: number, first: number): Op[] {
    const again = this.#fresh();
    const counter = slot(first);
    return [
      { kind: "set", slot: counter, value: 1 + this.#random.below(3) },
      label(again),
      ...this.block(size, first + 1),
      { kind: "add", slot: counter, value: -1 },
      { kind: "branch", left: counter, is: ">", right: 0, to: again },
    ];
  }

  #simple(first: number): Op {
    const target = this.#slot(first);
    const width = this.#random.pick(WIDTHS);
    switch (this.#random.below(6)) {
      case 0:
        return { kind: "set", slot: target, value: this.#value() };
      case 1:
        return { kind: "add", slot: target, value: this.#random.below(2) === 0 ? this.#slot(0) : this.#number() };
      case 2:
        return { kind: "sub", slot: target, value: this.#slot(0) };
      case 3: {
        const from = this.#place(Object.keys(this.#sizes), width);
        return { kind: "load", into: target, from, width, signed: this.#random.below(2) === 0 };
      }
      case 4:
        return this.#close(first, "ignore");
      default:
        return { kind: "store", to: this.#place(OUTPUT, width), width, value: this.#value() };
    }
  }

  /** A call that fails with EBADF. */
  #close(first: number, onError: OnError): Op {
    const keep = this.#random.below(2) === 0 ? {} : { into: this.#slot(first) };
    return call("close", [{ fd: "far" }], { onError, ...keep });
  }

  #slot(first: number): ReturnType<typeof slot> {
    return slot(first + this.#random.below(this.#slots - first));
  }

  #number(): number {
    const value = Number(this.#random.constant());
    return Number.isSafeInteger(value) ? value : 5;
  }

  #value(): Value {
    const kind = this.#random.below(8);
    if (kind < 4) return this.#random.constant();
    if (kind < 6) return this.#slot(0);
    if (kind === 6) return { fd: "far" };
    return this.#place([...Object.keys(this.#sizes), "@slots"], 1);
  }

  #place(names: readonly string[], width: Width): Ref {
    const ref = this.#random.pick(names);
    const last = (this.#sizes[ref] ?? 8 * this.#slots) - width;
    const at = this.#random.pick([0, 1, last, this.#random.below(last + 1), 4096, 255, 256, 32_768]);
    return { ref, at: Math.min(at, last) };
  }
}

/** The program of a seed. */
export function generate(seed: number): Program {
  const random = new Random(seed);
  const slots = random.pick([10, 40, 700, 5000]);
  const blob = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => random.below(256));
  const data = {
    here: bytes(blob(61), 1, true),
    there: bytes(blob(random.pick([64, 5000, 70_000])), 16),
    little: zero(24, 1),
    odd: zero(37, 1),
    aligned: zero(64, 64),
    middle: zero(5001, 4),
    big: zero(random.pick([9000, 140_001]), 1),
  };
  const sizes = Object.fromEntries(
    Object.entries(data).map(([name, { datum }]) => [
      name,
      datum.kind === "bytes" ? datum.bytes.length : datum.kind === "zero" ? datum.size : 0,
    ]),
  );
  const generator = new Generator(random, slots, sizes);
  const names = ["one", "two", "three", END];
  const sections = names.slice(0, -1).map((name, index): Section => {
    const ops = [label(name), ...generator.block(10 + random.below(120), 2)];
    if (random.below(2) === 0) ops.push(call("close", [1000], { onError: "fail" }), label(`${name}.rest`));
    return section(ops, { name, resident: random.below(2) === 0, onFail: names[index + 1] ?? END });
  });
  const output = [
    label(END),
    call("write", [{ fd: "out" }, { ref: "@slots", at: 0 }, slots * 8]),
    ...OUTPUT.map((ref) => call("write", [{ fd: "out" }, { ref, at: 0 }, sizes[ref] ?? 0])),
    exit(0),
  ];
  return program([...sections, section(output, { name: END, resident: random.below(2) === 0 })], data, slots);
}
