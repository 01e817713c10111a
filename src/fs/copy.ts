// Taking a squashfs file that somebody else made into the store: copied and digested in one pass.

import { SysError, UserError } from "../errors.ts";
import { O_RDONLY } from "../sys/abi/consts.gen.ts";
import { call, must } from "../sys/call.ts";
import { close, openIfThere, read, write } from "../sys/file.ts";
import { addressOf } from "../sys/gate.ts";
import { PADDING, SUPERBLOCK_SIZE } from "./squashfs/format.ts";
import { readSuperblock, type Superblock } from "./squashfs/superblock.ts";

/** Bytes of a layer, and its SHA-256 in hexadecimal. */
export interface Written {
  readonly bytes: number;
  readonly digest: string;
}

/** Bytes done, and bytes there are. */
export type Progress = (done: number, total: number) => void;

const CHUNK = 1024 * 1024;

/** Reads the superblock of the file that is open as `fd`; its position stays. Throws UserError where it is not sound. */
export function superblockOf(fd: number, size: number, name: string): Superblock {
  const bytes = new Uint8Array(new ArrayBuffer(SUPERBLOCK_SIZE));
  const got = must(call("pread64", fd, addressOf(bytes), bytes.length, 0), `read ${name}`);
  return readSuperblock(bytes.subarray(0, got), size, name);
}

/**
 * Copies `size` bytes and fills the last block with zeros: a loop device shows whole sectors only, and would hide the
 * end of a file that was made without padding. The digest is that of what was written.
 */
export function copyPadded(from: number, to: number, size: number, name: string, progress: Progress): Written {
  const hasher = new Bun.CryptoHasher("sha256");
  const buffer = new Uint8Array(new ArrayBuffer(CHUNK));
  const put = (bytes: Uint8Array) => {
    hasher.update(bytes);
    write(to, bytes, "the new layer");
  };
  for (let done = 0; done < size; progress(done, size)) {
    const got = read(from, buffer.subarray(0, Math.min(CHUNK, size - done)), name);
    if (got === 0) throw new UserError(`cannot import ${name}: it became shorter while it was read`);
    put(buffer.subarray(0, got));
    done += got;
  }
  const padding = padded(size) - size;
  if (padding > 0) put(new Uint8Array(new ArrayBuffer(padding)));
  return { bytes: size + padding, digest: hasher.digest("hex") };
}

/** SHA-256 of a file in hexadecimal; undefined where it is not there or cannot be read. */
export function digestOf(path: string): string | undefined {
  const fd = openIfThere(path, O_RDONLY);
  if (fd === undefined) return undefined;
  const hasher = new Bun.CryptoHasher("sha256");
  const buffer = new Uint8Array(new ArrayBuffer(CHUNK));
  try {
    for (let got = read(fd, buffer, path); got > 0; got = read(fd, buffer, path))
      hasher.update(buffer.subarray(0, got));
    return hasher.digest("hex");
  } catch (error) {
    // A bad disk: what cannot be read is as good as lost.
    if (error instanceof SysError) return undefined;
    throw error;
  } finally {
    close(fd);
  }
}

/** The size in whole blocks. */
export function padded(size: number): number {
  return Math.ceil(size / PADDING) * PADDING;
}
