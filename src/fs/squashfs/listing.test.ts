import { describe, expect, test } from "bun:test";
import { makeCodec } from "./codec.ts";
import type { Listing } from "./inodes.ts";
import { type Children, writeListing } from "./listing.ts";
import { MetadataStream } from "./metadata.ts";
import { unpackMetadata } from "../../../test/squashfs/open-image.ts";

interface Child {
  name: string;
  number: number;
  block?: number;
  offset?: number;
}

interface Header {
  at: number;
  count: number;
  block: number;
  number: number;
  names: string[];
  numbers: number[];
}

/** Writes a listing behind `before` bytes of others, and reads it back. */
function listed(entries: readonly Child[], before = 0): { listing: Listing; headers: Header[] } {
  const pieces: Uint8Array[] = [];
  const stream = new MetadataStream(makeCodec("zstd"), (bytes) => pieces.push(bytes.slice()));
  stream.bytes(new Uint8Array(before));
  const child = (node: number): Child => entries[node - 1] as Child;
  const children: Children = {
    name: (node) => Buffer.from(child(node).name),
    writeName: (node, to) => to.bytes(Buffer.from(child(node).name)),
    nameLength: (node) => child(node).name.length,
    type: () => 2,
    inodeNumber: (node) => child(node).number,
    inodeBlock: (node) => child(node).block ?? 0,
    inodeOffset: (node) => child(node).offset ?? 0,
    next: (node) => (node < entries.length ? node + 1 : 0),
  };
  const listing = writeListing(stream, children, entries.length === 0 ? 0 : 1);
  stream.finish();
  const bytes = unpackMetadata(new Uint8Array(Buffer.concat(pieces)), "zstd").subarray(before);
  expect(bytes.length).toBe(listing.size);
  return { listing, headers: parse(bytes) };
}

function parse(bytes: Uint8Array): Header[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headers: Header[] = [];
  for (let at = 0; at < bytes.length;) {
    const [count, block, number] = [0, 4, 8].map((field) => view.getUint32(at + field, true)) as [
      number,
      number,
      number,
    ];
    const header: Header = { at, count: count + 1, block, number, names: [], numbers: [] };
    at += 12;
    for (let i = 0; i <= count; i++) {
      const length = view.getUint16(at + 6, true) + 1;
      header.names.push(Buffer.from(bytes.subarray(at + 8, at + 8 + length)).toString());
      header.numbers.push(number + view.getInt16(at + 2, true));
      at += 8 + length;
    }
    headers.push(header);
  }
  return headers;
}

describe("a listing", () => {
  test("of nothing is empty", () => {
    expect(listed([]).listing).toEqual({ startBlock: 0, offset: 0, size: 0, index: [] });
  });

  test("puts neighbours under one header, numbers as differences", () => {
    const { listing, headers } = listed(
      [
        { name: "a", number: 10 },
        { name: "bc", number: 9, offset: 77 },
      ],
      100,
    );
    expect(headers).toEqual([{ at: 0, count: 2, block: 0, number: 10, names: ["a", "bc"], numbers: [10, 9] }]);
    expect(listing).toEqual({ startBlock: 0, offset: 100, size: 12 + 9 + 10, index: [] });
  });

  test("has at most 256 entries to a header", () => {
    const entries = Array.from({ length: 600 }, (_, i) => ({ name: `${i}`, number: i + 1 }));
    expect(listed(entries).headers.map(({ count }) => count)).toEqual([256, 256, 88]);
  });

  test("begins a new header for another block of inodes", () => {
    const blocks = [0, 0, 50, 0].map((block, i) => ({ name: `${i}`, number: 1, block }));
    expect(listed(blocks).headers.map(({ block, count }) => [block, count])).toEqual([
      [0, 2],
      [50, 1],
      [0, 1],
    ]);
  });

  test("begins a new header where a number is too far away for 16 bits", () => {
    const numbers = [40_000, 72_767, 7_233, 7_232, 40_000].map((number, i) => ({ name: `${i}`, number }));
    const { headers } = listed(numbers);
    expect(headers.map(({ count }) => count)).toEqual([3, 1, 1]);
    expect(headers.flatMap((header) => header.numbers)).toEqual(numbers.map(({ number }) => number));
  });

  test.each([0, 1, 4000, 8170, 8185, 8191])("is indexed at every metadata block, begun at offset %i", (before) => {
    const entries = Array.from({ length: 3000 }, (_, i) => ({ name: `name-${i}`.padEnd(i % 90, "x"), number: i + 1 }));
    const { listing, headers } = listed(entries, before);
    expect(headers.flatMap(({ names }) => names)).toEqual(entries.map(({ name }) => name));
    const firstInBlock = new Map<number, Header>();
    for (const header of headers) {
      const block = Math.floor((before + header.at) / 8192);
      if (!firstInBlock.has(block)) firstInBlock.set(block, header);
    }
    firstInBlock.delete(0);
    expect(listing.index.map(({ index, name }) => [index, Buffer.from(name).toString()])).toEqual(
      [...firstInBlock.values()].map((header) => [header.at, header.names[0] ?? ""]),
    );
    const starts = listing.index.map(({ startBlock }) => startBlock);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(new Set(starts).size).toBe(Math.floor((before + listing.size) / 8192));
  });
});
