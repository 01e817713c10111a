// For the tests: takes an image apart, as far as they look into it.

import { inflateSync } from "node:zlib";
import { readSuperblock, type Superblock } from "../../src/fs/squashfs/superblock.ts";

/** The content of consecutive metadata blocks. */
export function unpackMetadata(stored: Uint8Array, compression: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  const view = new DataView(stored.buffer, stored.byteOffset, stored.length);
  for (let at = 0; at < stored.length;) {
    const field = view.getUint16(at, true);
    const raw = stored.subarray(at + 2, at + 2 + (field & 0x7fff));
    pieces.push((field & 0x8000) !== 0 ? raw : decompress(raw, compression));
    at += 2 + raw.length;
  }
  return new Uint8Array(Buffer.concat(pieces));
}

export function decompress(packed: Uint8Array, compression: string): Uint8Array {
  return compression === "zstd" ? Bun.zstdDecompressSync(packed) : inflateSync(packed);
}

export interface OpenedImage {
  bytes: Uint8Array;
  superblock: Superblock;
  inodes: Uint8Array;
  directories: Uint8Array;
  /** What is stored between the superblock and the inodes. */
  data: Uint8Array;
}

/** Reads an image whose tables are all there, but for the attributes. */
export async function openImage(path: string): Promise<OpenedImage> {
  const bytes = new Uint8Array(await Bun.file(path).arrayBuffer());
  const superblock = readSuperblock(bytes, bytes.length, path);
  const { tables, compression } = superblock;
  const part = (from: bigint, to: bigint): Uint8Array => bytes.subarray(Number(from), Number(to));
  // The listings end where the first table behind them begins: at the first block that its list names.
  const view = new DataView(bytes.buffer);
  const list = superblock.fragments > 0 ? tables.fragments : tables.lookup;
  const end = view.getBigUint64(Number(list), true);
  return {
    bytes,
    superblock,
    inodes: unpackMetadata(part(tables.inodes, tables.directories), compression),
    directories: unpackMetadata(part(tables.directories, end), compression),
    data: part(96n, tables.inodes),
  };
}
