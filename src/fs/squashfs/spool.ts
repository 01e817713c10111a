// Bytes that are collected in memory in order and written out together. Like BytePool it grows by chunks, but bytes
// may straddle them and have no addresses.

import type { Output } from "./output.ts";

const CHUNK = 256 * 1024;

export class Spool {
  readonly #chunks: Uint8Array[] = [];
  #used = CHUNK;

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#used === CHUNK) {
        this.#chunks.push(new Uint8Array(new ArrayBuffer(CHUNK)));
        this.#used = 0;
      }
      const part = bytes.subarray(at, at + CHUNK - this.#used);
      this.#chunks.at(-1)?.set(part, this.#used);
      this.#used += part.length;
      at += part.length;
    }
  }

  writeTo(output: Output): void {
    for (const [i, chunk] of this.#chunks.entries()) {
      output.append(i === this.#chunks.length - 1 ? chunk.subarray(0, this.#used) : chunk);
    }
  }
}
