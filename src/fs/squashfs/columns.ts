// Growable arrays for millions of small records. A JS object per file costs 100 bytes and more; a column costs what its
// numbers take. Columns grow by whole chunks, so growing never copies and never needs the old and the new array at once,
// and a chunk in which nothing but 0 was ever stored is not allocated at all.

import { UserError } from "../../errors.ts";

const CHUNK_BITS = 15;
const CHUNK = 1 << CHUNK_BITS;
const MASK = CHUNK - 1;

abstract class Column<A extends Uint16Array | Uint32Array> {
  #chunks: (A | undefined)[] = [];
  #length = 0;

  protected abstract allocate(size: number): A;

  get length(): number {
    return this.#length;
  }

  /** 0 where nothing was stored. */
  get(index: number): number {
    return this.#chunks[index >>> CHUNK_BITS]?.[index & MASK] ?? 0;
  }

  /** Storing past the end extends the column; what lies between reads as 0. */
  set(index: number, value: number): void {
    const chunk = this.#chunks[index >>> CHUNK_BITS];
    if (chunk !== undefined) chunk[index & MASK] = value;
    else if (value !== 0) this.#chunk(index)[index & MASK] = value;
    if (index >= this.#length) this.#length = index + 1;
  }

  /** Returns the new element's index. */
  push(value: number): number {
    const index = this.#length;
    this.set(index, value);
    return index;
  }

  /** Drops everything from `length` on. */
  truncate(length: number): void {
    for (let index = length; index < this.#length; index++) this.set(index, 0);
    this.#length = Math.min(length, this.#length);
  }

  /** Lets go of all memory; every element reads as 0 from here on. */
  release(): void {
    this.#chunks = [];
  }

  #chunk(index: number): A {
    const made = this.allocate(CHUNK);
    this.#chunks[index >>> CHUNK_BITS] = made;
    return made;
  }
}

export class U16Column extends Column<Uint16Array> {
  protected override allocate(size: number): Uint16Array {
    return new Uint16Array(size);
  }
}

export class U32Column extends Column<Uint32Array> {
  protected override allocate(size: number): Uint32Array {
    return new Uint32Array(size);
  }
}

const POOL_BITS = 18;
const POOL_CHUNK = 1 << POOL_BITS;
const POOL_LIMIT = 2 ** (32 - POOL_BITS);

/** Bytes that are only ever appended. An item never straddles two chunks, so it can be handed out as a view. */
export class BytePool {
  readonly #chunks: Uint8Array[] = [];
  #used = POOL_CHUNK;

  /** Reserves room for an item; returns its address, a 32-bit number. */
  reserve(size: number): number {
    let chunk = this.#chunks.length - 1;
    // An item larger than a chunk gets one of its own size, which then counts as full.
    if (chunk < 0 || this.#used + size > POOL_CHUNK) {
      if (this.#chunks.length === POOL_LIMIT) {
        throw new UserError("too many names and attributes for one image: 4 GB is the most");
      }
      this.#chunks.push(new Uint8Array(Math.max(POOL_CHUNK, size)));
      this.#used = 0;
      chunk++;
    }
    const address = chunk * POOL_CHUNK + this.#used;
    this.#used += size;
    return address;
  }

  /** The chunk an address lies in; `offset` says where. */
  chunk(address: number): Uint8Array {
    return this.#chunks[address >>> POOL_BITS] as Uint8Array;
  }

  offset(address: number): number {
    return address & (POOL_CHUNK - 1);
  }

  /** A view of an item. */
  view(address: number, size: number): Uint8Array {
    const at = this.offset(address);
    return this.chunk(address).subarray(at, at + size);
  }
}
