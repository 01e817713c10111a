// pack and unpack: golden bytes against what a C compiler lays out, and values that no field should swallow.

import { describe, expect, test } from "bun:test";
import * as structs from "./abi/structs.gen.ts";
import {
  CLONE_ARGS,
  IFINFOMSG,
  NLMSGHDR,
  SIGINFO_CHLD,
  SOCKADDR_UN,
  STATX,
  TERMIOS,
  WINSIZE,
} from "./abi/structs.gen.ts";
import { pack, packInto, unpack } from "./struct.ts";
import type { Layout, Values } from "./struct.ts";

/** Fields of every size and sign, packed without holes except two bytes before `u32`. */
const ALL = {
  size: 40,
  fields: {
    u8: [0, 1, false],
    i8: [1, 1, true],
    u16: [2, 2, false],
    i16: [4, 2, true],
    u32: [8, 4, false],
    i32: [12, 4, true],
    u64: [16, 8, false],
    i64: [24, 8, true],
    raw: [32, 8, "bytes"],
  },
} as const satisfies Layout;

const RANGES = [
  ["u8", 0n, 0xffn],
  ["i8", -0x80n, 0x7fn],
  ["u16", 0n, 0xffffn],
  ["i16", -0x8000n, 0x7fffn],
  ["u32", 0n, 0xffff_ffffn],
  ["i32", -0x8000_0000n, 0x7fff_ffffn],
  ["u64", 0n, 0xffff_ffff_ffff_ffffn],
  ["i64", -0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn],
] as const;

describe("pack", () => {
  test("lays out a netlink header as C does", () => {
    const bytes = pack(NLMSGHDR, { nlmsg_len: 32, nlmsg_type: 16, nlmsg_flags: 0x605, nlmsg_seq: 1, nlmsg_pid: 0 });
    expect(bytes.toHex()).toBe("20000000" + "1000" + "0506" + "01000000" + "00000000");
  });

  test("keeps padding and missing fields zero, and writes negative numbers in two's complement", () => {
    const bytes = pack(IFINFOMSG, { ifi_family: 2, ifi_index: -2, ifi_change: 0xffff_ffff });
    expect(bytes.toHex()).toBe("02" + "00" + "0000" + "feffffff" + "00000000" + "ffffffff");
  });

  test("takes numbers above 2^32 and bigints in 8-byte fields", () => {
    const bytes = pack(CLONE_ARGS, { flags: 0x2_0000_0000, exit_signal: 17n, cgroup: 9 });
    expect(bytes.length).toBe(88);
    const golden = new Uint8Array(88);
    golden[4] = 2;
    golden[32] = 17;
    golden[80] = 9;
    expect(bytes).toEqual(golden);
  });

  test("fills byte fields from the front and takes exactly full ones", () => {
    const path = new TextEncoder().encode("/run/x");
    const bytes = pack(SOCKADDR_UN, { sun_family: 1, sun_path: path });
    expect(bytes.length).toBe(110);
    expect(bytes.subarray(0, 10).toHex()).toBe("01002f72756e2f780000");
    const full = pack(SOCKADDR_UN, { sun_path: new Uint8Array(108).fill(0x61) });
    expect(full[109]).toBe(0x61);
    expect(pack(SOCKADDR_UN, { sun_path: new Uint8Array(0) })).toEqual(new Uint8Array(110));
  });

  test("gives every structure a buffer of its own", () => {
    const a = pack(WINSIZE, { ws_row: 24 });
    const b = pack(WINSIZE, { ws_row: 25 });
    expect(a.buffer).not.toBe(b.buffer);
    expect(a.buffer.byteLength).toBe(8);
    expect(a[0]).toBe(24);
  });

  test("refuses, by type, fields that a structure does not have and values of the wrong kind", () => {
    // @ts-expect-error the structure has no such field
    expect(() => pack(WINSIZE, { ws_rows: 24 })).toThrow("field ws_rows: the structure has none of this name");
    // @ts-expect-error a number field takes no bytes
    expect(() => pack(WINSIZE, { ws_row: new Uint8Array(2) })).toThrow("field ws_row");
    // @ts-expect-error a byte field takes no string
    expect(() => pack(SOCKADDR_UN, { sun_path: "/run/x" })).toThrow("field sun_path: /run/x is not a Uint8Array");
  });
});

describe("ranges", () => {
  for (const [name, least, most] of RANGES) {
    test(`${name} takes its whole range and nothing more`, () => {
      for (const value of [least, most]) {
        expect(BigInt(unpack(ALL, pack(ALL, { [name]: value }))[name])).toBe(value);
      }
      for (const value of [least - 1n, most + 1n, 1n << 200n, -(1n << 200n)]) {
        expect(() => pack(ALL, { [name]: value })).toThrow(RangeError);
        expect(() => pack(ALL, { [name]: value })).toThrow(`field ${name}: ${value} is not`);
      }
    });

    test(`${name} refuses what is no whole number`, () => {
      const hostile: unknown[] = [
        NaN,
        Infinity,
        -Infinity,
        0.5,
        1e-9,
        2 ** 53,
        -(2 ** 53),
        "1",
        "",
        null,
        undefined,
        true,
        {},
        [],
      ];
      for (const value of hostile) {
        const values = { [name]: value } as Values<typeof ALL>;
        expect(() => pack(ALL, values)).toThrow(RangeError);
      }
    });
  }

  test("the message says what the field takes", () => {
    expect(() => pack(WINSIZE, { ws_row: 65536 })).toThrow("field ws_row: 65536 is not an unsigned integer of 2 bytes");
    expect(() => pack(ALL, { i8: 128 })).toThrow("field i8: 128 is not a signed integer of 1 byte");
    const long = new Uint8Array(109);
    expect(() => pack(SOCKADDR_UN, { sun_path: long })).toThrow("field sun_path: 109 bytes given, 108 is the most");
  });

  test("names from an object's prototype are not fields", () => {
    for (const name of ["constructor", "toString", "__proto__"]) {
      const values = Object.fromEntries([[name, 1]]) as Values<typeof ALL>;
      expect(() => pack(ALL, values)).toThrow(`field ${name}: the structure has none of this name`);
    }
  });
});

describe("packInto", () => {
  test("writes at an offset of a view that itself has one, clears what was there, and nothing beside it", () => {
    const memory = new Uint8Array(new ArrayBuffer(24)).fill(0xee);
    packInto(WINSIZE, { ws_col: 80 }, new DataView(memory.buffer, 4, 16), 3);
    expect(memory.toHex()).toBe("eeeeeeeeeeeeee" + "0000500000000000" + "eeeeeeeeeeeeeeeeee");
  });

  test("refuses a structure that leaves the view, before it writes", () => {
    const memory = new Uint8Array(new ArrayBuffer(16)).fill(0xee);
    const view = new DataView(memory.buffer, 0, 8);
    for (const offset of [1, 8, -1, 0.5, NaN, Infinity, 2 ** 40]) {
      expect(() => packInto(WINSIZE, { ws_row: 1 }, view, offset)).toThrow(RangeError);
    }
    expect(memory).toEqual(new Uint8Array(16).fill(0xee));
  });
});

describe("unpack", () => {
  test("reads a child's siginfo as waitid leaves it", () => {
    const bytes = new Uint8Array(128);
    bytes.set(
      Uint8Array.fromHex("11000000" + "00000000" + "01000000" + "00000000" + "39300000" + "e8030000" + "89000000"),
    );
    expect(unpack(SIGINFO_CHLD, bytes)).toEqual({
      si_signo: 17,
      si_errno: 0,
      si_code: 1,
      si_pid: 12345,
      si_uid: 1000,
      si_status: 137,
    });
  });

  test("gives 8-byte fields as numbers while they are exact, then as bigints", () => {
    const read = (u64: bigint, i64: bigint) => {
      const { u64: u, i64: i } = unpack(ALL, pack(ALL, { u64, i64 }));
      return [u, i];
    };
    expect(read(0n, -1n)).toEqual([0, -1]);
    expect(read((1n << 53n) - 1n, -(1n << 53n) + 1n)).toEqual([2 ** 53 - 1, -(2 ** 53) + 1]);
    expect(read(1n << 53n, -(1n << 53n))).toEqual([1n << 53n, -(1n << 53n)]);
    expect(read((1n << 53n) + 1n, -(1n << 53n) - 1n)).toEqual([(1n << 53n) + 1n, -(1n << 53n) - 1n]);
  });

  test("reads times before 1970 as negative", () => {
    const { stx_mtime_sec, stx_mtime_nsec } = unpack(
      STATX,
      pack(STATX, { stx_mtime_sec: -1, stx_mtime_nsec: 999_999_999 }),
    );
    expect([stx_mtime_sec, stx_mtime_nsec]).toEqual([-1, 999_999_999]);
  });

  test("copies byte fields", () => {
    const bytes = pack(TERMIOS, { c_cc: Uint8Array.of(3, 28, 127) });
    const { c_cc } = unpack(TERMIOS, bytes);
    bytes.fill(0xff);
    expect(c_cc.length).toBe(19);
    expect(c_cc.subarray(0, 4)).toEqual(Uint8Array.of(3, 28, 127, 0));
  });

  test("reads at an offset of a part of a buffer", () => {
    const memory = new Uint8Array(32);
    memory.set(pack(WINSIZE, { ws_row: 24, ws_col: 80 }), 13);
    expect(unpack(WINSIZE, memory.subarray(10, 30), 3)).toEqual({ ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 });
  });

  test("refuses a structure that leaves the bytes, also where the buffer behind them goes on", () => {
    const part = new Uint8Array(new ArrayBuffer(64), 0, 8);
    expect(() => unpack(WINSIZE, part.subarray(0, 7))).toThrow(
      "structure of 8 bytes at offset 0: there are only 7 bytes",
    );
    for (const offset of [1, 8, -8, 0.5, NaN]) expect(() => unpack(WINSIZE, part, offset)).toThrow(RangeError);
  });
});

test("every generated structure survives a round trip with all bits set", () => {
  for (const [name, layout] of Object.entries<Layout>(structs)) {
    const ones = new Uint8Array(layout.size).fill(0xff);
    const again = pack(layout, unpack(layout, ones) as Values<Layout>);
    const covered = new Uint8Array(layout.size);
    for (const [at, size] of Object.values(layout.fields)) covered.fill(0xff, at, at + size);
    expect(again, name).toEqual(covered);
  }
});
