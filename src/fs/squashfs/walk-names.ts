// The names in a directory of the host, in byte order. They are kept as packed bytes, 10 bytes and its length for each:
// a directory may have a million entries, and a tree thousands of open directories.

import { call, sysError } from "../../sys/call.ts";
import { addressOf } from "../../sys/gate.ts";
import { type FileKind, kindOfDirent } from "../../sys/kinds.ts";
import { fromBytes } from "./bytes.ts";
import type { ByteString } from "./format.ts";
import { compareAt } from "./names.ts";

/** Bytes read at a time; no more than 64 KB, so that a place in a batch has 16 bits. */
const BATCH = 32 * 1024;
const PLACE = 2 ** 16;
/** Offsets in struct linux_dirent64 (getdents64(2)): u64 ino, s64 off, u16 reclen, u8 type, name. */
const RECLEN = 16;
const TYPE = 18;
const NAME = 19;

const batch = new Uint8Array(new ArrayBuffer(BATCH));
const view = new DataView(batch.buffer);

export class SortedNames {
  /** The entry that the last `next` came to. */
  name: ByteString = "";
  kind: FileKind | "unknown" = "unknown";
  /** Per entry: type, length, name. */
  readonly #pieces: Uint8Array[] = [];
  /** Piece * 65536 + offset. */
  readonly #places: number[] = [];
  #at = 0;

  /** Reads a directory from its descriptor's position, without "." and "..". `what` is for messages. */
  static read(fd: number, what: () => string): SortedNames {
    const names = new SortedNames();
    for (;;) {
      const got = call("getdents64", fd, addressOf(batch), BATCH);
      if (got < 0) throw sysError(`read directory ${what()}`, got);
      if (got === 0) break;
      names.#pack(got);
    }
    names.#places.sort((a, b) => names.#compare(a, b));
    return names;
  }

  /** Moves on to the next entry; false at the end. */
  next(): boolean {
    const place = this.#places[this.#at++];
    if (place === undefined) return false;
    const [piece, at] = [this.#piece(place), place % PLACE];
    this.kind = kindOfDirent(piece[at] ?? 0);
    this.name = fromBytes(piece.subarray(at + 2, at + 2 + (piece[at + 1] ?? 0)));
    return true;
  }

  #pack(got: number): void {
    const packed = new Uint8Array(got);
    let used = 0;
    for (let at = 0; at < got; at += view.getUint16(at + RECLEN, true)) {
      const start = at + NAME;
      const length = batch.indexOf(0, start) - start;
      if (isDots(start, length)) continue;
      this.#places.push(this.#pieces.length * PLACE + used);
      packed[used] = batch[at + TYPE] ?? 0;
      packed[used + 1] = length;
      packed.set(batch.subarray(start, start + length), used + 2);
      used += 2 + length;
    }
    this.#pieces.push(packed.slice(0, used));
  }

  #piece(place: number): Uint8Array {
    return this.#pieces[Math.floor(place / PLACE)] as Uint8Array;
  }

  #compare(a: number, b: number): number {
    return compareAt(this.#piece(a), (a % PLACE) + 1, this.#piece(b), (b % PLACE) + 1);
  }
}

function isDots(start: number, length: number): boolean {
  return batch[start] === 0x2e && (length === 1 || (length === 2 && batch[start + 1] === 0x2e));
}
