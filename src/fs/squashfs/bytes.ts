// Byte strings: JS strings with one character per byte, so that names which are not UTF-8 survive.

import type { ByteString } from "./format.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export function toBytes(text: ByteString): Uint8Array {
  return Buffer.from(text, "latin1");
}

/** Names pass through here: a Buffer made over them each time would cost several times as much. */
const room = Buffer.alloc(4096);

export function fromBytes(bytes: Uint8Array): ByteString {
  if (bytes.length > room.length) return Buffer.from(bytes).toString("latin1");
  room.set(bytes);
  return room.toString("latin1", 0, bytes.length);
}

/** The byte string that holds a text's UTF-8. */
export function byteString(text: string): ByteString {
  return fromBytes(encoder.encode(text));
}

/** For messages: as UTF-8 where it is that, without anything that could drive a terminal. */
export function display(text: ByteString): string {
  return JSON.stringify(decoder.decode(toBytes(text))).replace(/[\u007f-\u009f]/g, "?");
}
