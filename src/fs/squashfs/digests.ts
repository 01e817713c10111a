// A set of SHA-256 digests, each with a number: which content (or set of attributes) was stored before, and where.
// Open addressing over packed columns, 36 bytes a digest and 4 to 11 for the table of slots.

import { U32Column } from "./columns.ts";

const WORDS = 8;

/** Room for one digest. Bun asks for 64 bytes, enough for any algorithm, and fills the first 32. */
export function digestRoom(): Uint32Array<ArrayBuffer> {
  return new Uint32Array(new ArrayBuffer(64));
}
const FIRST_SLOTS = 1024;

export class DigestTable {
  readonly #words = new U32Column();
  readonly #values = new U32Column();
  /** 0 is free, otherwise the entry's index + 1. A digest's first word is as good a hash as any. */
  #slots = new Uint32Array(FIRST_SLOTS);

  /** The number stored with this digest, or undefined. The first eight words of `digest` count. */
  get(digest: Uint32Array): number | undefined {
    const entry = this.#slots[this.#slotOf(digest)] ?? 0;
    return entry === 0 ? undefined : this.#values.get(entry - 1);
  }

  /** The digest must not be there yet. */
  add(digest: Uint32Array, value: number): void {
    const entry = this.#values.push(value);
    for (let word = 0; word < WORDS; word++) this.#words.push(digest[word] ?? 0);
    this.#slots[this.#slotOf(digest)] = entry + 1;
    if ((entry + 1) * 4 > this.#slots.length * 3) this.#grow();
  }

  #slotOf(digest: Uint32Array): number {
    const mask = this.#slots.length - 1;
    let slot = (digest[0] ?? 0) & mask;
    for (;;) {
      const entry = this.#slots[slot] ?? 0;
      if (entry === 0 || this.#same(entry - 1, digest)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #same(entry: number, digest: Uint32Array): boolean {
    for (let word = 0; word < WORDS; word++) {
      if (this.#words.get(entry * WORDS + word) !== digest[word]) return false;
    }
    return true;
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let entry = 0; entry < this.#values.length; entry++) {
      let slot = this.#words.get(entry * WORDS) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = entry + 1;
    }
    this.#slots = slots;
  }
}
