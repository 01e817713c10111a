import { describe, expect, test } from "bun:test";

import type { Frame } from "./frame.ts";
import { LineCount, Printer, timestamp } from "./print.ts";

const encoder = new TextEncoder();

function frameOf(text: string, stream: 1 | 2 = 1, seconds = 0): Frame {
  return { seconds, nanoseconds: 5, stream, data: encoder.encode(text) };
}

/** What is written, with the descriptor before each piece. */
function printed(frames: readonly Frame[], options: { timestamps?: boolean; skip?: number } = {}): string[] {
  const pieces: string[] = [];
  const take = (fd: number) => (bytes: Uint8Array) =>
    void pieces.push(`${fd}:${Buffer.from(bytes).toString("latin1")}`);
  const printer = new Printer({ 1: take(1), 2: take(2) }, { timestamps: false, skip: 0, ...options });
  for (const each of frames) printer.print(each);
  printer.flush();
  return pieces;
}

const T0 = "1970-01-01T00:00:00.000000005Z ";
const T1 = "1970-01-01T00:00:01.000000005Z ";

describe("without options", () => {
  test("every byte goes to its stream, in order, gathered", () => {
    const frames = [frameOf("a"), frameOf("b\n\n"), frameOf("oops", 2), frameOf("\xff\0c")];
    expect(printed(frames)).toEqual(["1:ab\n\n", "2:oops", `1:${Buffer.from("\xff\0c").toString("latin1")}`]);
  });

  test("large pieces go out as they are", () => {
    const pieces = printed([frameOf("x".repeat(10_000)), frameOf("y".repeat(10_000)), frameOf("z".repeat(40_000))]);
    expect(pieces.map((piece) => [piece[2], piece.length - 2])).toEqual([
      ["x", 10_000],
      ["y", 10_000],
      ["z", 40_000],
    ]);
  });
});

describe("timestamps", () => {
  test("stand before every line, and only there", () => {
    const frames = [frameOf("a\nb"), frameOf("b", 1, 1), frameOf("b\n\nc", 1, 1)];
    expect(printed(frames, { timestamps: true })).toEqual([`1:${T0}a\n${T0}bbb\n${T1}\n${T1}c`]);
  });

  test("each stream has its own lines", () => {
    const frames = [frameOf("out "), frameOf("err\n", 2, 1), frameOf("out\n", 1, 1)];
    expect(printed(frames, { timestamps: true })).toEqual([`1:${T0}out `, `2:${T1}err\n`, "1:out\n"]);
  });

  test("have nine digits always", () => {
    expect(timestamp({ seconds: 1_801_396_800, nanoseconds: 120_000_000 })).toBe("2027-01-31T12:00:00.120000000Z");
    expect(timestamp({ seconds: 253_402_300_799, nanoseconds: 0 })).toBe("9999-12-31T23:59:59.000000000Z");
  });
});

describe("leaving lines out", () => {
  test("counts lines, not frames", () => {
    const frames = [frameOf("1\n2\n3"), frameOf("3\n4\n"), frameOf("5")];
    expect(printed(frames, { skip: 2 })).toEqual(["1:33\n4\n5"]);
    expect(printed(frames, { skip: 3, timestamps: true })).toEqual([`1:${T0}4\n${T0}5`]);
    expect(printed(frames, { skip: 9 })).toEqual([]);
  });

  test("goes by the streams' own lines", () => {
    const frames = [frameOf("a1"), frameOf("b1\n", 2), frameOf("a1\na2\n"), frameOf("b2\n", 2)];
    expect(printed(frames, { skip: 1 })).toEqual(["2:b1\n", "1:a2\n", "2:b2\n"]);
    expect(printed(frames, { skip: 2 })).toEqual(["1:a2\n", "2:b2\n"]);
  });
});

describe("the count", () => {
  const count = (...files: Frame[][]) => {
    const lines = new LineCount();
    for (const file of files) lines.countFile(file);
    return lines.lines;
  };

  test("is what a printer would begin", () => {
    expect(count([])).toBe(0);
    expect(count([frameOf("a\nb\n")])).toBe(2);
    expect(count([frameOf("a\nb")])).toBe(2);
    expect(count([frameOf("a"), frameOf("b\n", 2), frameOf("a")])).toBe(2);
  });

  test("goes on over files, from the newest to the oldest", () => {
    expect(count([frameOf("end\nnew")], [frameOf("old\nbegin")])).toBe(3);
    expect(count([frameOf("x", 2)], [frameOf("y")])).toBe(2);
    expect(count([], [frameOf("y")])).toBe(1);
  });
});
