// A directory's listing: headers, each followed by up to 256 entries whose inodes lie in the same metadata block and
// whose numbers are near. A new header also begins wherever a new metadata block of the listing begins, and is noted in
// the directory's index, so that looking up a name reads one block however large the directory is.
// Source: fs/squashfs/namei.c and dir.c.

import { DIR_COUNT, METADATA_SIZE } from "./format.ts";
import type { DirIndex, Listing } from "./inodes.ts";
import type { MetadataStream } from "./metadata.ts";

/** Bytes of struct squashfs_dir_header and of struct squashfs_dir_entry without its name. */
const HEADER = 12;
const ENTRY = 8;
const DELTA_MAX = 32767;

/** What an entry says about its child; nodes are only passed through. */
export interface Children {
  /** A copy of the name's bytes, or a view that stays valid. */
  name(node: number): Uint8Array;
  writeName(node: number, stream: MetadataStream): void;
  nameLength(node: number): number;
  type(node: number): number;
  inodeNumber(node: number): number;
  inodeBlock(node: number): number;
  inodeOffset(node: number): number;
  /** The next sibling in the order of names, 0 at the end. */
  next(node: number): number;
}

/** Writes the listing of the children from `first` on. */
export function writeListing(stream: MetadataStream, children: Children, first: number): Listing {
  const { blockStart: startBlock, offset } = stream;
  const index: DirIndex[] = [];
  let size = 0;
  let lastBlock = startBlock;
  for (let node = first; node !== 0;) {
    if (stream.blockStart !== lastBlock) {
      lastBlock = stream.blockStart;
      index.push({
        index: size,
        startBlock: lastBlock,
        name: children.name(node),
      });
    }
    const run = measureRun(stream, children, node);
    writeHeader(stream, children, node, run.count);
    for (let i = 0; i < run.count; i++, node = children.next(node)) {
      writeEntry(stream, children, node, run.number);
    }
    size += run.bytes;
  }
  return { startBlock, offset, size, index };
}

/** How many children from `first` on can share a header that is written now. */
function measureRun(stream: MetadataStream, children: Children, first: number) {
  const number = children.inodeNumber(first);
  const block = children.inodeBlock(first);
  let count = 0;
  let bytes = HEADER;
  for (let node = first; node !== 0 && count < DIR_COUNT; node = children.next(node)) {
    const near = Math.abs(children.inodeNumber(node) - number) <= DELTA_MAX;
    const sameBlock = stream.offset + bytes < METADATA_SIZE || count === 0;
    if (!near || !sameBlock || children.inodeBlock(node) !== block) break;
    count++;
    bytes += ENTRY + children.nameLength(node);
  }
  return { number, count, bytes };
}

function writeHeader(stream: MetadataStream, children: Children, first: number, count: number): void {
  stream.u32(count - 1);
  stream.u32(children.inodeBlock(first));
  stream.u32(children.inodeNumber(first));
}

function writeEntry(stream: MetadataStream, children: Children, node: number, number: number): void {
  stream.u16(children.inodeOffset(node));
  stream.u16((children.inodeNumber(node) - number) & 0xffff);
  stream.u16(children.type(node));
  stream.u16(children.nameLength(node) - 1);
  children.writeName(node, stream);
}
