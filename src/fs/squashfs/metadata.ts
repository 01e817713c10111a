// Metadata as squashfs stores it: a stream cut into blocks of 8 KB, each compressed by itself behind a 16-bit length.
// Things in the stream are addressed by where their block begins (compressed bytes from the stream's start) and their
// offset in the uncompressed block; fields may straddle blocks.

import type { Codec } from "./codec.ts";
import { METADATA_RAW, METADATA_SIZE } from "./format.ts";

/** Room behind a full block, so that a field can be put down whole before the block goes out. */
const SLACK = 16;
const WORD = 2 ** 32;

export class MetadataStream {
  /** Where the current block will begin. */
  blockStart = 0;
  /** Bytes in the current block: always fewer than 8192 between calls. */
  offset = 0;
  readonly #codec: Codec;
  readonly #sink: (bytes: Uint8Array) => void;
  readonly #block = new Uint8Array(new ArrayBuffer(METADATA_SIZE + SLACK));
  readonly #view = new DataView(this.#block.buffer);
  /** Length and compressed bytes together, so that a block is one write. */
  readonly #out = new Uint8Array(new ArrayBuffer(METADATA_SIZE + 2));

  /** `sink` gets the compressed blocks; it must use or copy the bytes before it returns. */
  constructor(codec: Codec, sink: (bytes: Uint8Array) => void) {
    this.#codec = codec;
    this.#sink = sink;
  }

  u16(value: number): void {
    this.#view.setUint16(this.offset, value, true);
    this.#advance(2);
  }

  u32(value: number): void {
    this.#view.setUint32(this.offset, value, true);
    this.#advance(4);
  }

  /** Up to 2^53. */
  u64(value: number): void {
    this.#view.setUint32(this.offset, value % WORD, true);
    this.#view.setUint32(this.offset + 4, Math.floor(value / WORD), true);
    this.#advance(8);
  }

  /** A few bytes from the middle of others. For names: a view of each would be garbage by the million. */
  slice(data: Uint8Array, from: number, length: number): void {
    for (let i = 0; i < length; i++) {
      this.#block[this.offset] = data[from + i] ?? 0;
      if (++this.offset === METADATA_SIZE) this.#advance(0);
    }
  }

  bytes(data: Uint8Array): void {
    for (let at = 0; at < data.length;) {
      const part = data.subarray(at, at + METADATA_SIZE - this.offset);
      this.#block.set(part, this.offset);
      at += part.length;
      this.#advance(part.length);
    }
  }

  /** Writes out what is left; nothing may follow. */
  finish(): void {
    if (this.offset > 0) this.#emit(this.offset);
    this.offset = 0;
  }

  #advance(count: number): void {
    this.offset += count;
    if (this.offset < METADATA_SIZE) return;
    this.#emit(METADATA_SIZE);
    this.#block.copyWithin(0, METADATA_SIZE, this.offset);
    this.offset -= METADATA_SIZE;
  }

  #emit(length: number): void {
    const raw = this.#block.subarray(0, length);
    const packed = this.#codec.metadata(raw);
    const smaller = packed.length < length;
    const stored = smaller ? packed : raw;
    const field = smaller ? stored.length : length | METADATA_RAW;
    this.#out[0] = field & 0xff;
    this.#out[1] = field >>> 8;
    this.#out.set(stored, 2);
    this.#sink(this.#out.subarray(0, 2 + stored.length));
    this.blockStart += 2 + stored.length;
  }
}
