// The names of the tree: a node per directory entry, found by its parent and name through a hash table and chained to
// its siblings. Packed columns instead of objects: 16 bytes a node, its name and one byte, and 6 to 11 for the hash table.
//
// A node is never reused. Removing a directory only takes its inode away; what lies below can then no longer be reached,
// because a later directory of the same name is a new node, with a number that no old child has for its parent.

import { BytePool, U32Column } from "./columns.ts";
import type { ByteString } from "./format.ts";
import type { MetadataStream } from "./metadata.ts";

const FIRST_SLOTS = 1024;
/** Node 0; no node's child or sibling, so 0 also says "none" in those columns and "free" in the hash table. */
export const ROOT = 0;

export class Names {
  readonly parent = new U32Column();
  /** The next sibling. */
  readonly next = new U32Column();
  /** Index of the node's inode + 1; 0 for a node that is gone, or whose inode is not there yet. */
  readonly inode = new U32Column();
  readonly #name = new U32Column();
  readonly #pool = new BytePool();
  #slots = new Uint32Array(FIRST_SLOTS);
  #used = 0;
  /** Differs between runs, so that a layer cannot be made of names that all fall into one slot. */
  readonly #seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;

  constructor() {
    this.#node(ROOT, "");
  }

  get count(): number {
    return this.parent.length;
  }

  /** The latest node of that name, which may be gone; ROOT where there never was one. */
  find(parent: number, name: ByteString): number {
    return this.#slots[this.#slotOf(parent, name)] ?? ROOT;
  }

  /** A new node, which takes the place of one of the same name in the hash table. */
  add(parent: number, name: ByteString): number {
    const node = this.#node(parent, name);
    const slot = this.#slotOf(parent, name);
    const replaces = this.#slots[slot] !== ROOT;
    this.#slots[slot] = node;
    if (!replaces && ++this.#used * 4 > this.#slots.length * 3) this.#grow();
    return node;
  }

  /** The name's bytes, as a view that stays valid. */
  bytes(node: number): Uint8Array {
    const address = this.#name.get(node);
    return this.#pool.view(address + 1, this.length(node));
  }

  /** Writes the name without making a view of it. */
  write(node: number, stream: MetadataStream): void {
    const address = this.#name.get(node);
    const chunk = this.#pool.chunk(address);
    const at = this.#pool.offset(address);
    stream.slice(chunk, at + 1, chunk[at] ?? 0);
  }

  length(node: number): number {
    const address = this.#name.get(node);
    return this.#pool.chunk(address)[this.#pool.offset(address)] ?? 0;
  }

  /** Order of two names, byte by byte, as strcmp(3). Called millions of times, so it makes no garbage. */
  compare(a: number, b: number): number {
    const first = this.#name.get(a);
    const second = this.#name.get(b);
    return compareAt(
      this.#pool.chunk(first),
      this.#pool.offset(first),
      this.#pool.chunk(second),
      this.#pool.offset(second),
    );
  }

  /** Lets go of what only looking up needs. Nothing can be found or added afterwards. */
  freeze(): void {
    this.#slots = new Uint32Array(1);
  }

  #node(parent: number, name: ByteString): number {
    const address = this.#pool.reserve(name.length + 1);
    const chunk = this.#pool.chunk(address);
    const at = this.#pool.offset(address);
    chunk[at] = name.length;
    for (let i = 0; i < name.length; i++) chunk[at + 1 + i] = name.charCodeAt(i);
    this.next.push(0);
    this.inode.push(0);
    this.#name.push(address);
    return this.parent.push(parent);
  }

  #slotOf(parent: number, name: ByteString): number {
    let hash = this.#begin(parent);
    for (let i = 0; i < name.length; i++) hash = step(hash, name.charCodeAt(i));
    const mask = this.#slots.length - 1;
    let slot = finish(hash) & mask;
    for (;;) {
      const node = this.#slots[slot] ?? ROOT;
      if (node === ROOT || this.#is(node, parent, name)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #begin(parent: number): number {
    return Math.imul(this.#seed ^ parent, 0x9e3779b1);
  }

  #is(node: number, parent: number, name: ByteString): boolean {
    if (this.parent.get(node) !== parent) return false;
    const address = this.#name.get(node);
    const chunk = this.#pool.chunk(address);
    const at = this.#pool.offset(address);
    if (chunk[at] !== name.length) return false;
    for (let i = 0; i < name.length; i++) if (chunk[at + 1 + i] !== name.charCodeAt(i)) return false;
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    const slots = new Uint32Array(old.length * 2);
    const mask = slots.length - 1;
    for (const node of old) {
      if (node === ROOT) continue;
      const address = this.#name.get(node);
      const chunk = this.#pool.chunk(address);
      const at = this.#pool.offset(address);
      let hash = this.#begin(this.parent.get(node));
      for (let i = 1; i <= (chunk[at] ?? 0); i++) hash = step(hash, chunk[at + i] ?? 0);
      let slot = finish(hash) & mask;
      while (slots[slot] !== ROOT) slot = (slot + 1) & mask;
      slots[slot] = node;
    }
    this.#slots = slots;
  }
}

// FNV-1a with a rotation, so that low bits depend on high ones, and the final mix of MurmurHash3.
function step(hash: number, byte: number): number {
  const mixed = Math.imul(hash ^ byte, 0x01000193);
  return (mixed << 13) | (mixed >>> 19);
}

function finish(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

/** Order of two runs of bytes, each behind a byte that holds its length. */
export function compareAt(a: Uint8Array, from: number, b: Uint8Array, to: number): number {
  const left = a[from] ?? 0;
  const right = b[to] ?? 0;
  for (let i = 1; i <= left && i <= right; i++) {
    const difference = (a[from + i] ?? 0) - (b[to + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return left - right;
}
