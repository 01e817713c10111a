// The seven kinds of files, as words, and device numbers.

import {
  DT_BLK,
  DT_CHR,
  DT_DIR,
  DT_FIFO,
  DT_LNK,
  DT_REG,
  DT_SOCK,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
} from "./abi/consts.gen.ts";

export type FileKind = "file" | "dir" | "symlink" | "char" | "block" | "fifo" | "socket";

const BY_MODE: Readonly<Record<number, FileKind>> = {
  [S_IFREG]: "file",
  [S_IFDIR]: "dir",
  [S_IFLNK]: "symlink",
  [S_IFCHR]: "char",
  [S_IFBLK]: "block",
  [S_IFIFO]: "fifo",
  [S_IFSOCK]: "socket",
};

const BY_DIRENT: Readonly<Record<number, FileKind>> = {
  [DT_REG]: "file",
  [DT_DIR]: "dir",
  [DT_LNK]: "symlink",
  [DT_CHR]: "char",
  [DT_BLK]: "block",
  [DT_FIFO]: "fifo",
  [DT_SOCK]: "socket",
};

/** The kind for the S_IFMT bits of a mode. */
export function kindOfMode(format: number): FileKind {
  const kind = BY_MODE[format];
  if (kind === undefined) throw new RangeError(`no kind of file has the format bits 0o${format.toString(8)}`);
  return kind;
}

/** The kind for a directory entry's type; "unknown" on file systems that do not say. */
export function kindOfDirent(type: number): FileKind | "unknown" {
  return BY_DIRENT[type] ?? "unknown";
}

/** A device number in one 32-bit word, as mknod(2) takes it (new_encode_dev in linux/kdev_t.h). */
export function deviceNumber(major: number, minor: number): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) << 12)) >>> 0;
}
