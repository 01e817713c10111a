import { describe, expect, test } from "bun:test";
import { makeCodec } from "./codec.ts";
import { MetadataStream } from "./metadata.ts";
import { unpackMetadata } from "../../../test/squashfs/open-image.ts";

function collect(fill: (stream: MetadataStream) => void, compression: "zstd" | "gzip" = "zstd") {
  const pieces: Uint8Array[] = [];
  const stream = new MetadataStream(makeCodec(compression), (bytes) => pieces.push(bytes.slice()));
  fill(stream);
  stream.finish();
  return { pieces, stored: new Uint8Array(Buffer.concat(pieces)) };
}

describe("a metadata stream", () => {
  test.each(["zstd", "gzip"] as const)("is cut into blocks of 8 KB, each behind its length (%s)", (compression) => {
    const content = new Uint8Array(20_000).map((_, i) => i >> 6);
    const { pieces, stored } = collect((stream) => stream.bytes(content), compression);
    expect(pieces.length).toBe(3);
    for (const piece of pieces) expect((piece[0] ?? 0) + ((piece[1] ?? 0) << 8)).toBe(piece.length - 2);
    expect(unpackMetadata(stored, compression)).toEqual(content);
  });

  test("says where things lie, also when a field straddles two blocks", () => {
    const places: [number, number][] = [];
    const { stored } = collect((stream) => {
      stream.bytes(new Uint8Array(8190).fill(1));
      places.push([stream.blockStart, stream.offset]);
      stream.u64(0x0001_0203_0405_0607);
      places.push([stream.blockStart, stream.offset]);
      stream.u16(0xabcd);
      stream.u32(0xfffefdfc);
      stream.slice(Uint8Array.from([9, 8, 7, 6]), 1, 2);
      places.push([stream.blockStart, stream.offset]);
    });
    const firstBlock = 2 + new DataView(stored.buffer).getUint16(0, true);
    expect(places).toEqual([
      [0, 8190],
      [firstBlock, 6],
      [firstBlock, 14],
    ]);
    const fields = unpackMetadata(stored, "zstd").subarray(8190);
    expect([...fields]).toEqual([7, 6, 5, 4, 3, 2, 1, 0, 0xcd, 0xab, 0xfc, 0xfd, 0xfe, 0xff, 8, 7]);
  });

  test("names that fill a block to its end leave the next one empty", () => {
    const { pieces } = collect((stream) => {
      const name = new Uint8Array(256).fill(5);
      for (let i = 0; i < 32; i++) stream.slice(name, 0, 256);
      expect(stream.offset).toBe(0);
    });
    expect(pieces.length).toBe(1);
  });

  test("what does not shrink is stored as it is", () => {
    const noise = crypto.getRandomValues(new Uint8Array(8192));
    const { stored } = collect((stream) => stream.bytes(noise));
    expect(new DataView(stored.buffer).getUint16(0, true)).toBe(0x8000 | 8192);
    expect(stored.slice(2)).toEqual(noise);
  });

  test("nothing makes no block", () => {
    expect(collect(() => undefined).pieces).toEqual([]);
  });
});
