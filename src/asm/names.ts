// What the names in a program stand for: slots, data, inherited descriptors and labels.
//
// The writable memory is laid out here, for its offsets do not depend on the code: first the slots, then the zeroed data,
// small ones first so that they share the slots' page and are reached with short offsets.

import type { Datum, Program, Ref, Slot, Value, Width } from "./ir.ts";
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

/** Something that a reference can name. */
interface Place {
  /** Its beginning. */
  readonly memory: Memory;
  /** How many bytes may be accessed. */
  readonly size: number;
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
  readonly #slots: readonly Slot[];
  readonly #fds: ReadonlyMap<string, number>;
  /** In the order of their addresses. */
  readonly #constants: readonly Constant[];
  readonly #places = new Map<string, Place>();
  /** Labels of the code. */
  readonly #labels: ReadonlyMap<string, Label>;

  constructor(program: Program, fds: ReadonlyMap<string, number>) {
    this.#slots = program.slots;
    this.#fds = fds;
    for (const [index, { slot, name }] of program.slots.entries()) {
      if (slot !== index) throw new Error(`assemble: slot ${index} ("${name}") says that it is slot ${slot}`);
    }
    this.#labels = collectLabels(program);
    this.#constants = collectConstants(program);
    this.writableSize = this.#definePlaces(program);
    this.hasLaunch = program.sections.some((it) => !it.resident) || this.#constants.some((it) => !it.resident);
    this.failure = { op: this.slot(program.failure.op), errno: this.slot(program.failure.errno) };
  }

  /** The resident constants, or the others, in the order of their addresses. */
  constants(resident: boolean): Constant[] {
    return this.#constants.filter((it) => it.resident === resident);
  }

  /** The slot's offset from the first one. */
  slot(slot: Slot): number {
    if (this.#slots[slot.slot] === undefined) throw new Error(`assemble: unknown slot ${slot.slot} ("${slot.name}")`);
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
    const place = this.#places.get(ref.ref);
    if (place === undefined) throw new Error(`assemble: unknown datum "${ref.ref}"`);
    const { memory, size } = place;
    const { at } = ref;
    if (!(at >= 0 && at + width <= size && at === Math.floor(at))) {
      throw new Error(`assemble: ${width} bytes at ${at} are outside "${ref.ref}", which has ${size}`);
    }
    // Most references are to the beginning: those share one object.
    return at === 0 ? memory : { ...memory, offset: memory.offset + at };
  }

  /** Where `ref` points, if that may be written. */
  writable(ref: Ref, width: Width): Memory {
    const memory = this.memory(ref, width);
    if (memory.kind === "far") throw new Error(`assemble: cannot store to the constant "${ref.ref}"`);
    return memory;
  }

  /** The address of a place, once everything has been placed. */
  addressOf(memory: Memory): number {
    return memory.offset + (memory.kind === "near" ? this.slots : memory.label).address;
  }

  /** The address of every label and datum, and of the slots, once everything has been placed. */
  symbols(): Map<string, number> {
    const symbols = new Map<string, number>();
    for (const { name, address } of this.#labels.values()) symbols.set(name, address);
    for (const [name, { memory }] of this.#places) symbols.set(name, this.addressOf(memory));
    symbols.delete(this.launch.name);
    symbols.delete(this.launchSize.name);
    return symbols;
  }

  /** Returns how many bytes of writable memory there are. */
  #definePlaces(program: Program): number {
    const define = (label: Label, size: number): void => {
      this.#places.set(label.name, { memory: { kind: "far", label, offset: 0 }, size });
    };
    define(this.launch, 0);
    define(this.launchSize, 0);
    for (const { label, size } of this.#constants) define(label, size);
    let end = program.slots.length * CELL;
    this.#places.set(this.slots.name, { memory: { kind: "near", offset: 0 }, size: end });
    for (const { name, size, align } of collectZeros(program)) {
      const offset = roundUp(end, align);
      this.#places.set(name, { memory: { kind: "near", offset }, size });
      end = offset + size;
    }
    return end;
  }
}

function sizeOf(datum: Constant["datum"]): number {
  return datum.kind === "bytes" ? datum.bytes.length : (datum.refs.length + 1) * CELL;
}

function alignOf(name: string, datum: Datum): number {
  if (datum.kind === "vector") return CELL;
  const { align } = datum;
  if (!Number.isInteger(align) || align < 1 || align > SEGMENT_ALIGN || (align & (align - 1)) !== 0) {
    throw new Error(`assemble: the alignment of "${name}", ${align}, is not a power of two up to ${SEGMENT_ALIGN}`);
  }
  return align;
}

function collectConstants(program: Program): Constant[] {
  const constants: Constant[] = [];
  for (const [name, { datum, resident }] of program.data) {
    refuseReserved(name);
    if (datum.kind === "zero") continue;
    const label = { name, address: 0 };
    constants.push({ label, datum, resident, size: sizeOf(datum), align: alignOf(name, datum) });
  }
  return constants;
}

interface Zeros {
  readonly name: string;
  readonly size: number;
  readonly align: number;
}

/** The zeroed data, by size or alignment, whichever is bigger. */
function collectZeros(program: Program): Zeros[] {
  const zeros: Zeros[] = [];
  for (const [name, { datum }] of program.data) {
    if (datum.kind !== "zero") continue;
    if (!Number.isSafeInteger(datum.size) || datum.size < 0) {
      throw new Error(`assemble: the size of "${name}", ${datum.size}, is not a number of bytes`);
    }
    zeros.push({ name, size: datum.size, align: alignOf(name, datum) });
  }
  return zeros.sort((a, b) => Math.max(a.size, a.align) - Math.max(b.size, b.align));
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
