import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";

import { UserError } from "../errors.ts";
import { type ElfNeeds, readElf } from "./elf.ts";

interface Parts {
  interpreter?: string;
  needed?: readonly string[];
  soname?: string;
}

/** Where the parts of the file made here lie. */
const PHDRS = 64;
const DYNAMIC = 512;
const STRINGS = 1024;
const SIZE = 8192;
/** What the file's bytes are loaded at. */
const BASE = 0x400000;

const PT = { load: 1, dynamic: 2, interp: 3 };
const DT = { needed: 1, strtab: 5, soname: 14 };

/** A file with the headers that the reader looks at, and nothing else. */
function makeElf(parts: Parts): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(SIZE));
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setBigUint64(32, BigInt(PHDRS), true);
  view.setUint16(54, 56, true);
  let end = STRINGS + 1;
  const string = (text: string) => {
    const at = end;
    end += new TextEncoder().encodeInto(`${text}\0`, bytes.subarray(at)).written;
    return at;
  };
  const dynamic: [number, number][] = (parts.needed ?? []).map((name) => [DT.needed, string(name) - STRINGS]);
  if (parts.soname !== undefined) dynamic.push([DT.soname, string(parts.soname) - STRINGS]);
  if (dynamic.length > 0) dynamic.push([DT.strtab, BASE + STRINGS]);
  dynamic.forEach(([tag, value], index) => {
    view.setBigUint64(DYNAMIC + index * 16, BigInt(tag), true);
    view.setBigUint64(DYNAMIC + index * 16 + 8, BigInt(value), true);
  });
  const headers = [[PT.load, 0, BASE, SIZE]];
  if (dynamic.length > 0) headers.push([PT.dynamic, DYNAMIC, BASE + DYNAMIC, (dynamic.length + 1) * 16]);
  if (parts.interpreter !== undefined) headers.push([PT.interp, string(parts.interpreter), 0, 0]);
  headers.forEach(([type = 0, offset = 0, address = 0, size = 0], index) => {
    const at = PHDRS + index * 56;
    view.setUint32(at, type, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 16, BigInt(address), true);
    view.setBigUint64(at + 32, BigInt(size), true);
  });
  view.setUint16(56, headers.length, true);
  return bytes;
}

const read = (bytes: Uint8Array): ElfNeeds =>
  readElf((offset, length) => bytes.subarray(offset, offset + length), "/bin/x");

test.each<Parts>([
  {},
  { interpreter: "/lib64/ld-linux-x86-64.so.2", needed: ["libc.so.6", "libm.so.6"] },
  { needed: ["libc.so.6"], soname: "libm.so.6" },
  { soname: "libc.so.6" },
  { interpreter: "/lib/ld-musl-aarch64.so.1", needed: Array.from({ length: 20 }, (_, n) => `lib${n}.so.${n}`) },
  { needed: ["x".repeat(4000)] },
])("reads %j", (parts) => {
  expect(read(makeElf(parts))).toEqual({ needed: [], ...parts });
});

/** The bytes of a sound file, changed. */
function broken(change: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = makeElf({ interpreter: "/lib/ld.so", needed: ["libc.so.6"], soname: "x.so" });
  change(new DataView(bytes.buffer), bytes);
  return bytes;
}

const FAR = 2n ** 63n;

test.each<[string, Uint8Array]>([
  ["too short for an ELF header", new Uint8Array(0)],
  ["too short for an ELF header", makeElf({}).subarray(0, 63)],
  ["it is not an ELF file", new Uint8Array(64)],
  ["it is not an ELF file", new TextEncoder().encode(`#!/bin/sh\n${"#".repeat(100)}`)],
  ["not a 64-bit little-endian", broken((view) => view.setUint8(4, 1))],
  ["not a 64-bit little-endian", broken((view) => view.setUint8(5, 2))],
  ["program headers have an unknown form", broken((view) => view.setUint16(54, 32, true))],
  ["program headers have an unknown form", broken((view) => view.setUint16(56, 0xffff, true))],
  ["program headers lie past its end", broken((view) => view.setBigUint64(32, FAR, true))],
  ["program headers lie past its end", broken((view) => view.setBigUint64(32, BigInt(SIZE - 10), true))],
  ["dynamic section lies past its end", broken((view) => view.setBigUint64(PHDRS + 56 + 8, FAR, true))],
  ["dynamic section is too long", broken((view) => view.setBigUint64(PHDRS + 56 + 32, FAR, true))],
  ["string table is not loaded", broken((view) => view.setBigUint64(DYNAMIC + 2 * 16 + 8, 5n, true))],
  ["has no string table", broken((view) => view.setBigUint64(DYNAMIC + 2 * 16, 99n, true))],
  ["a name in it is empty or has no end", broken((view) => view.setBigUint64(DYNAMIC + 8, FAR, true))],
  ["a name in it is empty or has no end", broken((view) => view.setBigUint64(DYNAMIC + 8, 6000n, true))],
  ["a name in it is empty or has no end", broken((view) => view.setBigUint64(PHDRS + 112 + 8, 1n << 52n, true))],
  ["a name in it is empty or has no end", broken((_, bytes) => bytes.fill(0x61, STRINGS))],
])("refuses a file: %s", (problem, bytes) => {
  expect(() => read(bytes)).toThrow(UserError);
  expect(() => read(bytes)).toThrow(`cannot read /bin/x: `);
  expect(() => read(bytes)).toThrow(problem);
});

test("every cut and many changed bytes are read or refused, never worse", () => {
  const whole = makeElf({ interpreter: "/lib/ld.so", needed: ["libc.so.6"], soname: "x.so" });
  let refused = 0;
  const attempt = (bytes: Uint8Array) => {
    try {
      expect(read(bytes).needed.length).toBeLessThan(4096);
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      refused++;
    }
  };
  for (let length = 0; length < 1200; length += 3) attempt(whole.subarray(0, length));
  for (let at = 0; at < 700; at++) {
    for (const value of [0, 1, 0x7f, 0xff]) {
      const bytes = whole.slice();
      bytes[at] = value;
      attempt(bytes);
    }
  }
  expect(refused).toBeGreaterThan(300);
});

test("reads the program that runs this", () => {
  const bytes = readFileSync(process.execPath);
  const { interpreter, needed } = read(bytes);
  expect(interpreter).toMatch(/^\/.*\/ld-/);
  expect(needed.some((name) => name.startsWith("libc."))).toBe(true);
});
