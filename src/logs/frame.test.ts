import { describe, expect, test } from "bun:test";

import { frame, source } from "../../test/helpers/log.ts";
import { LOG_FRAME, RELAY_CHUNK } from "../plan/memory.ts";
import { FrameReader } from "./frame.ts";

/** Everything that a log gives, as texts; "2:" before what is of stderr. */
function readAll(bytes: Uint8Array, size = Infinity, final = true): string[] {
  const reader = new FrameReader(source(bytes, size));
  const texts: string[] = [];
  for (let each = reader.next(final); each !== undefined; each = reader.next(final)) {
    texts.push(`${each.stream === 2 ? "2:" : ""}${Buffer.from(each.data).toString("latin1")}`);
  }
  return texts;
}

const A = frame("first\n");
const B = frame("second\n", { stream: 2 });
const C = frame("third\n");
const join = (...parts: Uint8Array[]) => Buffer.concat(parts);

describe("a log as it should be", () => {
  test("is read whole, however read(2) cuts it", () => {
    for (const size of [1, 7, 23, 24, 25, 100, Infinity]) {
      expect(readAll(join(A, B, C), size)).toEqual(["first\n", "2:second\n", "third\n"]);
    }
  });

  test("has times to the nanosecond", () => {
    const late = { seconds: 253_402_300_799, nanoseconds: 999_999_999 };
    const reader = new FrameReader(source(join(frame("a", late), frame("b", { seconds: 0 }))));
    expect(reader.next(true)).toMatchObject(late);
    expect(reader.next(true)).toMatchObject({ seconds: 0, nanoseconds: 0 });
  });

  test("may be empty", () => {
    expect(readAll(new Uint8Array(0))).toEqual([]);
  });

  test("may hold any bytes, also those of a header", () => {
    const inner = join(frame("inner"), A.subarray(0, 20)).toString("latin1");
    const log = join(A, frame(Buffer.from(inner, "latin1")), C);
    expect(readAll(log)).toEqual(["first\n", inner, "third\n"]);
    // also as the last frame
    expect(readAll(log.subarray(0, -C.length))).toEqual(["first\n", inner]);
  });

  test("of many frames, none is lost at the ends of the buffer", () => {
    const texts = Array.from({ length: 3000 }, (_, n) =>
      `${n}${"x".repeat((n * 37) % RELAY_CHUNK)}`.slice(0, RELAY_CHUNK),
    );
    expect(readAll(join(...texts.map((text) => frame(text))), 5000)).toEqual(texts);
  });
});

describe("a log that ends too early", () => {
  test("gives what there is of its last frame", () => {
    expect(readAll(join(A, B).subarray(0, -3))).toEqual(["first\n", "2:seco"]);
    expect(readAll(join(A, B).subarray(0, A.length + LOG_FRAME.size))).toEqual(["first\n"]);
    expect(readAll(join(A, B).subarray(0, A.length + 10))).toEqual(["first\n"]);
    expect(readAll(A.subarray(0, 10))).toEqual([]);
  });

  test("is waited for while it is being written", () => {
    const log = join(A, B, C);
    let there = 0;
    const reader = new FrameReader((into) => {
      const piece = log.subarray(0, there).subarray(0, into.length);
      into.set(piece);
      log.copyWithin(0, piece.length);
      there -= piece.length;
      return piece.length;
    });
    const seen: (string | undefined)[] = [];
    const more = (bytes: number) => {
      there += bytes;
      const next = reader.next(false);
      seen.push(next === undefined ? undefined : Buffer.from(next.data).toString());
    };
    // a header, all but one byte, the rest, a frame and the beginning of a header, the rest of that and nothing
    for (const bytes of [24, 5, 1, B.length + 3, C.length - 3, 0]) more(bytes);
    expect(seen).toEqual([undefined, undefined, "first\n", undefined, "second\n", "third\n"]);
    expect(reader.next(false)).toBeUndefined();
    expect(reader.next(true)).toBeUndefined();
  });
});

describe("a damaged log", () => {
  const garbage = Buffer.from("garbage \xc5\xb0 that is longer than a header is", "latin1");
  test("is read on after garbage", () => {
    for (const size of [1, 29, Infinity]) {
      expect(readAll(join(garbage, A, garbage, B, garbage), size)).toEqual(["first\n", "2:second\n"]);
      expect(readAll(join(A, Buffer.alloc(200_000), B), size * 1000)).toEqual(["first\n", "2:second\n"]);
      expect(readAll(join(A, Buffer.alloc(5), B, Buffer.of(0xc5, 0xb0)), size)).toEqual(["first\n", "2:second\n"]);
    }
  });

  test("gives the part of a frame that a full disk let through", () => {
    for (const size of [1, 29, Infinity]) {
      expect(readAll(join(A, B.subarray(0, -4), C), size)).toEqual(["first\n", "2:sec", "third\n"]);
      expect(readAll(join(A, B.subarray(0, 24), C), size)).toEqual(["first\n", "third\n"]);
      expect(readAll(join(A, B.subarray(0, 11), C), size)).toEqual(["first\n", "third\n"]);
      expect(readAll(join(frame("x".repeat(3000)).subarray(0, 60), A, B), size)).toEqual([
        "x".repeat(36),
        "first\n",
        "2:second\n",
      ]);
    }
  });

  test("with a torn frame is read on while it grows", () => {
    const reader = new FrameReader(source(join(frame("x".repeat(100)).subarray(0, 60), A, B, C)));
    const next = () => Buffer.from(reader.next(false)?.data ?? []).toString();
    expect([next(), next(), next(), next()]).toEqual(["x".repeat(36), "first\n", "second\n", "third\n"]);
  });

  test("has no frames where headers are impossible", () => {
    const bad = [
      { length: 0 },
      { length: RELAY_CHUNK + 1 },
      { length: 0xffffffff },
      { stream: 0 },
      { stream: 3 },
      { magic: 0 },
    ];
    for (const fields of [...bad, { nanoseconds: 1e9 }, { seconds: 253_402_300_800 }, { nanoseconds: 2 ** 52 }]) {
      expect([fields, readAll(join(frame("bad", fields), A))]).toEqual([fields, ["first\n"]]);
    }
  });

  test("never stops the reader, whatever is in it", () => {
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % below;
    };
    for (let round = 0; round < 200; round++) {
      const parts = Array.from({ length: 12 }, (_, n) => {
        const whole = frame(`${n}${"y".repeat(random(300))}\n`, { stream: 1 + random(2) });
        const broken = Uint8Array.from(whole);
        broken[random(broken.length)] = random(256);
        return [whole, whole.subarray(0, random(whole.length)), broken][random(3)] ?? whole;
      });
      const log = join(...parts, C, C);
      const texts = readAll(log, 1 + random(400));
      // What follows the damage is read, and nothing is given twice.
      expect(texts.slice(-1)).toEqual(["third\n"]);
      expect(texts.join("").length).toBeLessThanOrEqual(log.length + 2 * texts.length);
    }
  });
});
