// Sizes in the grammar of go-units, accepted and refused.

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { randomFrom } from "../testing.ts";
import { formatSize, parseMemorySwap, parseOptionalSize, parseSize } from "./size.ts";

const K = 1024;

test.each([
  ["0", 0],
  ["1", 1],
  ["1000", 1000],
  ["32b", 32],
  ["32B", 32],
  ["512k", 512 * K],
  ["512K", 512 * K],
  ["512kb", 512 * K],
  ["512KiB", 512 * K],
  ["64m", 64 * K ** 2],
  ["64 m", 64 * K ** 2],
  ["64MB", 64 * K ** 2],
  ["1g", K ** 3],
  ["1.5g", 1.5 * K ** 3],
  ["1.g", K ** 3],
  [".5k", 512],
  ["0.3", 0],
  ["1.9", 1],
  ["2t", 2 * K ** 4],
  ["1Pb", K ** 5],
  ["007", 7],
])("%s is %d bytes", (text, bytes) => {
  expect(parseSize("--memory", text)).toBe(bytes);
});

test.each(
  [
    ["", " ", "m", "-1", "-1m", "+1m", "12q", "12mm", "12bb", "12kbb", "12ki", "12bi", "12ib", "1,5g", "1_000", "0x10"],
    [
      "1e3",
      "NaN",
      "nan",
      "Infinity",
      "inf",
      "--1",
      "1 2",
      "1  m",
      "m1",
      "1m ",
      " 1m",
      "1.2.3",
      ".",
      ".m",
      "1m\0",
      "1m\n",
    ],
    ["١m", "１m", "1М", "1\u212a"],
  ].flat(),
)("not a size: %p", (text) => {
  expect(messageOf(() => parseSize("--memory", text))).toEndWith("for --memory: expected a number with b, k, m or g");
});

test.each(["8p", "9007199254740992", "99999999999999999999g", `${"9".repeat(500)}g`])("too large: %p", (text) => {
  expect(messageOf(() => parseSize("--memory", text))).toContain("expected a size below 8 PiB");
});

test("0 may mean not set, -1 unlimited swap", () => {
  expect(parseOptionalSize("--memory", "0")).toBeUndefined();
  expect(parseOptionalSize("--memory", "0g")).toBeUndefined();
  expect(parseMemorySwap("-1")).toBe(-1);
  expect(parseMemorySwap("0")).toBeUndefined();
  expect(parseMemorySwap("1g")).toBe(K ** 3);
  expect(messageOf(() => parseMemorySwap("-2"))).toContain("-1 for unlimited swap");
});

test("what is formatted parses back", () => {
  expect([0, 1000, 6 * K ** 2, K ** 3, K ** 4].map(formatSize)).toEqual(["0", "1000", "6m", "1g", "1024g"]);
  const random = randomFrom(7);
  for (let round = 0; round < 200; round++) {
    const bytes = random(2 ** 31) * K ** random(2);
    expect(parseSize("--x", formatSize(bytes))).toBe(bytes);
  }
});
