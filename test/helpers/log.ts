// Logs as the monitor writes them.

import { LOG_FRAME } from "../../src/plan/memory.ts";

export interface FrameFields {
  readonly seconds?: number;
  readonly nanoseconds?: number;
  readonly length?: number;
  readonly stream?: number;
  readonly magic?: number;
}

/** A frame's bytes: stdout at second 1 unless said otherwise. `fields` may lie about the data. */
export function frame(data: string | Uint8Array, fields: FrameFields = {}): Buffer {
  const bytes = Buffer.from(data);
  const header = Buffer.alloc(LOG_FRAME.size);
  header.writeBigUInt64LE(BigInt(fields.seconds ?? 1), LOG_FRAME.seconds);
  header.writeBigUInt64LE(BigInt(fields.nanoseconds ?? 0), LOG_FRAME.nanoseconds);
  header.writeUInt32LE(fields.length ?? bytes.length, LOG_FRAME.length);
  header.writeUInt16LE(fields.stream ?? 1, LOG_FRAME.stream);
  header.writeUInt16LE(fields.magic ?? LOG_FRAME.magicValue, LOG_FRAME.magic);
  return Buffer.concat([header, bytes]);
}

/** A function that gives the bytes in pieces of at most `size`, as read(2) might. */
export function source(bytes: Uint8Array, size = Infinity): (into: Uint8Array) => number {
  let at = 0;
  return (into) => {
    const piece = bytes.subarray(at, at + Math.min(size, into.length));
    into.set(piece);
    at += piece.length;
    return piece.length;
  };
}
