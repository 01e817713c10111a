// Writes the finished tree: all inodes to one metadata stream, all directory listings to another.
//
// The children of a directory get consecutive inode numbers, and their inodes lie side by side, so that listing a
// directory reads few blocks and its entries share headers. A listing names the places of its children's inodes, and a
// directory's inode the place of its listing; so a directory is written when everything below it has been: first the
// inodes of its children, then its listing. Nothing here depends on the order in which entries were added.

import { sortChain } from "./chain.ts";
import type { ContentStore } from "./content.ts";
import { U16Column, U32Column } from "./columns.ts";
import { NONE32, TYPE } from "./format.ts";
import { GarbageCounter } from "./garbage.ts";
import { dirInode, fileInode, type InodeHead, type Listing, specialInode, symlinkInode } from "./inodes.ts";
import { type Children, writeListing } from "./listing.ts";
import type { MetadataStream } from "./metadata.ts";
import { ROOT } from "./names.ts";
import { LINKED, type Tree, typeIn } from "./tree.ts";

/** A directory whose subdirectories are being written. */
interface Frame {
  node: number;
  cursor: number;
}

export class Layout {
  /** How many inodes there are; they are numbered from 1. */
  inodes = 0;
  /** By inode number: where the inode lies. The block is stored + 1, 0 says "not written yet". */
  readonly refBlock = new U32Column();
  readonly refOffset = new U16Column();
  /** The table of ids, in rising order. */
  idTable: readonly number[] = [];
  /** Numbers (+ 1) of the attribute sets in the order of the image's table. */
  readonly xattrOrder = new U32Column();
  readonly #tree: Tree;
  readonly #content: ContentStore;
  readonly #blockSize: number;
  readonly #inodeStream: MetadataStream;
  readonly #listingStream: MetadataStream;
  /** By inode index: the names of a file with several, the subdirectories of a directory. */
  readonly #links = new U32Column();
  /** By inode index. */
  readonly #number = new U32Column();
  readonly #listings = new U32Column();
  readonly #indexes = new Map<number, Listing["index"]>();
  readonly #idIndex: number[] = [];
  readonly #xattrIndex = new U32Column();
  readonly #children: Children;
  readonly #garbage = new GarbageCounter();

  constructor(
    tree: Tree,
    content: ContentStore,
    blockSize: number,
    streams: { inodes: MetadataStream; listings: MetadataStream },
  ) {
    this.#tree = tree;
    this.#content = content;
    this.#blockSize = blockSize;
    this.#inodeStream = streams.inodes;
    this.#listingStream = streams.listings;
    const { names } = tree;
    const number = (node: number): number => this.#number.get(inodeOf(tree, node));
    this.#children = {
      name: (node) => names.bytes(node),
      writeName: (node, stream) => names.write(node, stream),
      nameLength: (node) => names.length(node),
      type: (node) => tree.typeOf(node),
      inodeNumber: number,
      inodeBlock: (node) => this.refBlock.get(number(node)) - 1,
      inodeOffset: (node) => this.refOffset.get(number(node)),
      next: (node) => names.next.get(node),
    };
  }

  /** Writes everything; the tree is used up. Returns the root's inode number. */
  write(): number {
    this.#tree.names.freeze();
    this.#survey();
    this.#tree.names.parent.release();
    const root = this.#give(inodeOf(this.#tree, ROOT));
    const stack: Frame[] = [this.#enter(ROOT)];
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const child = this.#nextDirectory(frame);
      if (child !== 0) stack.push(this.#enter(child));
      else this.#leave((stack.pop() as Frame).node);
    }
    // The kernel takes the root's parent for one past the last inode.
    this.#writeInode(inodeOf(this.#tree, ROOT), this.inodes + 1);
    return root;
  }

  /**
   * Counts links and notes which ids are in use, and takes the inodes away from nodes whose directory is gone. One pass
   * does, because parents have lower numbers than their children.
   */
  #survey(): void {
    const { names, typeMode, uid, gid, ids } = this.#tree;
    const used = new Set<number>();
    for (let node = ROOT; node < names.count; node++) {
      const parent = names.inode.get(names.parent.get(node));
      if (parent === 0) names.inode.set(node, 0);
      const inode = names.inode.get(node) - 1;
      if (inode < 0) continue;
      used.add(uid.get(inode)).add(gid.get(inode));
      if ((typeMode.get(inode) & LINKED) !== 0) this.#links.set(inode, this.#links.get(inode) + 1);
      if (typeIn(typeMode.get(inode)) !== TYPE.dir || node === ROOT) continue;
      this.#links.set(parent - 1, this.#links.get(parent - 1) + 1);
    }
    const sorted = [...used].sort((a, b) => (ids.values[a] ?? 0) - (ids.values[b] ?? 0));
    for (const [index, id] of sorted.entries()) this.#idIndex[id] = index;
    this.idTable = sorted.map((id) => ids.values[id] ?? 0);
  }

  /** Puts a directory's children into order and numbers those that have no number yet. */
  #enter(directory: number): Frame {
    const { names, payload } = this.#tree;
    const inode = inodeOf(this.#tree, directory);
    const first = sortChain(names, payload.get(inode));
    for (let node = first; node !== 0; node = names.next.get(node)) this.#give(inodeOf(this.#tree, node));
    payload.set(inode, first);
    return { node: directory, cursor: first };
  }

  #give(inode: number): number {
    if (this.#number.get(inode) === 0) this.#number.set(inode, ++this.inodes);
    return this.#number.get(inode);
  }

  #nextDirectory(frame: Frame): number {
    const { names } = this.#tree;
    while (frame.cursor !== 0) {
      const node = frame.cursor;
      frame.cursor = names.next.get(node);
      if (this.#tree.typeOf(node) === TYPE.dir) return node;
    }
    return 0;
  }

  #leave(directory: number): void {
    const { names, payload } = this.#tree;
    const inode = inodeOf(this.#tree, directory);
    const first = payload.get(inode);
    for (let node = first; node !== 0; node = names.next.get(node)) {
      this.#writeInode(inodeOf(this.#tree, node), this.#number.get(inode));
    }
    const listing = writeListing(this.#listingStream, this.#children, first);
    // From here on a directory's payload says where its listing is.
    payload.set(inode, this.#listings.push(listing.startBlock));
    this.#listings.push(listing.offset);
    this.#listings.push(listing.size);
    if (listing.index.length > 0) this.#indexes.set(inode, listing.index);
  }

  #writeInode(inode: number, parent: number): void {
    const number = this.#number.get(inode);
    if (this.refBlock.get(number) !== 0) return; // another name of it came first
    this.#garbage.tick();
    const stream = this.#inodeStream;
    this.refBlock.set(number, stream.blockStart + 1);
    this.refOffset.set(number, stream.offset);
    const head = this.#head(inode, number);
    const payload = this.#tree.payload.get(inode);
    if (head.type === TYPE.file) {
      const file = this.#content.record(payload);
      const block = (i: number): number => this.#content.records.get(file.firstBlock + i);
      fileInode(stream, head, file, block, this.#blockSize);
    } else if (head.type === TYPE.dir) dirInode(stream, head, this.#listing(inode, payload), parent);
    else if (head.type === TYPE.symlink) symlinkInode(stream, head, this.#tree.target(payload));
    else specialInode(stream, head, payload);
  }

  #listing(inode: number, at: number): Listing {
    const [startBlock, offset, size] = [0, 1, 2].map((word) => this.#listings.get(at + word));
    const index = this.#indexes.get(inode) ?? [];
    this.#indexes.delete(inode);
    return {
      startBlock: startBlock ?? 0,
      offset: offset ?? 0,
      size: size ?? 0,
      index,
    };
  }

  #head(inode: number, number: number): InodeHead {
    const tree = this.#tree;
    const typeMode = tree.typeMode.get(inode);
    return {
      type: typeIn(typeMode),
      mode: typeMode & 0o7777,
      uid: this.#idIndex[tree.uid.get(inode)] ?? 0,
      gid: this.#idIndex[tree.gid.get(inode)] ?? 0,
      mtime: tree.mtime.get(inode),
      number,
      nlink: this.#nlink(inode, typeMode),
      xattrs: this.#xattrs(tree.xattrs.get(inode)),
    };
  }

  /** A directory is linked from its parent, from its own "." and from the ".." of each subdirectory. */
  #nlink(inode: number, typeMode: number): number {
    if (typeIn(typeMode) === TYPE.dir) return 2 + this.#links.get(inode);
    return (typeMode & LINKED) === 0 ? 1 : this.#links.get(inode);
  }

  /** Sets get their place in the image's table when the first inode with them is written. */
  #xattrs(set: number): number {
    if (set === 0) return NONE32;
    if (this.#xattrIndex.get(set) === 0) this.#xattrIndex.set(set, this.xattrOrder.push(set) + 1);
    return this.#xattrIndex.get(set) - 1;
  }
}

function inodeOf(tree: Tree, node: number): number {
  return tree.names.inode.get(node) - 1;
}
