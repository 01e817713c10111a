// From operations to the code of one architecture, section by section: the operations in a straight line, and behind
// them the way to the next section and what failing calls do.

import { syscallNumber } from "../sys/numbers.ts";
import type { Op, Program, Section } from "./ir.ts";
import { Code, type Label } from "./layout.ts";
import type { Machine } from "./machine.ts";
import type { Names } from "./names.ts";

export interface Emitted {
  readonly resident: Code;
  readonly launch: Code;
  /** Where the program begins. */
  readonly entry: Label;
}

/** Translates all sections, the resident ones and the others apart. Throws Error for a program that makes no sense. */
export function emit(program: Program, machine: Machine, names: Names): Emitted {
  const emitted = { resident: new Code(), launch: new Code() };
  const starts = program.sections.map(({ name }) => ({ name, address: 0 }));
  const [entry] = starts;
  if (entry === undefined) throw new Error("assemble: the program has no sections");
  let first = 0;
  for (const [index, section] of program.sections.entries()) {
    const code = section.resident ? emitted.resident : emitted.launch;
    code.label(starts[index] ?? entry);
    if (index === 0) machine.entry(code, names.slots);
    new SectionEmitter(code, machine, names, first).emit(section, starts[index + 1]);
    first += section.ops.length;
  }
  return { ...emitted, entry };
}

/** A call that may go to the section's failure label. */
interface Failing {
  /** Index over the whole program. */
  readonly op: number;
  readonly label: Label;
}

class SectionEmitter {
  readonly #code: Code;
  readonly #machine: Machine;
  readonly #names: Names;
  /** Index of the section's first operation over the whole program. */
  readonly #first: number;
  readonly #failing: Failing[] = [];

  constructor(code: Code, machine: Machine, names: Names, first: number) {
    this.#code = code;
    this.#machine = machine;
    this.#names = names;
    this.#first = first;
  }

  /** The section's code. `next` is the start of the section after it. */
  emit(section: Section, next: Label | undefined): void {
    if (section.ops.length === 0) throw new Error(`assemble: the section "${section.name}" has no operations`);
    let index = this.#first;
    for (const op of section.ops) this.#op(op, index++);
    if (!neverReturns(section.ops.at(-1))) {
      if (next === undefined) this.#machine.trap(this.#code);
      else this.#machine.jump(this.#code, next);
    }
    if (this.#failing.length > 0) this.#failures(this.#names.label(section.onFail));
  }

  #op(op: Op, index: number): void {
    const names = this.#names;
    const machine = this.#machine;
    const code = this.#code;
    switch (op.kind) {
      case "call":
        return this.#call(op, index);
      case "label":
        return code.label(names.label(op.label));
      case "jump":
        return machine.jump(code, names.label(op.to));
      case "branch":
        return this.#branch(op);
      case "set":
        return machine.set(code, names.slot(op.slot), names.operand(op.value));
      case "add":
        return machine.add(code, names.slot(op.slot), names.operand(op.value));
      case "sub":
        return machine.sub(code, names.slot(op.slot), names.operand(op.value));
      case "load":
        return machine.load(code, names.slot(op.into), names.memory(op.from, op.width), op.width, op.signed);
      case "store":
        return machine.store(code, names.writable(op.to, op.width), op.width, names.operand(op.value));
    }
  }

  #branch(op: Extract<Op, { kind: "branch" }>): void {
    if (op.right !== (op.right | 0)) {
      throw new Error(`assemble: cannot compare slot "${op.left.name}" with ${op.right}, which is no 32-bit integer`);
    }
    this.#machine.branch(this.#code, this.#names.slot(op.left), op.is, op.right, this.#names.label(op.to));
  }

  #call(op: Extract<Op, { kind: "call" }>, index: number): void {
    if (op.args.length > 6) throw new Error(`assemble: ${op.sys} (${op.note}) has more than six arguments`);
    const code = this.#code;
    const machine = this.#machine;
    let position = 0;
    for (const arg of op.args) {
      machine.argument(code, position++, typeof arg === "object" ? this.#names.operand(arg) : arg);
    }
    machine.call(code, syscallNumber(op.sys, machine.architecture));
    if (op.into !== undefined) machine.keep(code, this.#names.slot(op.into));
    if (op.onError === "fail") {
      const label = { name: op.note, address: 0 };
      this.#failing.push({ op: index, label });
      machine.ifNegative(code, label);
    } else if (op.onError !== "ignore") {
      machine.ifNegative(code, this.#names.label(op.onError.to));
    }
  }

  /**
   * What failing calls jump to: a ladder from the last call down to the first. Each rung adds its distance to the next
   * one to the zero register, which at the bottom holds the index of the call that came in. A rung is one short
   * instruction and needs no jump.
   */
  #failures(onFail: Label): void {
    for (let rung = this.#failing.length - 1; rung >= 0; rung--) {
      const failing = this.#failing[rung];
      if (failing === undefined) continue;
      this.#code.label(failing.label);
      const delta = failing.op - (this.#failing[rung - 1]?.op ?? 0);
      if (delta > 0) this.#machine.count(this.#code, delta);
    }
    this.#machine.recordFailure(this.#code, this.#names.failure.op, this.#names.failure.errno);
    this.#machine.jump(this.#code, onFail);
  }
}

/** Whether control cannot get past the operation. */
function neverReturns(op: Op | undefined): boolean {
  return op?.kind === "jump" || (op?.kind === "call" && (op.sys === "exit_group" || op.sys === "exit"));
}
