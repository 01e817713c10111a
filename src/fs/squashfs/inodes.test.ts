import { describe, expect, test } from "bun:test";
import { makeCodec } from "./codec.ts";
import type { FileRecord } from "./content.ts";
import { EXTENDED, NONE32, TYPE } from "./format.ts";
import {
  dirInode,
  encodeDevice,
  fileInode,
  type InodeHead,
  type Listing,
  specialInode,
  symlinkInode,
} from "./inodes.ts";
import { MetadataStream } from "./metadata.ts";
import { unpackMetadata } from "../../../test/squashfs/open-image.ts";

function encoded(write: (stream: MetadataStream) => void): string {
  const pieces: Uint8Array[] = [];
  const stream = new MetadataStream(makeCodec("zstd"), (bytes) => pieces.push(bytes.slice()));
  write(stream);
  stream.finish();
  return Buffer.from(unpackMetadata(new Uint8Array(Buffer.concat(pieces)), "zstd")).toString("hex");
}

const HEAD: InodeHead = {
  type: TYPE.file,
  mode: 0o644,
  uid: 1,
  gid: 2,
  mtime: 0x11223344,
  number: 5,
  nlink: 1,
  xattrs: NONE32,
};
/** mode 0644, uid 1, gid 2, mtime, number 5. */
const COMMON = "a401" + "0100" + "0200" + "44332211" + "05000000";
const PLAIN: FileRecord = { position: 96, size: 131_075, fragment: 7, offset: 9, firstBlock: 0, blocks: 1 };
const BLOCK = 131_072;

/** The type that the encoded inode begins with. */
const typeOf = (hex: string): number => Buffer.from(hex, "hex").readUInt16LE(0);

function file(head: Partial<InodeHead>, record: Partial<FileRecord>, blocks: readonly number[] = [0x1234]): string {
  return encoded((s) => fileInode(s, { ...HEAD, ...head }, { ...PLAIN, ...record }, (i) => blocks[i] ?? 0, BLOCK));
}

describe("a file's inode", () => {
  test("is basic where that says it all", () => {
    expect(file({}, {})).toBe("0200" + COMMON + "60000000" + "07000000" + "09000000" + "03000200" + "34120000");
  });

  test("is extended for links, attributes and holes, and for what 32 bits cannot hold", () => {
    expect(typeOf(file({ nlink: 2 }, {}))).toBe(TYPE.file + EXTENDED);
    expect(typeOf(file({ xattrs: 0 }, {}))).toBe(TYPE.file + EXTENDED);
    expect(typeOf(file({}, {}, [0]))).toBe(TYPE.file + EXTENDED);
    expect(typeOf(file({}, { position: 2 ** 32 - 1 }))).toBe(TYPE.file);
    expect(typeOf(file({}, { position: 2 ** 32 }))).toBe(TYPE.file + EXTENDED);
    expect(typeOf(file({}, { size: 2 ** 32 - 1, blocks: 0 }))).toBe(TYPE.file);
    expect(typeOf(file({}, { size: 2 ** 32, blocks: 0 }))).toBe(TYPE.file + EXTENDED);
  });

  test("says in its extended form where a large file is and how much of it is holes", () => {
    const record = { position: 0x5_0000_0060, size: 0x6_0000_0000, fragment: NONE32, offset: 0, blocks: 3 };
    expect(file({ nlink: 3, xattrs: 4 }, record, [0, 0x1000001, 0])).toBe(
      "0900" + COMMON + "6000000005000000" + "0000000006000000" + "0000040000000000" + "03000000" + "ffffffff" + "00000000" +
        "04000000" + "00000000" + "01000001" + "00000000",
    ); // prettier-ignore
  });
});

describe("a directory's inode", () => {
  const listing: Listing = { startBlock: 0x10, offset: 0x20, size: 65_532, index: [] };
  const dir = (more: Partial<Listing>, head: Partial<InodeHead> = {}): string => {
    return encoded((s) => dirInode(s, { ...HEAD, type: TYPE.dir, nlink: 2, ...head }, { ...listing, ...more }, 6));
  };

  test("is basic while its size has 16 bits, counting three bytes for the dots", () => {
    expect(dir({})).toBe("0100" + COMMON + "10000000" + "02000000" + "ffff" + "2000" + "06000000");
    expect(typeOf(dir({ size: 65_533 }))).toBe(TYPE.dir + EXTENDED);
    expect(typeOf(dir({}, { xattrs: 0 }))).toBe(TYPE.dir + EXTENDED);
  });

  test("carries the index of a large directory", () => {
    const index = [{ index: 8180, startBlock: 0x55, name: Buffer.from("mn") }];
    expect(dir({ size: 70_000, index })).toBe(
      "0800" + COMMON + "02000000" + "73110100" + "10000000" + "06000000" + "0100" + "2000" + "ffffffff" +
        "f41f0000" + "55000000" + "01000000" + "6d6e",
    ); // prettier-ignore
  });
});

test("a symlink's inode has its attributes behind the target", () => {
  const link = { ...HEAD, type: TYPE.symlink };
  const target = Buffer.from("ab");
  expect(encoded((s) => symlinkInode(s, link, target))).toBe("0300" + COMMON + "01000000" + "02000000" + "6162");
  expect(encoded((s) => symlinkInode(s, { ...link, xattrs: 9 }, target))).toBe(
    "0a00" + COMMON + "01000000" + "02000000" + "6162" + "09000000",
  );
});

test("devices have a number, fifos and sockets have none", () => {
  const special = (type: number, xattrs = NONE32): string =>
    encoded((s) => specialInode(s, { ...HEAD, type, xattrs }, 0x103));
  expect(special(TYPE.char)).toBe("0500" + COMMON + "01000000" + "03010000");
  expect(special(TYPE.block, 1)).toBe("0b00" + COMMON + "01000000" + "03010000" + "01000000");
  expect(special(TYPE.fifo)).toBe("0600" + COMMON + "01000000");
  expect(special(TYPE.socket, 1)).toBe("0e00" + COMMON + "01000000" + "01000000");
});

test("device numbers are packed as the kernel unpacks them", () => {
  expect(encodeDevice(1, 3)).toBe(0x103);
  expect(encodeDevice(4095, 1_048_575)).toBe(0xffffffff);
  expect(encodeDevice(259, 300)).toBe(0x0011_032c);
});
