// Data blocks on their way into the image: several are compressed at once, but they are written in the order in which
// they came, so the image does not depend on which compressor was faster. Memory is bounded by the number in flight.

import type { Codec } from "./codec.ts";
import { DATA_RAW } from "./format.ts";
import type { Output } from "./output.ts";

/** Called when a block is in the file: where it begins, and its length with DATA_RAW set where it is stored raw. */
export type OnWritten = (position: number, field: number) => void;

interface InFlight {
  buffer: Uint8Array;
  length: number;
  packed: Promise<Uint8Array>;
  onWritten: OnWritten;
}

/** More than this many cores are not waited for: each block in flight takes two block sizes and a compressor's tables. */
const MOST_IN_FLIGHT = 16;

export class BlockPipeline {
  readonly #output: Output;
  readonly #codec: Codec;
  readonly #blockSize: number;
  readonly #limit: number;
  readonly #queue: InFlight[] = [];
  readonly #free: Uint8Array[] = [];

  constructor(output: Output, codec: Codec, blockSize: number) {
    this.#output = output;
    this.#codec = codec;
    this.#blockSize = blockSize;
    this.#limit = Math.min(2 * navigator.hardwareConcurrency, MOST_IN_FLIGHT);
  }

  /** An empty buffer of one block; it comes back by `submit` or `giveBack`. */
  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(new ArrayBuffer(this.#blockSize));
  }

  giveBack(buffer: Uint8Array): void {
    this.#free.push(buffer);
  }

  /** Sends a buffer's first `length` bytes off; waits while too many are in flight. The buffer is the pipeline's now. */
  async submit(buffer: Uint8Array, length: number, onWritten: OnWritten): Promise<void> {
    while (this.#queue.length >= this.#limit) await this.#writeOldest();
    const packed = this.#codec.block(length === buffer.length ? buffer : buffer.subarray(0, length));
    // A failure is reported when the block's turn comes; until then it must not count as unhandled.
    packed.catch(() => undefined);
    this.#queue.push({ buffer, length, packed, onWritten });
  }

  /** Waits until everything submitted is in the file. */
  async drain(): Promise<void> {
    while (this.#queue.length > 0) await this.#writeOldest();
  }

  /** Lets go of everything in flight once the compressors have let go of the buffers. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.#queue.map((block) => block.packed));
    this.#queue.length = 0;
  }

  async #writeOldest(): Promise<void> {
    const block = this.#queue[0];
    if (block === undefined) return;
    const packed = await block.packed;
    this.#queue.shift();
    const position = this.#output.position;
    if (packed.length < block.length) {
      this.#output.append(packed);
      block.onWritten(position, packed.length);
    } else {
      this.#output.append(block.buffer.subarray(0, block.length));
      block.onWritten(position, block.length | DATA_RAW);
    }
    this.giveBack(block.buffer);
  }
}
