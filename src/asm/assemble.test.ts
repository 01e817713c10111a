// The file's layout, what the special names stand for, and the programs that are refused.

import { describe, expect, test } from "bun:test";
import { bytes, call, exit, label, program, section, slot, vector, zero } from "../../test/asm/programs.ts";
import type { Datum, Op, Program, Section } from "./ir.ts";
import { assemble } from "./assemble.ts";

const FDS = new Map([["log", 7]]);
const ARCHES = ["x64", "arm64"] as const;

interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly align: number;
}

function segments(elf: Uint8Array): Segment[] {
  const view = new DataView(elf.buffer);
  return Array.from({ length: view.getUint16(56, true) }, (_, index) => {
    const at = 64 + 56 * index;
    const long = (offset: number): number => Number(view.getBigUint64(at + offset, true));
    return {
      type: view.getUint32(at, true),
      flags: view.getUint32(at + 4, true),
      offset: long(8),
      address: long(16),
      fileSize: long(32),
      memorySize: long(40),
      align: long(48),
    };
  });
}

/** The file's bytes at an address. */
function contents(elf: Uint8Array, address: number, size: number): Uint8Array {
  const segment = segments(elf).find((it) => address >= it.address && address < it.address + it.fileSize);
  if (segment === undefined) throw new Error("the address is not in the file");
  const start = address - segment.address + segment.offset;
  return elf.subarray(start, start + size);
}

const monitor = (ops: readonly Op[] = [exit(0)]): Section => section(ops, { name: "monitor", resident: true });

describe.each(ARCHES)("a file for %s", (arch) => {
  test("has the header of a static executable that starts with the first section", () => {
    const { elf, symbols } = assemble(program([monitor(), section([label("later"), exit(1)])]), arch, FDS);
    const view = new DataView(elf.buffer);
    expect(elf.subarray(0, 16).toHex()).toBe("7f454c46020101000000000000000000");
    expect(view.getUint16(16, true)).toBe(2);
    expect(view.getUint16(18, true)).toBe(arch === "x64" ? 62 : 183);
    expect(view.getBigUint64(24, true)).toBe(0x400000n + 64n + 4n * 56n);
    expect(view.getBigUint64(40, true)).toBe(0n);
    expect([view.getUint16(52, true), view.getUint16(54, true), view.getUint16(60, true)]).toEqual([64, 56, 0]);
    expect(symbols.get("later")).toBeGreaterThan(0x410000);
  });

  test("has segments that 4, 16 and 64 KB pages can map, none writable and executable", () => {
    const data = { big: bytes(new Uint8Array(200_001), 1, true), name: bytes("x\0"), buffer: zero(100_000) };
    const { elf } = assemble(program([section([call("getpid", [])]), monitor()], data), arch, FDS);
    const all = segments(elf);
    expect(all.map(({ type, flags }) => [type, flags])).toEqual([
      [1, 5],
      [1, 5],
      [1, 6],
      [0x6474e551, 6],
    ]);
    const loaded = all.slice(0, 3);
    for (const [index, segment] of loaded.entries()) {
      expect(segment.align).toBe(0x10000);
      expect(segment.address % 0x10000).toBe(segment.offset % 0x10000);
      const before = loaded[index - 1];
      // In a 64 KB block of its own.
      if (before === undefined) expect([segment.address, segment.offset]).toEqual([0x400000, 0]);
      else {
        const end = before.address + before.memorySize;
        expect(Math.floor(segment.address / 0x10000)).toBeGreaterThan(Math.floor((end - 1) / 0x10000));
      }
    }
    expect(loaded.map(({ fileSize }) => fileSize > 0)).toEqual([true, true, false]);
    expect(elf.length).toBe(loaded.reduce((sum, { fileSize }) => sum + fileSize, 0));
  });

  test("has no launch segment if everything is resident", () => {
    // Whatever the size of the resident part is modulo 4.
    for (let size = 0; size < 4; size++) {
      const launch = call("madvise", [{ ref: "@launch", at: 0 }, { ref: "@launch.size", at: 0 }, 4]);
      const it = program([monitor([launch, exit(0)])], { odd: bytes(new Uint8Array(size), 1, true) });
      const { elf, launch: pages } = assemble(it, arch, FDS);
      expect(segments(elf).map(({ type }) => type)).toEqual([1, 1, 0x6474e551]);
      expect(pages).toEqual({ address: 0, size: 0 });
    }
  });

  test("names the pages of the launch", () => {
    const refs = { kind: "vector", refs: [{ ref: "@launch", at: 0 }] } satisfies Datum;
    for (const size of [1, 5000, 123_456]) {
      const data = { big: bytes(new Uint8Array(size)), refs: { datum: refs, resident: true } };
      const { elf, launch, symbols } = assemble(program([section([call("getpid", [])]), monitor()], data), arch, FDS);
      const segment = segments(elf)[1];
      if (segment === undefined) throw new Error("there is no launch segment");
      expect([launch.address % 4096, launch.size % 4096]).toEqual([0, 0]);
      expect(launch.address).toBeLessThanOrEqual(segment.address);
      expect(launch.address + 4096).toBeGreaterThan(segment.address);
      const spare = launch.address + launch.size - (segment.address + segment.memorySize);
      expect(spare).toBeGreaterThanOrEqual(0);
      expect(spare).toBeLessThan(4096);
      const address = new DataView(elf.slice().buffer).getBigUint64((symbols.get("refs") ?? 0) - 0x400000, true);
      expect(address).toBe(BigInt(launch.address));
    }
  });

  test("begins the launch code at a multiple of 4, whatever the resident part ends with", () => {
    for (let size = 0; size < 4; size++) {
      const data = { odd: bytes(new Uint8Array(size), 1, true) };
      const { symbols } = assemble(program([monitor(), section([label("launch"), exit(0)])], data), arch, FDS);
      expect((symbols.get("launch") ?? 1) % 4).toBe(0);
    }
  });

  test("carries constants, aligned, and vectors with their final zero", () => {
    const data = {
      one: bytes("a"),
      two: bytes("bcd", 64),
      list: {
        datum: {
          kind: "vector",
          refs: [
            { ref: "two", at: 1 },
            { ref: "buffer", at: 2 },
            { ref: "here", at: 0 },
          ],
        },
        resident: false,
      },
      here: bytes("ef", 8, true),
      buffer: zero(3, 1),
    } as const;
    const { elf, symbols } = assemble(program([section([call("getpid", [])]), monitor()], data), arch, FDS);
    const at = (name: string): number => symbols.get(name) ?? 0;
    expect(at("two") % 64).toBe(0);
    expect(at("list") % 8).toBe(0);
    expect(new TextDecoder().decode(contents(elf, at("two"), 3))).toBe("bcd");
    expect(at("here")).toBeLessThan(0x410000);
    expect(at("one")).toBeGreaterThan(0x410000);
    expect([...new BigUint64Array(contents(elf, at("list"), 32).slice().buffer)]).toEqual(
      [at("two") + 1, at("buffer") + 2, at("here"), 0].map(BigInt),
    );
  });

  test("puts the slots first into the writable memory, then small data before big data", () => {
    const data = { big: zero(9000), page: zero(16, 4096), small: zero(5, 1), word: zero(8) };
    const { elf, symbols } = assemble(program([monitor()], data, 3), arch, FDS);
    const offsets = ["small", "word", "page", "big"].map((name) => {
      return (symbols.get(name) ?? 0) - (symbols.get("@slots") ?? 0);
    });
    expect(offsets).toEqual([24, 32, 4096, 4112]);
    expect(segments(elf)[1]).toMatchObject({ address: symbols.get("@slots"), fileSize: 0, memorySize: 4112 + 9000 });
  });

  test("is the same for the same program, and the program is left alone", () => {
    const it = program(
      [
        section([call("write", [{ fd: "log" }, { ref: "text", at: 0 }, slot(2)], { onError: "fail" })]),
        monitor([label("failed"), exit(0)]),
      ],
      { text: bytes("x") },
    );
    const before = structuredClone(it);
    const first = assemble(it, arch, FDS);
    const second = assemble(it, arch, FDS);
    expect(first.elf).toEqual(second.elf);
    expect(first.symbols).toEqual(second.symbols);
    expect(it).toEqual(before);
  });
});

test("a monitor of 80 calls with its strings stays within a page on x86-64", () => {
  const text = (index: number): string => `/proc/self/name-${index}\0`;
  const data = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`t${index}`, bytes(text(index), 1, true)]));
  const calls = Array.from({ length: 80 }, (_, index) =>
    call("openat", [-100, { ref: `t${index % 30}`, at: 0 }, slot(index % 12), 0o600], {
      into: slot(3),
      onError: "fail",
    }),
  );
  const { elf } = assemble(program([monitor([label("failed"), ...calls, exit(0)])], data, 20), "x64", FDS);
  expect(elf.length).toBeLessThan(4096);
});

describe("programs that make no sense", () => {
  const ok = monitor([label("failed"), exit(0)]);
  const refused = (message: string, it: Program): void => {
    test(message, () => {
      for (const arch of ARCHES) expect(() => assemble(it, arch, FDS)).toThrow(message);
    });
  };
  const op = (message: string, it: Op, data: Parameters<typeof program>[1] = {}): void =>
    refused(message, program([section([it]), ok], data));

  op('unknown label "nowhere"', { kind: "jump", to: "nowhere" });
  op('unknown label "nowhere"', { kind: "branch", left: slot(2), is: "<", right: 0, to: "nowhere" });
  op('unknown label "nowhere"', call("getpid", [], { onError: { to: "nowhere" } }));
  op('unknown label "text"', { kind: "jump", to: "text" }, { text: bytes("x") });
  op('unknown datum "nothing"', call("chdir", [{ ref: "nothing", at: 0 }]));
  op('unknown datum "failed"', call("chdir", [{ ref: "failed", at: 0 }]));
  op('no descriptor has the role "tty"', call("close", [{ fd: "tty" }]));
  op('unknown slot 8 ("s8")', { kind: "set", slot: slot(8), value: 0 });
  op('unknown slot -1 ("s-1")', { kind: "set", slot: slot(2), value: slot(-1) });
  op('unknown slot 1.5 ("s1.5")', { kind: "sub", slot: slot(2), value: slot(1.5) });
  op("has more than six arguments", call("futex", [0, 0, 0, 0, 0, 0, 0]));
  op('unknown system call "nosuchcall"', { ...call("getpid", []), ...JSON.parse('{"sys":"nosuchcall"}') });
  op("which is no 32-bit integer", { kind: "branch", left: slot(2), is: "<", right: 2 ** 31, to: "failed" });
  op("which is no 32-bit integer", { kind: "branch", left: slot(2), is: "<", right: -(2 ** 31) - 1, to: "failed" });
  op("which is no 32-bit integer", { kind: "branch", left: slot(2), is: "<", right: 0.5, to: "failed" });
  op("the constant 0.5 is not a safe integer", { kind: "add", slot: slot(2), value: 0.5 });
  op("the constant NaN is not a safe integer", call("close", [Number.NaN]));
  op("does not fit in 64 bits", call("close", [1n << 64n]));
  const text = { text: bytes("abc"), buffer: zero(4) };
  const read = (at: number): Op => ({
    kind: "load",
    into: slot(2),
    from: { ref: "text", at },
    width: 2,
    signed: false,
  });
  op('2 bytes at 2 are outside "text", which has 3', read(2), text);
  op('2 bytes at -1 are outside "text", which has 3', read(-1), text);
  op('0 bytes at 4 are outside "text", which has 3', call("chdir", [{ ref: "text", at: 4 }]), text);
  op('0 bytes at 0.5 are outside "text", which has 3', call("chdir", [{ ref: "text", at: 0.5 }]), text);
  op('cannot store to the constant "text"', { kind: "store", to: { ref: "text", at: 0 }, width: 1, value: 0 }, text);
  op('8 bytes at 0 are outside "buffer"', { kind: "store", to: { ref: "buffer", at: 0 }, width: 8, value: 0 }, text);
  op('1 bytes at 0 are outside "@launch"', {
    kind: "load",
    into: slot(2),
    from: { ref: "@launch", at: 0 },
    width: 1,
    signed: false,
  });
  op("is not a power of two", exit(0), { odd: bytes("x", 3) });
  op("is not a power of two", exit(0), { odd: zero(8, 0) });
  op("is not a power of two", exit(0), { huge: bytes("x", 0x20000) });
  op("is not a number of bytes", exit(0), { odd: zero(-1) });
  op("the program exceeds 2 GB", exit(0), { huge: zero(2 ** 31) });
  op('unknown datum "gone"', exit(0), { list: vector("gone") });
  op('the name "@x" begins with @', exit(0), { "@x": zero(1) });
  op('the name "@x" begins with @', label("@x"));
  op('"text" is both a label and a datum', label("text"), text);
  op('the label "failed" is defined twice', label("failed"));

  refused('unknown label "failed"', program([section([call("getpid", [], { onError: "fail" })])]));
  refused('the section "main" has no operations', program([section([]), ok]));
  refused("the program has no sections", program([]));
  refused('slot 1 ("s0") says that it is slot 0', { ...program([ok]), slots: [slot(0), slot(0)] });
  refused('unknown slot 9 ("s9")', { ...program([ok]), failure: { op: slot(0), errno: slot(9) } });
});
