import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Codec } from "./codec.ts";
import { DATA_RAW } from "./format.ts";
import { Output } from "./output.ts";
import { BlockPipeline } from "./pipeline.ts";

/** A codec whose blocks are done when the test says so; "compressing" keeps the first two bytes. */
class Manual implements Codec {
  readonly id = 0;
  readonly waiting: { data: Uint8Array; done: () => void; fail: (error: Error) => void }[] = [];
  most = 0;

  block(data: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ data, done: () => resolve(data.slice(0, 2)), fail: reject });
      this.most = Math.max(this.most, this.waiting.length);
    });
  }

  metadata(data: Uint8Array): Uint8Array {
    return data;
  }
}

async function withPipeline(
  run: (pipeline: BlockPipeline, codec: Manual, output: Output) => Promise<void>,
): Promise<Buffer> {
  const dir = mkdtempSync(join(tmpdir(), "bunker-pipeline-"));
  const output = new Output(join(dir, "out"));
  try {
    const codec = new Manual();
    await run(new BlockPipeline(output, codec, 4), codec, output);
    return readFileSync(join(dir, "out"));
  } finally {
    output.close();
    rmSync(dir, { recursive: true });
  }
}

const filled = (pipeline: BlockPipeline, value: number): Uint8Array => pipeline.take().fill(value);

describe("the pipeline", () => {
  test("writes blocks in the order of their coming, whichever is done first", async () => {
    const written: [number, number][] = [];
    const bytes = await withPipeline(async (pipeline, codec) => {
      for (let i = 1; i <= 2; i++) {
        await pipeline.submit(filled(pipeline, i), 4, (position, field) => written.push([position, field]));
      }
      codec.waiting[1]?.done();
      await Promise.resolve();
      expect(written).toEqual([]);
      codec.waiting[0]?.done();
      await pipeline.drain();
    });
    expect([...bytes]).toEqual([1, 1, 2, 2]);
    expect(written).toEqual([
      [0, 2],
      [2, 2],
    ]);
  });

  test("stores as it is what did not shrink", async () => {
    const written: [number, number][] = [];
    const bytes = await withPipeline(async (pipeline, codec) => {
      await pipeline.submit(filled(pipeline, 9), 2, (position, field) => written.push([position, field]));
      codec.waiting[0]?.done();
      await pipeline.drain();
    });
    expect([...bytes]).toEqual([9, 9]);
    expect(written).toEqual([[0, 2 | DATA_RAW]]);
  });

  test("lets only so many blocks be in flight, and uses their buffers again", async () => {
    const buffers = new Set<Uint8Array>();
    await withPipeline(async (pipeline, codec) => {
      const feed = (async () => {
        for (let i = 0; i < 200; i++) {
          const buffer = filled(pipeline, i);
          buffers.add(buffer);
          await pipeline.submit(buffer, 4, () => undefined);
        }
        await pipeline.drain();
      })();
      let finished = false;
      void feed.then(() => (finished = true));
      while (!finished) {
        codec.waiting.shift()?.done();
        await Promise.resolve();
      }
      expect(codec.most).toBeLessThanOrEqual(Math.min(16, 2 * navigator.hardwareConcurrency));
    });
    expect(buffers.size).toBeLessThanOrEqual(17);
  });

  test("reports a compressor's failure when the block's turn comes, and can be abandoned", async () => {
    await withPipeline(async (pipeline, codec, output) => {
      await pipeline.submit(filled(pipeline, 1), 4, () => undefined);
      await pipeline.submit(filled(pipeline, 2), 4, () => undefined);
      codec.waiting[1]?.fail(new Error("no memory"));
      codec.waiting[0]?.done();
      await expect(pipeline.drain()).rejects.toThrow("no memory");
      await pipeline.abandon();
      await pipeline.drain();
      expect(output.position).toBe(2);
    });
  });
});

test("output that cannot be written names the file", async () => {
  const output = new Output("/dev/full");
  expect(() => output.append(new Uint8Array(10))).toThrow("write /dev/full: No space left on device (ENOSPC)");
  output.close();
  expect(() => new Output("/nonexistent/dir/image")).toThrow("open /nonexistent/dir/image: No such file or directory");
});
