// Code as bytes with references in between whose size is not yet settled, and the loop that settles it.
//
// A reference to a label has several forms, shortest first. All start short; whenever one does not reach, it takes the
// next form and the addresses are computed again. Forms only ever grow, so the loop ends. This runs on every launch, so
// labels are objects that carry their address, and nothing is looked up by name in the loop.

/** Something that gets an address: a place in the code, a datum, the slots. */
export interface Label {
  readonly name: string;
  /** Valid once everything has been placed. */
  address: number;
}

/** One way to encode a reference. Arguments are addresses. */
export interface Form {
  readonly size: number;
  readonly fits: (at: number, target: number) => boolean;
  /** Exactly `size` bytes. */
  readonly encode: (at: number, target: number) => readonly number[];
}

/** A label in the code, or a reference to one, before the byte at `before`. */
type Mark =
  | { readonly kind: "label"; readonly before: number; readonly label: Label }
  | {
      readonly kind: "reference";
      readonly before: number;
      readonly label: Label;
      /** Bytes after the label. */
      readonly offset: number;
      readonly forms: readonly Form[];
      form: Form;
    };

/** Four bytes of the code, from the byte at `before` on, that hold an address or a distance from the base register. */
interface Field {
  readonly before: number;
  readonly label: Label;
  readonly offset: number;
  readonly fromBase: boolean;
}

/** The lowest multiple of `unit` that is not below `value`. */
export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** `value` as four bytes, little endian; negative values in two's complement. */
export function le32(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];
}

const INITIAL_SIZE = 8192;
/** The most that `put` writes. */
const MOST = 4;

/** Machine code under construction. */
export class Code {
  #bytes = new Uint8Array(INITIAL_SIZE);
  #length = 0;
  /** Up to here there is room for `put`. */
  #last = INITIAL_SIZE - MOST;
  readonly #marks: Mark[] = [];
  readonly #fields: Field[] = [];

  /** Appends the low `size` bytes (1 to 4) of `bits`, little endian. */
  put(bits: number, size: number): void {
    const at = this.#length;
    if (at > this.#last) this.#grow();
    const bytes = this.#bytes;
    // All four are written: what is too much is overwritten by the next bytes, or lies behind the end.
    bytes[at] = bits;
    bytes[at + 1] = bits >> 8;
    bytes[at + 2] = bits >> 16;
    bytes[at + 3] = bits >> 24;
    this.#length = at + size;
  }

  /** Appends four bytes for the address of `label` plus `offset`, or for how far that is from the base register. */
  field(label: Label, offset: number, fromBase: boolean): void {
    this.#fields.push({ before: this.#length, label, offset, fromBase });
    this.put(0, 4);
  }

  label(label: Label): void {
    this.#marks.push({ kind: "label", before: this.#length, label });
  }

  /** A reference to `label` plus `offset` bytes, in the first of `forms` that reaches. The last one must. */
  reference(label: Label, offset: number, forms: readonly Form[]): void {
    const form = forms[0];
    if (form !== undefined) this.#marks.push({ kind: "reference", before: this.#length, label, offset, forms, form });
  }

  /** Gives the labels their addresses, the code starting at `start`. Returns the address after its end. */
  place(start: number): number {
    let shift = start;
    for (const mark of this.#marks) {
      if (mark.kind === "label") mark.label.address = shift + mark.before;
      else shift += mark.form.size;
    }
    return shift + this.#length;
  }

  /** Lengthens every reference that does not reach. Returns whether there was one: then everything is placed anew. */
  relax(start: number): boolean {
    let shift = start;
    let grown = false;
    for (const mark of this.#marks) {
      if (mark.kind === "label") continue;
      const { size } = mark.form;
      if (lengthen(mark, shift + mark.before)) grown = true;
      // The addresses that references are compared with are those of the last placing.
      shift += size;
    }
    return grown;
  }

  /** Writes the code, which starts at address `start`, into `out` from `offset` on. */
  write(out: Uint8Array, offset: number, start: number, base: number): void {
    const view = new DataView(this.#bytes.buffer);
    for (const { before, label, offset: at, fromBase } of this.#fields) {
      view.setInt32(before, label.address + at - (fromBase ? base : 0), true);
    }
    let from = 0;
    let to = offset;
    for (const mark of this.#marks) {
      if (mark.kind === "label") continue;
      out.set(this.#bytes.subarray(from, mark.before), to);
      to += mark.before - from;
      from = mark.before;
      out.set(mark.form.encode(start + to - offset, mark.label.address + mark.offset), to);
      to += mark.form.size;
    }
    out.set(this.#bytes.subarray(from, this.#length), to);
  }

  #grow(): void {
    const bigger = new Uint8Array(this.#bytes.length * 2);
    bigger.set(this.#bytes);
    this.#bytes = bigger;
    this.#last = bigger.length - MOST;
  }
}

/** Moves a reference at address `at` on to its next form if this one does not reach. Returns whether it did. */
function lengthen(mark: Extract<Mark, { kind: "reference" }>, at: number): boolean {
  const target = mark.label.address + mark.offset;
  if (mark.form.fits(at, target)) return false;
  const next = mark.forms[mark.forms.indexOf(mark.form) + 1];
  if (next === undefined) throw new Error(`assemble: "${mark.label.name}" is out of reach`);
  mark.form = next;
  return true;
}
