// The two compressors that an image can be written with. Data blocks are compressed on Bun's pool threads, so that all
// cores work and the caller's thread stays free for reading and hashing; the small metadata blocks on the caller's
// thread, because each one's position depends on the compressed size of the one before.

import { deflate, deflateSync } from "node:zlib";
import { UserError } from "../../errors.ts";
import { COMPRESSIONS } from "./format.ts";

export interface Codec {
  /** The superblock's number for it. */
  readonly id: number;
  /** Compresses a data block off the thread; `data` must stay as it is until the promise settles. */
  block(data: Uint8Array): Promise<Uint8Array>;
  metadata(data: Uint8Array): Uint8Array;
}

const LEVELS = {
  zstd: { least: 1, most: 22, usual: 3 },
  gzip: { least: 1, most: 9, usual: 6 },
} as const;

/** `level` undefined means the usual one: 3 for zstd, 6 for gzip. */
export function makeCodec(compression: "zstd" | "gzip", level?: number): Codec {
  const { least, most, usual } = LEVELS[compression];
  const chosen = level ?? usual;
  if (!Number.isInteger(chosen) || chosen < least || chosen > most) {
    throw new UserError(`invalid compression level ${chosen}: ${compression} has ${least} to ${most}`);
  }
  const id = COMPRESSIONS.indexOf(compression) + 1;
  return compression === "zstd" ? zstd(id, chosen) : gzip(id, chosen);
}

function zstd(id: number, level: number): Codec {
  const options = { level };
  return {
    id,
    block: (data) => Bun.zstdCompress(data, options),
    metadata: (data) => Bun.zstdCompressSync(data, options),
  };
}

/** What squashfs calls gzip is the zlib format (RFC 1950). */
function gzip(id: number, level: number): Codec {
  const options = { level };
  return {
    id,
    block: (data) =>
      new Promise((resolve, reject) => {
        deflate(data, options, (error, result) => (error === null ? resolve(result) : reject(error)));
      }),
    metadata: (data) => deflateSync(data, options),
  };
}
