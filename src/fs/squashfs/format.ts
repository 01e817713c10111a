// The numbers of squashfs 4.0 as it lies on the disk. Source: fs/squashfs/squashfs_fs.h and
// Documentation/filesystems/squashfs.rst of the Linux kernel. All fields are little-endian.

import type { FileKind } from "../../sys/kinds.ts";

/** A string with one character per byte (latin1): names in a file system are bytes, not text. */
export type ByteString = string;

export const MAJOR = 4;
export const MINOR = 0;
/** Bytes of struct squashfs_super_block. */
export const SUPERBLOCK_SIZE = 96;
/** Uncompressed bytes of an inode, directory or table block. */
export const METADATA_SIZE = 8192;
/** Set in a metadata block's 16-bit length when the block is stored as it is. */
export const METADATA_RAW = 0x8000;
/** Set in a data block's 32-bit length when the block is stored as it is. */
export const DATA_RAW = 0x1000000;
export const BLOCK_SIZE_MIN = 4096;
export const BLOCK_SIZE_MAX = 1048576;
/** Entries behind one directory header at most. */
export const DIR_COUNT = 256;
/** "No fragment" and "no extended attributes" in an inode. */
export const NONE32 = 0xffffffff;
/** A table that is not there, in the superblock. */
export const NO_TABLE = 0xffffffffffffffffn;
/** The image is padded to whole blocks of this size, so that a loop device can hold all of it. */
export const PADDING = 4096;

/** Limits of Linux (limits.h) that a mounted image could not get past. */
export const NAME_MAX = 255;
export const TARGET_MAX = 4095;

export const COMPRESSIONS = ["gzip", "lzma", "lzo", "xz", "lz4", "zstd"] as const;
/** The superblock's `compression` is the index here plus 1. */
export type Compression = (typeof COMPRESSIONS)[number];

/** Bits of the superblock's `flags`. */
export const FLAG = {
  alwaysFragments: 0x20,
  duplicates: 0x40,
  exportable: 0x80,
  noXattrs: 0x200,
} as const;

/** Inode types; directory entries know only these, the extended form of each is `+ EXTENDED`. */
export const TYPE: Readonly<Record<FileKind, number>> = {
  dir: 1,
  file: 2,
  symlink: 3,
  block: 4,
  char: 5,
  fifo: 6,
  socket: 7,
};
export const EXTENDED = 7;

/** Name spaces of extended attributes that squashfs can hold; the index is the type on the disk. */
export const XATTR_PREFIXES = ["user.", "trusted.", "security."] as const;
