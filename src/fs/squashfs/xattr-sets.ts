// Extended attributes in the image: files with the same attributes share one set, kept as the bytes that will lie on
// the disk (struct squashfs_xattr_entry and squashfs_xattr_val for each, ordered by name).

import { UserError } from "../../errors.ts";
import { XATTR_NAME_MAX, XATTR_SIZE_MAX } from "../../sys/abi/consts.gen.ts";
import { display, toBytes } from "./bytes.ts";
import { BytePool, U32Column } from "./columns.ts";
import { DigestTable, digestRoom } from "./digests.ts";
import { type ByteString, XATTR_PREFIXES } from "./format.ts";

export type Xattrs = ReadonlyMap<ByteString, Uint8Array>;

/** How many names of attributes that had to be left out are remembered. */
const MOST_DROPPED = 16;

export class XattrSets {
  readonly #pool = new BytePool();
  /** Three words a set: address, bytes, count. */
  readonly #sets = new U32Column();
  readonly #known = new DigestTable();
  readonly #digest = digestRoom();
  /** Names outside the name spaces that squashfs can hold. */
  readonly dropped = new Set<ByteString>();

  /** The set's number + 1, or 0 where nothing is left of it. `path` is for messages. */
  add(path: ByteString, xattrs: Xattrs): number {
    const names = [...xattrs.keys()].filter((name) => this.#fits(name)).sort(byBytes);
    if (names.length === 0) return 0;
    const encoded = names.map((name) => encodeXattr(path, name, xattrs.get(name) ?? new Uint8Array(0)));
    const bytes = new Uint8Array(Buffer.concat(encoded));
    new Bun.CryptoHasher("sha256").update(bytes).digest(this.#digest);
    const known = this.#known.get(this.#digest);
    if (known !== undefined) return known;
    const address = this.#pool.reserve(bytes.length);
    this.#pool.view(address, bytes.length).set(bytes);
    const number = this.#sets.push(address) / 3 + 1;
    this.#sets.push(bytes.length);
    this.#sets.push(names.length);
    this.#known.add(this.#digest, number);
    return number;
  }

  /** The bytes and the number of attributes of a set, by its number + 1. */
  get(number: number): { bytes: Uint8Array; count: number } {
    const at = (number - 1) * 3;
    return {
      bytes: this.#pool.view(this.#sets.get(at), this.#sets.get(at + 1)),
      count: this.#sets.get(at + 2),
    };
  }

  #fits(name: ByteString): boolean {
    if (prefixOf(name) >= 0) return true;
    if (this.dropped.size < MOST_DROPPED) this.dropped.add(name);
    return false;
  }
}

function prefixOf(name: ByteString): number {
  return XATTR_PREFIXES.findIndex((prefix) => name.startsWith(prefix));
}

/** One attribute as it lies on the disk: type, length of the name without its prefix, name, length of the value, value. */
export function encodeXattr(path: ByteString, name: ByteString, value: Uint8Array): Uint8Array {
  const prefix = prefixOf(name);
  const rest = toBytes(name.slice((XATTR_PREFIXES[prefix] ?? "").length));
  if (rest.length === 0 || name.length > XATTR_NAME_MAX || name.includes("\0")) {
    throw new UserError(`cannot store ${display(path)}: invalid name ${display(name)} of an extended attribute`);
  }
  if (value.length > XATTR_SIZE_MAX) {
    const limit = `${value.length} bytes, ${XATTR_SIZE_MAX} are the most`;
    throw new UserError(`cannot store ${display(path)}: its extended attribute ${display(name)} has ${limit}`);
  }
  const bytes = new Uint8Array(4 + rest.length + 4 + value.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, prefix, true);
  view.setUint16(2, rest.length, true);
  bytes.set(rest, 4);
  view.setUint32(4 + rest.length, value.length, true);
  bytes.set(value, 8 + rest.length);
  return bytes;
}

function byBytes(a: ByteString, b: ByteString): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
