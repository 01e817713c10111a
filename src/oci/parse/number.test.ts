// Whole numbers: limits, signs, and what only looks like a number.

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import {
  parseCpuPeriod,
  parseCpuQuota,
  parseCpuShares,
  parseInteger,
  parseOomScoreAdj,
  parsePidsLimit,
  parseStopTimeout,
} from "./number.ts";

test("bounds are inclusive", () => {
  expect(parseInteger("--x", "-3", -3, 5, "y")).toBe(-3);
  expect(parseInteger("--x", "+5", -3, 5, "y")).toBe(5);
  expect(Object.is(parseInteger("--x", "-0", -3, 5, "y"), 0)).toBe(true);
  expect(messageOf(() => parseInteger("--x", "6", -3, 5, "y"))).toBe('invalid value "6" for --x: expected y');
});

test.each([
  "",
  " 1",
  "1 ",
  "1.0",
  "1e3",
  "0x10",
  "NaN",
  "Infinity",
  "--1",
  "٣",
  "1\n",
  "9".repeat(400),
  "1_000",
  "1\0",
])("not a number: %p", (text) => {
  expect(messageOf(() => parseInteger("--x", text, -10, 10_000, "a number"))).toContain("expected a number");
});

test("pids limit: 0 and below mean no limit", () => {
  expect(parsePidsLimit("100")).toBe(100);
  expect(["0", "-1", "-7"].map(parsePidsLimit)).toEqual([-1, -1, -1]);
  expect(messageOf(() => parsePidsLimit("5000000"))).toContain("up to 4194304");
});

test("0 means not set where Docker has it so", () => {
  expect([parseCpuShares("0"), parseCpuQuota("0"), parseCpuPeriod("0")]).toEqual([undefined, undefined, undefined]);
  expect([parseCpuShares("512"), parseCpuQuota("-1"), parseCpuPeriod("50000")]).toEqual([512, -1, 50_000]);
});

test("ranges", () => {
  expect(parseOomScoreAdj("-1000")).toBe(-1000);
  expect(messageOf(() => parseOomScoreAdj("1001"))).toContain("--oom-score-adj");
  expect(parseStopTimeout("-1")).toBe(-1);
  expect(messageOf(() => parseStopTimeout("-2"))).toContain("--stop-timeout");
  expect(messageOf(() => parseStopTimeout("99999999999"))).toContain("--stop-timeout");
});
