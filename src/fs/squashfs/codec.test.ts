import { describe, expect, test } from "bun:test";
import { makeCodec } from "./codec.ts";
import { decompress } from "../../../test/squashfs/open-image.ts";

const TEXT = new TextEncoder().encode("the same words again and ".repeat(1000));

describe.each([
  ["zstd", 6, 22],
  ["gzip", 1, 9],
] as const)("%s", (compression, id, most) => {
  test("compresses blocks and metadata to what its decompressor reads", async () => {
    for (const level of [undefined, 1, most]) {
      const codec = makeCodec(compression, level);
      const packed = [await codec.block(TEXT), codec.metadata(TEXT.subarray(0, 8192))];
      expect(packed[0]?.length).toBeLessThan(TEXT.length / 10);
      expect(decompress(packed[0] as Uint8Array, compression)).toEqual(new Uint8Array(TEXT));
      expect(decompress(packed[1] as Uint8Array, compression)).toEqual(TEXT.slice(0, 8192));
      expect(codec.id).toBe(id);
    }
  });

  test.each([0, -1, most + 1, 2.5, Number.NaN])("refuses level %p", (level) => {
    const problem = `invalid compression level ${level}: ${compression} has 1 to ${most}`;
    expect(() => makeCodec(compression, level)).toThrow(problem);
  });
});
