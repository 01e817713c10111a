// The superblock: the first 96 bytes of an image, which say how it is packed and where its tables lie. Written last,
// read first; what is read may come from anywhere and is checked before anything trusts it.
// Source: struct squashfs_super_block and fs/squashfs/super.c.

import { UserError } from "../../errors.ts";
import { SQUASHFS_MAGIC } from "../../sys/abi/consts.gen.ts";
import {
  BLOCK_SIZE_MAX,
  BLOCK_SIZE_MIN,
  type Compression,
  COMPRESSIONS,
  MAJOR,
  METADATA_SIZE,
  MINOR,
  NO_TABLE,
  SUPERBLOCK_SIZE,
} from "./format.ts";

/** Positions are bytes from the image's start; NO_TABLE for a table that is not there. */
export interface TablePositions {
  ids: bigint;
  xattrs: bigint;
  inodes: bigint;
  directories: bigint;
  fragments: bigint;
  lookup: bigint;
}

export interface Superblock {
  compression: Compression;
  /** Bytes of an uncompressed data block. */
  blockSize: number;
  /** Bytes of the image without padding. */
  bytesUsed: number;
  inodes: number;
  fragments: number;
  ids: number;
  /** Seconds since 1970. */
  modTime: number;
  flags: number;
  /** Block and offset of the root directory's inode. */
  rootInode: bigint;
  tables: TablePositions;
}

export function encodeSuperblock(superblock: Superblock): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(SUPERBLOCK_SIZE));
  const view = new DataView(bytes.buffer);
  const { tables } = superblock;
  view.setUint32(0, SQUASHFS_MAGIC, true);
  view.setUint32(4, superblock.inodes, true);
  view.setUint32(8, superblock.modTime, true);
  view.setUint32(12, superblock.blockSize, true);
  view.setUint32(16, superblock.fragments, true);
  view.setUint16(20, COMPRESSIONS.indexOf(superblock.compression) + 1, true);
  view.setUint16(22, Math.log2(superblock.blockSize), true);
  view.setUint16(24, superblock.flags, true);
  view.setUint16(26, superblock.ids, true);
  view.setUint16(28, MAJOR, true);
  view.setUint16(30, MINOR, true);
  view.setBigUint64(32, superblock.rootInode, true);
  view.setBigUint64(40, BigInt(superblock.bytesUsed), true);
  view.setBigUint64(48, tables.ids, true);
  view.setBigUint64(56, tables.xattrs, true);
  view.setBigUint64(64, tables.inodes, true);
  view.setBigUint64(72, tables.directories, true);
  view.setBigUint64(80, tables.fragments, true);
  view.setBigUint64(88, tables.lookup, true);
  return bytes;
}

/**
 * Reads and checks a superblock. `bytes` is the beginning of the image (96 bytes or more), `fileSize` the size of the
 * whole file, `name` what messages call it. Throws UserError for anything the kernel would refuse or should not see.
 */
export function readSuperblock(bytes: Uint8Array, fileSize: number, name: string): Superblock {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 4 || view.getUint32(0, true) !== SQUASHFS_MAGIC) refuse(name, "it is not a squashfs image");
  if (bytes.length < SUPERBLOCK_SIZE) refuse(name, `it is cut off: a superblock has ${SUPERBLOCK_SIZE} bytes`);
  const [major, minor] = [view.getUint16(28, true), view.getUint16(30, true)];
  if (major !== MAJOR || minor !== MINOR) {
    refuse(name, `it has squashfs version ${major}.${minor}, Linux mounts only ${MAJOR}.${MINOR}`);
  }
  const superblock: Superblock = {
    compression: readCompression(view, name),
    blockSize: readBlockSize(view, name),
    bytesUsed: readBytesUsed(view, fileSize, name),
    inodes: view.getUint32(4, true),
    fragments: view.getUint32(16, true),
    ids: view.getUint16(26, true),
    modTime: view.getUint32(8, true),
    flags: view.getUint16(24, true),
    rootInode: view.getBigUint64(32, true),
    tables: {
      ids: view.getBigUint64(48, true),
      xattrs: view.getBigUint64(56, true),
      inodes: view.getBigUint64(64, true),
      directories: view.getBigUint64(72, true),
      fragments: view.getBigUint64(80, true),
      lookup: view.getBigUint64(88, true),
    },
  };
  checkTables(superblock, name);
  return superblock;
}

function refuse(name: string, problem: string): never {
  throw new UserError(`cannot use ${name}: ${problem}`);
}

function readCompression(view: DataView, name: string): Compression {
  const id = view.getUint16(20, true);
  const compression = COMPRESSIONS[id - 1];
  return compression ?? refuse(name, `it has the unknown compression ${id}`);
}

function readBlockSize(view: DataView, name: string): number {
  const size = view.getUint32(12, true);
  const log = view.getUint16(22, true);
  if (size < BLOCK_SIZE_MIN || size > BLOCK_SIZE_MAX || (size & (size - 1)) !== 0) {
    refuse(name, `its block size ${size} is no power of two from ${BLOCK_SIZE_MIN} to ${BLOCK_SIZE_MAX}`);
  }
  if (2 ** log !== size) refuse(name, `its block size ${size} and the logarithm ${log} beside it do not agree`);
  return size;
}

function readBytesUsed(view: DataView, fileSize: number, name: string): number {
  const used = view.getBigUint64(40, true);
  if (used < SUPERBLOCK_SIZE) refuse(name, `it claims to be ${used} bytes long`);
  if (used > BigInt(fileSize)) refuse(name, `it is cut off: it should have ${used} bytes and has ${fileSize}`);
  return Number(used);
}

/** Tables must lie inside the image, in the order in which the kernel expects them. */
function checkTables(superblock: Superblock, name: string): void {
  const { tables } = superblock;
  if (superblock.inodes === 0) refuse(name, "it has no inodes");
  if (superblock.ids === 0) refuse(name, "it has no table of user ids");
  const order: (keyof TablePositions)[] = ["inodes", "directories", "fragments", "lookup", "ids", "xattrs"];
  const optional: readonly (keyof TablePositions)[] = ["fragments", "lookup", "xattrs"];
  let [last, lastTable] = [BigInt(SUPERBLOCK_SIZE), "superblock"];
  for (const table of order) {
    const position = tables[table];
    if (position === NO_TABLE && optional.includes(table)) continue;
    if (position >= BigInt(superblock.bytesUsed)) refuse(name, `its table of ${table} lies past its end`);
    if (position < last) refuse(name, `its table of ${table} lies before its ${lastTable}`);
    [last, lastTable] = [position, `table of ${table}`];
  }
  const offset = Number(superblock.rootInode & 0xffffn);
  const block = tables.inodes + (superblock.rootInode >> 16n);
  if (offset >= METADATA_SIZE || block >= tables.directories) {
    refuse(name, "its root directory does not lie in the table of inodes");
  }
}
