// What operations mean, as lines of text that both the program and its disassembly can be turned into:
//
//   call 3(0x3e8)             a system call by number, with its arguments
//   u8[0x420010] = result     a store of 8 bytes; `result` is what the last call returned
//   u8[0x420018] += 0x1       (also -=)
//   if u8[0x420010] < 0x0 goto 0x4001f2
//   goto 0x4001f2
//
// Expressions are constants of 64 bits, unsigned, and reads of memory: u4[address] extends zeros, s4[address] the sign.

import type { SyscallName } from "../../src/sys/abi/nr.gen.ts";
import type { Op, Program, Value } from "../../src/asm/ir.ts";

export const hex = (value: bigint | number): string => `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;
export const memory = (width: number, address: bigint | number, signed = false): string =>
  `${signed && width < 8 ? "s" : "u"}${width}[${hex(address)}]`;

/** A store; additions to what was there before are recognised. */
export function store(width: number, address: bigint | number, value: string): string {
  const cell = memory(width, address);
  const old = `(${cell} `;
  if (width === 8 && value.startsWith(old)) return `${cell} ${value.slice(old.length, -1)}`;
  const kept = value.startsWith("0x") ? hex(BigInt.asUintN(8 * width, BigInt(value))) : value;
  return `${cell} = ${kept}`;
}

/** The value of `left` plus or minus `right`, as `store` recognises it. */
export const sum = (left: string, sign: "+" | "-", right: string): string => `(${left} ${sign}= ${right})`;

export class Meaning {
  readonly #program: Program;
  readonly #symbols: ReadonlyMap<string, number>;
  readonly #fds: ReadonlyMap<string, number>;
  readonly #number: (name: SyscallName) => number;

  constructor(
    program: Program,
    symbols: ReadonlyMap<string, number>,
    fds: ReadonlyMap<string, number>,
    number: (name: SyscallName) => number,
  ) {
    this.#program = program;
    this.#symbols = symbols;
    this.#fds = fds;
    this.#number = number;
  }

  address(name: string): number {
    const address = this.#symbols.get(name);
    if (address === undefined) throw new Error(`no address for ${name}`);
    return address;
  }

  /** The lines of an operation. A jump to a failure ladder goes to `fail`. */
  of(op: Op): string[] {
    const goto = (label: string): string => `goto ${hex(this.address(label))}`;
    switch (op.kind) {
      case "label":
        return [];
      case "jump":
        return [goto(op.to)];
      case "branch":
        return [`if ${this.#value(op.left)} ${op.is} ${hex(op.right)} ${goto(op.to)}`];
      case "set":
        return [store(8, this.#slot(op.slot.slot), this.#value(op.value))];
      case "add":
        return [`${this.#value(op.slot)} += ${this.#value(op.value)}`];
      case "sub":
        return [`${this.#value(op.slot)} -= ${this.#value(op.value)}`];
      case "load":
        return [store(8, this.#slot(op.into.slot), memory(op.width, this.#at(op.from.ref, op.from.at), op.signed))];
      case "store":
        return [store(op.width, this.#at(op.to.ref, op.to.at), this.#value(op.value))];
      case "call": {
        const lines = [`call ${this.#number(op.sys)}(${op.args.map((arg) => this.#value(arg)).join(", ")})`];
        if (op.into !== undefined) lines.push(store(8, this.#slot(op.into.slot), "result"));
        if (op.onError === "fail") lines.push("if result < 0x0 goto fail");
        else if (op.onError !== "ignore") lines.push(`if result < 0x0 ${goto(op.onError.to)}`);
        return lines;
      }
    }
  }

  /** The lines of the way to the section's failure label, from the operation with this index. */
  failure(index: number, onFail: string): string[] {
    const { op, errno } = this.#program.failure;
    return [
      store(8, this.#slot(op.slot), hex(index)),
      store(8, this.#slot(errno.slot), "-result"),
      `goto ${hex(this.address(onFail))}`,
    ];
  }

  #slot(index: number): number {
    return this.#at("@slots", 8 * index);
  }

  #at(name: string, offset: number): number {
    return this.address(name) + offset;
  }

  #value(value: Value): string {
    if (typeof value !== "object") return hex(value);
    if ("slot" in value) return memory(8, this.#slot(value.slot));
    return hex("fd" in value ? (this.#fds.get(value.fd) ?? -1) : this.#at(value.ref, value.at));
  }
}
