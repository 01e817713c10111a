import { expect, test } from "bun:test";
import { byteString, display, fromBytes, toBytes } from "./bytes.ts";

test("bytes survive the way to a string and back, whatever they are", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(new Uint8Array(toBytes(fromBytes(all)))).toEqual(all);
  const long = new Uint8Array(10_000).fill(0xfe);
  expect(fromBytes(long)).toBe("\xfe".repeat(10_000));
  expect(fromBytes(new Uint8Array(0))).toBe("");
});

test("text becomes its UTF-8", () => {
  expect(byteString("é")).toBe("\xc3\xa9");
});

test("messages show UTF-8 as text and let nothing reach the terminal", () => {
  expect(display("\xc3\xa9/a")).toBe('"é/a"');
  expect(display("\x1b[31m\n\x7f")).toBe('"\\u001b[31m\\n?"');
  expect(display("\xff")).toBe('"\ufffd"');
});
