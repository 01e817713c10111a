// What the names in a program stand for: slots, data, inherited descriptors and labels.
//
// The writable memory is laid out here, for its offsets do not depend on the code: first the slots, then the zeroed data,
// small ones first so that they share the slots' page and are reached with short offsets.

import type { Datum, Program, Ref, Slot, Value, Width } from "../plan/ir.ts";
import { SEGMENT_ALIGN } from "./elf.ts";
import { type Label, roundUp } from "./layout.ts";
import { CELL, type Memory, type Operand } from "./machine.ts";

/** A datum whose bytes are in the file. */
export interface Constant {
  readonly label: Label;
  readonly datum: Exclude<Datum, { kind: "zero" }>;
  readonly resident: boolean;
  readonly size: number;
  readonly align: number;
}

/** The names of one program. Every method throws Error for a name that the program does not define. */
export class Names {
  /** The slots, and what `@launch` and `@launch.size` stand for. */
  readonly slots: Label = { name: "@slots", address: 0 };
  readonly launch: Label = { name: "@launch", address: 0 };
  readonly launchSize: Label = { name: "@launch.size", address: 0 };
  /** Whether anything is not resident. */
  readonly hasLaunch: boolean;
  /** Bytes of the writable segment. */
  readonly writableSize: number;
  /** The slots that a failure is recorded in, by offset. */
  readonly failure: { readonly op: number; readonly errno: number };
  readonly #program: Program;
  readonly #fds: ReadonlyMap<string, number>;
  /** In the order of their addresses. */
  readonly #constants: ReadonlyMap<string, Constant>;
  /** Zeroed data: offset from the slots. */
  readonly #zeros: ReadonlyMap<string, number>;
  /** Labels of the code. */
  readonly #labels: ReadonlyMap<string, Label>;

  constructor(program: Program, fds: ReadonlyMap<string, number>) {
    this.#program = program;
    this.#fds = fds;
    for (const [index, { slot, name }] of program.slots.entries()) {
      if (slot !== index) throw new Error(`assemble: slot ${index} ("${name}") says that it is slot ${slot}`);
    }
    this.#constants = collectConstants(program);
    const zeros = placeZeros(program);
    this.#zeros = zeros.offsets;
    this.writableSize = zeros.size;
    this.#labels = collectLabels(program);
    this.hasLaunch = program.sections.some((it) => !it.resident) || this.constants(false).length > 0;
    this.failure = { op: this.slot(program.failure.op), errno: this.slot(program.failure.errno) };
  }

  /** The resident constants, or the others, in the order of their addresses. */
  constants(resident: boolean): Constant[] {
    return [...this.#constants.values()].filter((it) => it.resident === resident);
  }

  /** The slot's offset from the first one. */
  slot(slot: Slot): number {
    if (this.#program.slots[slot.slot] === undefined) {
      throw new Error(`assemble: unknown slot ${slot.slot} ("${slot.name}")`);
    }
    return slot.slot * CELL;
  }

  label(name: string): Label {
    const label = this.#labels.get(name);
    if (label === undefined) throw new Error(`assemble: unknown label "${name}"`);
    return label;
  }

  operand(value: Value): Operand {
    if (typeof value !== "object") return value;
    if ("slot" in value) {
      this.slot(value);
      return value;
    }
    if ("ref" in value) return this.memory(value, 0);
    const number = this.#fds.get(value.fd);
    if (number === undefined) throw new Error(`assemble: no descriptor has the role "${value.fd}"`);
    return number;
  }

  /** Where `ref` points. The `width` bytes there must belong to the datum. */
  memory(ref: Ref, width: Width | 0): Memory {
    if (width === 0 && ref.ref === "@launch") return { kind: "far", label: this.launch, offset: ref.at };
    if (width === 0 && ref.ref === "@launch.size") return { kind: "far", label: this.launchSize, offset: ref.at };
    const size = this.#sizeOf(ref.ref);
    if (!Number.isInteger(ref.at) || ref.at < 0 || ref.at + width > size) {
      throw new Error(`assemble: ${width} bytes at ${ref.at} are outside "${ref.ref}", which has ${size}`);
    }
    const constant = this.#constants.get(ref.ref);
    if (constant !== undefined) return { kind: "far", label: constant.label, offset: ref.at };
    return { kind: "near", offset: (this.#zeros.get(ref.ref) ?? 0) + ref.at };
  }

  /** Where `ref` points, if that may be written. */
  writable(ref: Ref, width: Width): Memory {
    const memory = this.memory(ref, width);
    if (memory.kind === "far") throw new Error(`assemble: cannot store to the constant "${ref.ref}"`);
    return memory;
  }

  /** The address that `ref` stands for, once everything has been placed. */
  addressOf(ref: Ref): number {
    const memory = this.memory(ref, 0);
    return memory.offset + (memory.kind === "near" ? this.slots : memory.label).address;
  }

  /** The address of every label and datum, and of the slots, once everything has been placed. */
  symbols(): Map<string, number> {
    const symbols = new Map([["@slots", this.slots.address]]);
    for (const { name, address } of this.#labels.values()) symbols.set(name, address);
    for (const [name, { label }] of this.#constants) symbols.set(name, label.address);
    for (const [name, offset] of this.#zeros) symbols.set(name, this.slots.address + offset);
    return symbols;
  }

  #sizeOf(name: string): number {
    if (name === "@slots") return this.#program.slots.length * CELL;
    const entry = this.#program.data.get(name);
    if (entry === undefined) throw new Error(`assemble: unknown datum "${name}"`);
    return sizeOf(entry.datum);
  }
}

function sizeOf(datum: Datum): number {
  if (datum.kind === "bytes") return datum.bytes.length;
  return datum.kind === "vector" ? (datum.refs.length + 1) * CELL : datum.size;
}

function alignOf(name: string, datum: Datum): number {
  if (datum.kind === "vector") return CELL;
  const { align } = datum;
  if (!Number.isInteger(align) || align < 1 || align > SEGMENT_ALIGN || (align & (align - 1)) !== 0) {
    throw new Error(`assemble: the alignment of "${name}", ${align}, is not a power of two up to ${SEGMENT_ALIGN}`);
  }
  return align;
}

function collectConstants(program: Program): Map<string, Constant> {
  const constants = new Map<string, Constant>();
  for (const [name, { datum, resident }] of program.data) {
    refuseReserved(name);
    if (datum.kind === "zero") continue;
    const label = { name, address: 0 };
    constants.set(name, { label, datum, resident, size: sizeOf(datum), align: alignOf(name, datum) });
  }
  return constants;
}

/** Lays out the writable memory: slots, then zeroed data by size or alignment, whichever is bigger. */
function placeZeros(program: Program): { offsets: Map<string, number>; size: number } {
  const zeros: { name: string; size: number; align: number }[] = [];
  for (const [name, { datum }] of program.data) {
    if (datum.kind !== "zero") continue;
    if (!Number.isSafeInteger(datum.size) || datum.size < 0) {
      throw new Error(`assemble: the size of "${name}", ${datum.size}, is not a number of bytes`);
    }
    zeros.push({ name, size: datum.size, align: alignOf(name, datum) });
  }
  zeros.sort((a, b) => Math.max(a.size, a.align) - Math.max(b.size, b.align));
  const offsets = new Map<string, number>();
  let at = program.slots.length * CELL;
  for (const { name, size, align } of zeros) {
    at = roundUp(at, align);
    offsets.set(name, at);
    at += size;
  }
  return { offsets, size: at };
}

function collectLabels(program: Program): Map<string, Label> {
  const labels = new Map<string, Label>();
  for (const { ops } of program.sections) {
    for (const op of ops) {
      if (op.kind !== "label") continue;
      refuseReserved(op.label);
      if (labels.has(op.label)) throw new Error(`assemble: the label "${op.label}" is defined twice`);
      if (program.data.has(op.label)) throw new Error(`assemble: "${op.label}" is both a label and a datum`);
      labels.set(op.label, { name: op.label, address: 0 });
    }
  }
  return labels;
}

function refuseReserved(name: string): void {
  if (name.startsWith("@")) throw new Error(`assemble: the name "${name}" begins with @, which is reserved`);
}
