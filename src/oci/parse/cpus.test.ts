// Processors as decimal numbers.

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { parseCpus } from "./cpus.ts";

test.each([
  ["1", 1e9],
  ["0.5", 5e8],
  ["1.50", 15e8],
  [".25", 25e7],
  ["2.", 2e9],
  ["0.000000001", 1],
  ["0.0000000010000", 1],
  ["1.000000001", 1_000_000_001],
  ["0.1", 1e8],
  ["000128", 128e9],
])("%s", (text, nano) => {
  expect(parseCpus(text)).toBe(nano);
});

test("0 means not set", () => {
  expect(["0", "0.0", "0.000"].map(parseCpus)).toEqual([undefined, undefined, undefined]);
});

test.each([
  "",
  ".",
  "-1",
  "+1",
  "1,5",
  "1e1",
  "1/2",
  "0x1",
  "NaN",
  "Infinity",
  "1 ",
  " 1",
  "1.5.5",
  "half",
  "1\0",
  "1.5\n",
])("refused: %p", (text) => {
  expect(messageOf(() => parseCpus(text))).toContain("for --cpus: expected a number of processors");
});

test("too precise, too many", () => {
  expect(messageOf(() => parseCpus("0.0000000001"))).toContain("at most nine decimals");
  expect(messageOf(() => parseCpus("1000001"))).toContain("that the host has");
  expect(messageOf(() => parseCpus("9".repeat(400)))).toContain("that the host has");
});
