// A program as text, one operation a line, in the manner of strace: what `bunker run --explain` shows and what the golden
// tests compare. Only --explain loads this.
//
//   init                 slots by name           fd:lock         inherited descriptors by role
//   &siginfo             the address of memory   live.initPid    what lies there, by the field's name

import type { Op, Program, Section, Slot, Value } from "../asm/ir.ts";
import { resultNamer, showCall } from "./print/calls.ts";
import { Contents, oneLine } from "./print/contents.ts";
import { type CallOp, showValue } from "./print/kinds.ts";
import { errno, type Namer, result } from "./print/names.ts";
import { placeOf } from "./print/places.ts";

export { oneLine } from "./print/contents.ts";

/** What text on a terminal may have beside its words. */
export interface Style {
  readonly heading: (text: string) => string;
  readonly note: (text: string) => string;
  /** Shortens what is long and says little, before columns are lined up. */
  readonly abbreviate: (text: string) => string;
}

const asIs = (text: string) => text;
export const PLAIN: Style = { heading: asIs, note: asIs, abbreviate: asIs };

/** The order in which a reader follows a launch; other sections come behind, in the program's order. */
const ORDER = ["front", "monitor", "child", "relay", "after", "failure"];

/** Notes begin in this column, or two spaces behind a longer line. */
const NOTE_COLUMN = 72;

export function printProgram(program: Program, style: Style = PLAIN): string {
  const rank = ({ name }: Section) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  const sections = program.sections.toSorted((a, b) => rank(a) - rank(b));
  const printer = new Printer(program, style);
  return sections.map((section) => printer.section(section)).join("\n");
}

/** A heading of the text, which is a comment like the notes. */
export function heading(title: string, style: Style = PLAIN): string {
  return style.heading(`# === ${title} ===`);
}

/** A line with a note behind it. */
export function annotated(line: string, note: string, style: Style = PLAIN): string {
  return `${style.abbreviate(line).padEnd(NOTE_COLUMN - 2)}  ${style.note(`# ${style.abbreviate(note)}`)}`;
}

class Printer {
  readonly #program: Program;
  readonly #contents: Contents;
  readonly #style: Style;
  /** What was stored, as it was shown: by datum, by offset. Valid on a straight way through the sections. */
  readonly #stored = new Map<string, Map<number, string>>();
  /** What kind of number a slot holds, as far as the operations since the last label tell. */
  readonly #shows = new Map<number, Namer>();
  #section = "";

  constructor(program: Program, style: Style) {
    this.#program = program;
    this.#contents = new Contents(program);
    this.#style = style;
  }

  section(section: Section): string {
    this.#section = section.name;
    this.#shows.clear();
    const lines = [
      heading(`${section.name}: ${oneLine(section.title)}`, this.#style),
      this.#style.note(`# a call that fails goes to ${section.onFail}, unless its note says otherwise`),
      ...section.ops.map((op) => this.#line(op)),
      ...this.#wayOut(section),
    ];
    return `${lines.join("\n")}\n`;
  }

  /** Sections are printed in another order than they stand in: running on into the next one has to be said. */
  #wayOut(section: Section): string[] {
    const last = section.ops.at(-1);
    if (last?.kind === "jump" || (last?.kind === "call" && last.sys.startsWith("exit"))) return [];
    const next = this.#program.sections[this.#program.sections.indexOf(section) + 1];
    return next === undefined ? [] : [this.#style.note(`  # goes on with ${next.name}`)];
  }

  #line(op: Op): string {
    if (op.kind === "label") {
      this.#shows.clear();
      const label = `${op.label}:`;
      return op.note === undefined ? label : annotated(label, oneLine(op.note), this.#style);
    }
    if (op.kind === "call") return annotated(`  ${this.#call(op)}`, noteOf(op), this.#style);
    const line = `  ${this.#style.abbreviate(this.#rest(op))}`;
    const blamed = op.kind === "set" && op.slot === this.#program.failure.op ? this.#noteAt(op.value) : undefined;
    return blamed === undefined ? line : annotated(line, `that is: ${oneLine(blamed)}`, this.#style);
  }

  /** The note of the call with this index over the whole program. */
  #noteAt(index: Value): string | undefined {
    const op = this.#program.sections.flatMap(({ ops }) => ops)[Number(index)];
    return op?.kind === "call" ? op.note : undefined;
  }

  #call(call: CallOp): string {
    const { sys, into } = call;
    const shown = showCall({ section: this.#section, call, contents: this.#contents, stored: this.#stored });
    if (into === undefined) return shown;
    this.#holds(into.slot, resultNamer(sys));
    return `${shown} = ${into.name}`;
  }

  #rest(op: Exclude<Op, { kind: "call" | "label" }>): string {
    switch (op.kind) {
      case "jump":
        return `goto ${op.to}`;
      case "branch":
        return `if ${op.left.name} ${op.is} ${this.#namer(op.left)(op.right)} goto ${op.to}`;
      case "set":
        this.#holds(op.slot.slot, undefined);
        return `${op.slot.name} = ${this.#value(op.value, result)}`;
      case "add":
        this.#holds(op.slot.slot, undefined);
        return `${op.slot.name} += ${this.#value(op.value)}`;
      case "sub":
        this.#holds(op.slot.slot, undefined);
        return `${op.slot.name} -= ${this.#value(op.value)}`;
      case "load": {
        const place = placeOf(this.#section, op.from, op.width, op.signed);
        this.#holds(op.into.slot, place.show);
        return `${op.into.name} = ${place.text}`;
      }
      case "store":
        return this.#store(op);
    }
  }

  #store({ to, width, value }: Extract<Op, { kind: "store" }>): string {
    const place = placeOf(this.#section, to, width);
    const shown = this.#value(value, place.show);
    const stored = this.#stored.get(to.ref) ?? new Map<number, string>();
    this.#stored.set(to.ref, stored.set(to.at, shown));
    return `${place.text} = ${shown}`;
  }

  /** How a number that a slot is compared with is shown. */
  #namer(slot: Slot): Namer {
    if (slot === this.#program.failure.errno) return errno;
    return this.#shows.get(slot.slot) ?? result;
  }

  #value(value: Value, namer?: Namer): string {
    return showValue(this.#section, value, namer);
  }

  #holds(slot: number, show: Namer | undefined): void {
    if (show === undefined) this.#shows.delete(slot);
    else this.#shows.set(slot, show);
  }
}

function noteOf({ note, onError }: CallOp): string {
  if (onError === "fail") return oneLine(note);
  return `${oneLine(note)}; on error: ${onError === "ignore" ? "continue" : `goto ${onError.to}`}`;
}
