// Reads from an ELF file what the dynamic loader would: which loader it asks for, which libraries it needs, and what it
// calls itself. Pure: bytes come through a function, because an executable may have 100 MB and the answer lies in a few
// of them. Anything may be in the file, so every position is checked before it is used.
//
// Source: elf(5); System V ABI, chapters 4 and 5. 64-bit little-endian files only: those of x86-64 and arm64.

import { UserError } from "../errors.ts";

const HEADER_SIZE = 64;
const PHDR_SIZE = 56;
const DYN_SIZE = 16;
const MAGIC = 0x464c457f;
const CLASS_64 = 2;
const DATA_LITTLE = 1;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NULL = 0;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_SONAME = 14;

/** Limits that no real file comes near. */
const MOST_HEADERS = 256;
const MOST_ENTRIES = 4096;
/** PATH_MAX: longer names cannot be opened. */
const LONGEST_NAME = 4096;

export interface ElfNeeds {
  /** Path of the dynamic loader; missing in libraries and static executables. */
  readonly interpreter?: string;
  /** Names of libraries, in the file's order. */
  readonly needed: readonly string[];
  /** What others call this library. */
  readonly soname?: string;
}

/** Bytes from `offset` on; fewer than `length` at the end of the file. */
export type ReadAt = (offset: number, length: number) => Uint8Array;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/**
 * @param name what messages call the file
 * @throws UserError where it is not such a file, or not a sound one
 */
export function readElf(read: ReadAt, name: string): ElfNeeds {
  return new Reader(read, name).needs();
}

/** Read at once: the headers of most files, or all the names that are asked for. */
const WINDOW = 4096;
const decoder = new TextDecoder();

class Reader {
  readonly #read: ReadAt;
  readonly #name: string;
  /** What was read last, and where. */
  #window: Uint8Array = new Uint8Array(0);
  #start = 0;

  constructor(read: ReadAt, name: string) {
    this.#read = read;
    this.#name = name;
  }

  needs(): ElfNeeds {
    const segments = this.#segments();
    let [interp, dynamic]: (Segment | undefined)[] = [];
    for (const segment of segments) {
      if (segment.type === PT_INTERP) interp ??= segment;
      if (segment.type === PT_DYNAMIC) dynamic ??= segment;
    }
    const libraries = dynamic === undefined ? { needed: [] } : this.#dynamic(dynamic, segments);
    return interp === undefined ? libraries : { ...libraries, interpreter: this.#text(interp.offset) };
  }

  #segments(): Segment[] {
    const header = this.#view(0, HEADER_SIZE, "it is too short for an ELF header");
    if (header.getUint32(0, true) !== MAGIC) this.#refuse("it is not an ELF file");
    if (header.getUint8(4) !== CLASS_64 || header.getUint8(5) !== DATA_LITTLE) {
      this.#refuse("it is not a 64-bit little-endian ELF file");
    }
    const count = header.getUint16(56, true);
    if (header.getUint16(54, true) !== PHDR_SIZE || count > MOST_HEADERS) {
      this.#refuse("its program headers have an unknown form");
    }
    const table = this.#view(this.#word(header, 32), count * PHDR_SIZE, "its program headers lie past its end");
    const segments: Segment[] = [];
    for (let at = 0; at < count * PHDR_SIZE; at += PHDR_SIZE) {
      segments.push({
        type: table.getUint32(at, true),
        offset: this.#word(table, at + 8),
        address: this.#word(table, at + 16),
        size: this.#word(table, at + 32),
      });
    }
    return segments;
  }

  #dynamic(dynamic: Segment, segments: readonly Segment[]): ElfNeeds {
    const count = Math.floor(dynamic.size / DYN_SIZE);
    if (count > MOST_ENTRIES) this.#refuse("its dynamic section is too long");
    const table = this.#view(dynamic.offset, count * DYN_SIZE, "its dynamic section lies past its end");
    const needed: number[] = [];
    let [strings, soname]: [number | undefined, number | undefined] = [undefined, undefined];
    for (let at = 0; at < count * DYN_SIZE; at += DYN_SIZE) {
      const tag = this.#word(table, at);
      if (tag === DT_NULL) break;
      if (tag === DT_NEEDED) needed.push(this.#word(table, at + 8));
      else if (tag === DT_SONAME) soname = this.#word(table, at + 8);
      else if (tag === DT_STRTAB) strings = this.#offsetOf(this.#word(table, at + 8), segments);
    }
    if (strings === undefined) return needed.length === 0 ? { needed: [] } : this.#refuse("it has no string table");
    const base = strings;
    const names = needed.map((at) => this.#text(base + at));
    return soname === undefined ? { needed: names } : { needed: names, soname: this.#text(base + soname) };
  }

  /** Where in the file the byte lies that is loaded at `address`. */
  #offsetOf(address: number, segments: readonly Segment[]): number {
    for (const segment of segments) {
      const within = address - segment.address;
      if (segment.type === PT_LOAD && within >= 0 && within < segment.size) return segment.offset + within;
    }
    return this.#refuse("its string table is not loaded from the file");
  }

  /** A NUL-terminated string that is not empty. */
  #text(offset: number): string {
    let bytes = this.#bytes(offset, 1);
    let end = bytes.indexOf(0);
    if (end === -1) {
      bytes = this.#bytes(offset, LONGEST_NAME);
      end = bytes.indexOf(0);
    }
    if (end <= 0) this.#refuse("a name in it is empty or has no end");
    return decoder.decode(bytes.subarray(0, end));
  }

  /** An unsigned 64-bit number. Positions and addresses of real files are far below 2^53; tags may be anything. */
  #word(view: DataView, at: number): number {
    return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
  }

  #view(offset: number, length: number, problem: string): DataView {
    const bytes = this.#bytes(offset, length);
    if (bytes.length < length) this.#refuse(problem);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  /** At least `length` bytes from `offset` on, or as many as there are. */
  #bytes(offset: number, length: number): Uint8Array {
    if (!Number.isSafeInteger(offset + length)) return new Uint8Array(0);
    const at = offset - this.#start;
    if (at >= 0 && at + length <= this.#window.length) return this.#window.subarray(at);
    this.#window = this.#read(offset, Math.max(length, WINDOW));
    this.#start = offset;
    return this.#window;
  }

  #refuse(problem: string): never {
    throw new UserError(`cannot read ${this.#name}: ${problem}`);
  }
}
