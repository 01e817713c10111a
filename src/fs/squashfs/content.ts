// File contents: cut into blocks, all-zero blocks left out, tails packed together into fragment blocks, and every
// content stored once. Blocks are written before it is known whether the content is new; where its digest then shows
// that it is not, the end of the data moves back to where the file began.
//
// A file is kept as a record of 32-bit words: position (2 words), size (2), fragment, offset in the fragment, then one
// word per block. That is 24 bytes a file and 4 per 128 KB; equal files share a record, and all empty files the first.

import { UserError } from "../../errors.ts";
import { display } from "./bytes.ts";
import { U32Column } from "./columns.ts";
import { DigestTable, digestRoom } from "./digests.ts";
import { type ByteString, NONE32 } from "./format.ts";
import type { BlockPipeline } from "./pipeline.ts";
import type { Output } from "./output.ts";

const HEAD = 6;
const WORD = 2 ** 32;
/** The record of all empty files. */
const EMPTY = 0;

export type Data = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** What an inode says about a file's content. `blocks` of them begin at word `firstBlock` of `records`. */
export interface FileRecord {
  position: number;
  size: number;
  fragment: number;
  offset: number;
  firstBlock: number;
  blocks: number;
}

/** A file on its way in. */
interface Intake {
  path: ByteString;
  size: number;
  received: number;
  record: number;
  buffer: Uint8Array;
  fill: number;
  hasher: Bun.CryptoHasher;
  /** Whether a block of it was handed to the pipeline; the first one's position becomes the file's. */
  begun: boolean;
}

export class ContentStore {
  readonly records = new U32Column();
  /** Three words per fragment: position (2), length field. */
  readonly fragments = new U32Column();
  readonly #output: Output;
  readonly #pipeline: BlockPipeline;
  readonly #blockSize: number;
  readonly #zeros: Uint8Array;
  readonly #known = new DigestTable();
  readonly #digest = digestRoom();
  #fragment: Uint8Array | undefined;
  #fragmentFill = 0;
  #fragmentCount = 0;

  constructor(output: Output, pipeline: BlockPipeline, blockSize: number) {
    this.#output = output;
    this.#pipeline = pipeline;
    this.#blockSize = blockSize;
    this.#zeros = new Uint8Array(blockSize);
    this.#newRecord(0);
  }

  get fragmentCount(): number {
    return this.#fragmentCount;
  }

  /** Takes a file's content; returns its record. Complains unless `data` yields exactly `size` bytes. */
  async store(path: ByteString, size: number, data: Data): Promise<number> {
    if (size === 0) return this.#storeNothing(path, data);
    const file = this.#begin(path, size);
    if (Symbol.asyncIterator in data) for await (const chunk of data) await this.#take(file, chunk);
    else for (const chunk of data) await this.#take(file, chunk);
    if (file.received < size) {
      throw new UserError(`cannot store ${display(path)}: its data ends after ${file.received} of ${size} bytes`);
    }
    return this.#end(file);
  }

  async #storeNothing(path: ByteString, data: Data): Promise<number> {
    for await (const chunk of data) if (chunk.length > 0) tooLong(path, 0);
    return EMPTY;
  }

  /** Writes the last fragment and waits until all data is in the file. */
  async finish(): Promise<void> {
    await this.#flushFragment();
    await this.#pipeline.drain();
  }

  record(at: number): FileRecord {
    const word = (index: number): number => this.records.get(at + index);
    const size = word(2) + word(3) * WORD;
    return {
      position: word(0) + word(1) * WORD,
      size,
      fragment: word(4),
      offset: word(5),
      firstBlock: at + HEAD,
      blocks: word(4) === NONE32 ? Math.ceil(size / this.#blockSize) : Math.floor(size / this.#blockSize),
    };
  }

  #newRecord(size: number): number {
    const at = this.records.length;
    this.records.push(0);
    this.records.push(0);
    this.records.push(size % WORD);
    this.records.push(Math.floor(size / WORD));
    this.records.push(NONE32);
    this.records.push(0);
    return at;
  }

  #begin(path: ByteString, size: number): Intake {
    const record = this.#newRecord(size);
    const hasher = new Bun.CryptoHasher("sha256");
    return {
      path,
      size,
      received: 0,
      record,
      buffer: this.#pipeline.take(),
      fill: 0,
      hasher,
      begun: false,
    };
  }

  async #take(file: Intake, chunk: Uint8Array): Promise<void> {
    file.received += chunk.length;
    if (file.received > file.size) tooLong(file.path, file.size);
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + this.#blockSize - file.fill);
      file.buffer.set(part, file.fill);
      file.fill += part.length;
      at += part.length;
      if (file.fill === this.#blockSize) await this.#block(file);
    }
  }

  /** Sends the full buffer off and gets an empty one. */
  async #block(file: Intake): Promise<void> {
    const { buffer, record } = file;
    file.hasher.update(buffer);
    file.fill = 0;
    if (Buffer.compare(buffer, this.#zeros) === 0) {
      this.records.push(0);
      return;
    }
    const word = this.records.push(0);
    const first = !file.begun;
    file.begun = true;
    await this.#pipeline.submit(buffer, buffer.length, (position, field) => {
      this.records.set(word, field);
      if (first) this.#setPosition(record, position);
    });
    file.buffer = this.#pipeline.take();
  }

  #setPosition(record: number, position: number): void {
    this.records.set(record, position % WORD);
    this.records.set(record + 1, Math.floor(position / WORD));
  }

  async #end(file: Intake): Promise<number> {
    const { buffer, fill, record } = file;
    file.hasher.update(buffer.subarray(0, fill));
    file.hasher.digest(this.#digest);
    const known = this.#known.get(this.#digest);
    if (known !== undefined) return this.#forget(file, known);
    this.#known.add(this.#digest, record);
    if (fill > 0) await this.#tail(record, buffer.subarray(0, fill));
    this.#pipeline.giveBack(buffer);
    return record;
  }

  /** The content is known: takes back its record and what was written of it. */
  async #forget(file: Intake, known: number): Promise<number> {
    if (file.begun) {
      await this.#pipeline.drain();
      this.#output.position = this.record(file.record).position;
    }
    this.records.truncate(file.record);
    this.#pipeline.giveBack(file.buffer);
    return known;
  }

  async #tail(record: number, tail: Uint8Array): Promise<void> {
    if (this.#fragmentFill + tail.length > this.#blockSize) await this.#flushFragment();
    this.#fragment ??= this.#pipeline.take();
    this.#fragment.set(tail, this.#fragmentFill);
    this.records.set(record + 4, this.#fragmentCount);
    this.records.set(record + 5, this.#fragmentFill);
    this.#fragmentFill += tail.length;
  }

  async #flushFragment(): Promise<void> {
    const buffer = this.#fragment;
    if (buffer === undefined) return;
    const length = this.#fragmentFill;
    const at = this.#fragmentCount++ * 3;
    this.#fragment = undefined;
    this.#fragmentFill = 0;
    await this.#pipeline.submit(buffer, length, (position, field) => {
      this.fragments.set(at, position % WORD);
      this.fragments.set(at + 1, Math.floor(position / WORD));
      this.fragments.set(at + 2, field);
    });
  }
}

function tooLong(path: ByteString, size: number): never {
  throw new UserError(`cannot store ${display(path)}: it has more data than its size of ${size} bytes says`);
}
