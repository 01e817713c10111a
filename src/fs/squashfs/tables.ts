// The tables behind the directories: fragments, inode look-up, ids, extended attributes. Each is a run of metadata
// blocks followed by a list of where the blocks begin. The kernel checks that each table ends exactly where the next
// begins, so the order fragments, look-up, ids, attributes is fixed. Source: fs/squashfs/{fragment,export,id,xattr_id}.c.

import type { Codec } from "./codec.ts";
import type { U32Column } from "./columns.ts";
import { NO_TABLE } from "./format.ts";
import type { Layout } from "./layout.ts";
import { MetadataStream } from "./metadata.ts";
import type { Output } from "./output.ts";
import type { XattrSets } from "./xattr-sets.ts";

const WORD = 2 ** 32;

/** Writes a table's blocks and the list of their positions; returns the position of the list. */
function writeTable(
  output: Output,
  codec: Codec,
  fill: (stream: MetadataStream) => void,
  before?: () => Uint8Array,
): bigint {
  const starts: number[] = [];
  const stream = new MetadataStream(codec, (bytes) => {
    starts.push(output.position);
    output.append(bytes);
  });
  fill(stream);
  stream.finish();
  const list = new Uint8Array(new ArrayBuffer(starts.length * 8));
  const view = new DataView(list.buffer);
  for (const [i, start] of starts.entries()) view.setBigUint64(i * 8, BigInt(start), true);
  const position = output.position;
  if (before !== undefined) output.append(before());
  output.append(list);
  return BigInt(position);
}

/** `fragments` holds three words each: position (2), length field. */
export function writeFragments(output: Output, codec: Codec, fragments: U32Column): bigint {
  return writeTable(output, codec, (stream) => {
    for (let at = 0; at < fragments.length; at += 3) {
      stream.u64(fragments.get(at) + fragments.get(at + 1) * WORD);
      stream.u32(fragments.get(at + 2));
      stream.u32(0);
    }
  });
}

/** Inode number to inode, which file handles (NFS, overlayfs with index) need. */
export function writeLookup(output: Output, codec: Codec, layout: Layout): bigint {
  return writeTable(output, codec, (stream) => {
    for (let number = 1; number <= layout.inodes; number++) stream.u64(reference(layout, number));
  });
}

/** Where an inode lies, as squashfs writes it: block << 16 | offset. */
export function reference(layout: Layout, number: number): number {
  return (layout.refBlock.get(number) - 1) * 0x10000 + layout.refOffset.get(number);
}

export function writeIds(output: Output, codec: Codec, ids: readonly number[]): bigint {
  return writeTable(output, codec, (stream) => {
    for (const id of ids) stream.u32(id);
  });
}

/** The attributes themselves, then the table of sets behind a header of its own; NO_TABLE where there are none. */
export function writeXattrs(output: Output, codec: Codec, sets: XattrSets, order: U32Column): bigint {
  if (order.length === 0) return NO_TABLE;
  const start = output.position;
  const places: number[] = [];
  const values = new MetadataStream(codec, (bytes) => output.append(bytes));
  for (let i = 0; i < order.length; i++) {
    places.push(values.blockStart * 0x10000 + values.offset);
    values.bytes(sets.get(order.get(i)).bytes);
  }
  values.finish();
  const fill = (stream: MetadataStream): void => {
    for (const [i, place] of places.entries()) {
      const set = sets.get(order.get(i));
      stream.u64(place);
      stream.u32(set.count);
      stream.u32(set.bytes.length);
    }
  };
  return writeTable(output, codec, fill, () => xattrHeader(start, order.length));
}

/** struct squashfs_xattr_id_table. */
function xattrHeader(start: number, count: number): Uint8Array {
  const header = new Uint8Array(new ArrayBuffer(16));
  const view = new DataView(header.buffer);
  view.setBigUint64(0, BigInt(start), true);
  view.setUint32(8, count, true);
  return header;
}
