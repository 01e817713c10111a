// One inode to bytes. Each type has a basic form and an extended one that says more; the extended one is used only
// where it has to be. Source: struct squashfs_*_inode in fs/squashfs/squashfs_fs.h.

import type { FileRecord } from "./content.ts";
import { EXTENDED, NONE32, TYPE } from "./format.ts";
import type { MetadataStream } from "./metadata.ts";

export interface InodeHead {
  type: number;
  mode: number;
  /** Indexes into the table of ids. */
  uid: number;
  gid: number;
  mtime: number;
  number: number;
  nlink: number;
  /** Index into the table of attribute sets, or NONE32. */
  xattrs: number;
}

/** The place in a large directory at which a header with this first name begins. */
export interface DirIndex {
  /** Bytes from the listing's start. */
  index: number;
  /** The metadata block it lies in. */
  startBlock: number;
  name: Uint8Array;
}

export interface Listing {
  startBlock: number;
  offset: number;
  /** Bytes of the listing. */
  size: number;
  index: readonly DirIndex[];
}

/** The kernel invents "." and ".." for three bytes of file position, and counts them in the size. */
const DOTS = 3;
const LIMIT16 = 0xffff;

function head(stream: MetadataStream, inode: InodeHead, extended: boolean): void {
  stream.u16(extended ? inode.type + EXTENDED : inode.type);
  stream.u16(inode.mode);
  stream.u16(inode.uid);
  stream.u16(inode.gid);
  stream.u32(inode.mtime);
  stream.u32(inode.number);
}

/** squashfs_reg_inode or squashfs_lreg_inode. `block` gives the length field of the i-th block, 0 for a hole. */
export function fileInode(
  stream: MetadataStream,
  inode: InodeHead,
  file: FileRecord,
  block: (i: number) => number,
  blockSize: number,
): void {
  let holes = 0;
  for (let i = 0; i < file.blocks; i++) if (block(i) === 0) holes++;
  const large = file.position > NONE32 || file.size > NONE32;
  const extended = large || holes > 0 || inode.nlink > 1 || inode.xattrs !== NONE32;
  head(stream, inode, extended);
  if (extended) {
    stream.u64(file.position);
    stream.u64(file.size);
    stream.u64(holes * blockSize);
    stream.u32(inode.nlink);
    stream.u32(file.fragment);
    stream.u32(file.offset);
    stream.u32(inode.xattrs);
  } else {
    stream.u32(file.position);
    stream.u32(file.fragment);
    stream.u32(file.offset);
    stream.u32(file.size);
  }
  for (let i = 0; i < file.blocks; i++) stream.u32(block(i));
}

/** squashfs_dir_inode or squashfs_ldir_inode. */
export function dirInode(stream: MetadataStream, inode: InodeHead, listing: Listing, parent: number): void {
  const size = listing.size + DOTS;
  const extended = size > LIMIT16 || listing.index.length > 0 || inode.xattrs !== NONE32;
  head(stream, inode, extended);
  if (!extended) {
    stream.u32(listing.startBlock);
    stream.u32(inode.nlink);
    stream.u16(size);
    stream.u16(listing.offset);
    stream.u32(parent);
    return;
  }
  // The count has 16 bits. The index only speeds looking up, so what does not fit is left out.
  const index = listing.index.slice(0, LIMIT16);
  stream.u32(inode.nlink);
  stream.u32(size);
  stream.u32(listing.startBlock);
  stream.u32(parent);
  stream.u16(index.length);
  stream.u16(listing.offset);
  stream.u32(inode.xattrs);
  for (const entry of index) {
    stream.u32(entry.index);
    stream.u32(entry.startBlock);
    stream.u32(entry.name.length - 1);
    stream.bytes(entry.name);
  }
}

/** squashfs_symlink_inode; the extended form appends the attributes. */
export function symlinkInode(stream: MetadataStream, inode: InodeHead, target: Uint8Array): void {
  const extended = inode.xattrs !== NONE32;
  head(stream, inode, extended);
  stream.u32(inode.nlink);
  stream.u32(target.length);
  stream.bytes(target);
  if (extended) stream.u32(inode.xattrs);
}

/** squashfs_dev_inode and squashfs_ipc_inode, basic or extended. */
export function specialInode(stream: MetadataStream, inode: InodeHead, device: number): void {
  const extended = inode.xattrs !== NONE32;
  head(stream, inode, extended);
  stream.u32(inode.nlink);
  if (inode.type === TYPE.char || inode.type === TYPE.block) stream.u32(device);
  if (extended) stream.u32(inode.xattrs);
}

/** A device number as `new_encode_dev` of linux/kdev_t.h packs it: 12 bits of major, 20 of minor. */
export function encodeDevice(major: number, minor: number): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}
