import { describe, expect, test } from "bun:test";
import { UserError } from "../../errors.ts";
import { encodeSuperblock, readSuperblock, type Superblock } from "./superblock.ts";

const GOOD: Superblock = {
  compression: "zstd",
  blockSize: 131072,
  bytesUsed: 5000,
  inodes: 3,
  fragments: 1,
  ids: 2,
  modTime: 1_700_000_000,
  flags: 0x2e0,
  rootInode: (7n << 16n) | 32n,
  tables: { inodes: 1000n, directories: 2000n, fragments: 3000n, lookup: 3500n, ids: 4000n, xattrs: 4500n },
};

/** The good superblock with some bytes overwritten. */
function with32(offset: number, value: number): Uint8Array {
  const bytes = encodeSuperblock(GOOD);
  new DataView(bytes.buffer).setUint32(offset, value, true);
  return bytes;
}

function with64(offset: number, value: bigint): Uint8Array {
  const bytes = encodeSuperblock(GOOD);
  new DataView(bytes.buffer).setBigUint64(offset, value, true);
  return bytes;
}

describe("a superblock", () => {
  test("is read as it was written, from any place in memory", () => {
    expect(readSuperblock(encodeSuperblock(GOOD), 8192, "x")).toEqual(GOOD);
    const shifted = new Uint8Array(200);
    shifted.set(encodeSuperblock(GOOD), 13);
    expect(readSuperblock(shifted.subarray(13), 5000, "x")).toEqual(GOOD);
  });

  test("has its fields where the kernel expects them", () => {
    const hex = Buffer.from(encodeSuperblock(GOOD)).toString("hex");
    expect(hex.match(/.{1,32}/g)).toEqual([
      "68737173" + "03000000" + "00f15365" + "00000200",
      "01000000" + "0600" + "1100" + "e002" + "0200" + "0400" + "0000",
      "2000070000000000" + "8813000000000000",
      "a00f000000000000" + "9411000000000000",
      "e803000000000000" + "d007000000000000",
      "b80b000000000000" + "ac0d000000000000",
    ]);
  });

  test("may lack the tables that are optional", () => {
    const none = 0xffffffffffffffffn;
    const tables = { ...GOOD.tables, fragments: none, lookup: none, xattrs: none };
    expect(readSuperblock(encodeSuperblock({ ...GOOD, tables }), 5000, "x").tables).toEqual(tables);
  });

  test.each([
    ["nothing at all", new Uint8Array(0), "it is not a squashfs image"],
    ["text", new TextEncoder().encode("#!/bin/sh\nexit 0\n".repeat(9)), "it is not a squashfs image"],
    ["a big-endian image", with32(0, 0x68737173), "it is not a squashfs image"],
    ["only its beginning", encodeSuperblock(GOOD).subarray(0, 95), "it is cut off: a superblock has 96 bytes"],
    ["an old version", with32(28, 3), "it has squashfs version 3.0, Linux mounts only 4.0"],
    ["a new version", with32(28, 4 | (1 << 16)), "it has squashfs version 4.1, Linux mounts only 4.0"],
    ["compression 0", with32(20, 17 << 16), "it has the unknown compression 0"],
    ["compression 7", with32(20, 7 | (17 << 16)), "it has the unknown compression 7"],
    ["an odd block size", with32(12, 131071), "its block size 131071 is no power of two from 4096 to 1048576"],
    ["a block size of 0", with32(12, 0), "its block size 0 is no power of two from 4096 to 1048576"],
    [
      "a block size of 2 GB",
      with32(12, 0x80000000),
      "its block size 2147483648 is no power of two from 4096 to 1048576",
    ],
    [
      "another logarithm",
      with32(20, 6 | (12 << 16)),
      "its block size 131072 and the logarithm 12 beside it do not agree",
    ],
    ["more bytes than the file", with64(40, 8193n), "it is cut off: it should have 8193 bytes and has 8192"],
    [
      "a huge length",
      with64(40, 2n ** 64n - 1n),
      "it is cut off: it should have 18446744073709551615 bytes and has 8192",
    ],
    ["a length of 0", with64(40, 0n), "it claims to be 0 bytes long"],
    ["no inodes", with32(4, 0), "it has no inodes"],
    ["no ids", with32(24, 0x2e0), "it has no table of user ids"],
    ["inodes inside the superblock", with64(64, 95n), "its table of inodes lies before its superblock"],
    ["inodes past the end", with64(64, 5000n), "its table of inodes lies past its end"],
    ["no directories", with64(72, 2n ** 64n - 1n), "its table of directories lies past its end"],
    ["directories before inodes", with64(72, 999n), "its table of directories lies before its table of inodes"],
    ["ids before fragments", with64(48, 2999n), "its table of ids lies before its table of lookup"],
    ["a root at an impossible offset", with64(32, 8192n), "its root directory does not lie in the table of inodes"],
    ["a root in the listings", with64(32, 1000n << 16n), "its root directory does not lie in the table of inodes"],
  ])("with %s is refused", (_, bytes, problem) => {
    const read = (): Superblock => readSuperblock(bytes, 8192, "layer.squashfs");
    expect(read).toThrow(`cannot use layer.squashfs: ${problem}`);
    expect(read).toThrow(UserError);
  });

  test("whatever its bytes are, it is read or refused, but never more than that", () => {
    let state = 1;
    for (let round = 0; round < 2000; round++) {
      const bytes = encodeSuperblock(GOOD);
      for (let i = 0; i < 3; i++) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        bytes[4 + ((state >>> 8) % 92)] = state >>> 24;
      }
      try {
        const { bytesUsed, blockSize } = readSuperblock(bytes, 8192, "x");
        expect(bytesUsed <= 8192 && blockSize >= 4096).toBeTrue();
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    }
  });
});
