// Lists of processors.

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { randomFrom } from "../testing.ts";
import { formatCpuset, missingFrom, parseCpuset, readCpuset } from "./cpuset.ts";

test.each([
  ["0", "0"],
  ["0-2,4", "0-2,4"],
  ["4,0-2", "0-2,4"],
  ["0,1,2", "0-2"],
  ["0-3,2-5", "0-5"],
  ["0-7,2", "0-7"],
  ["3-3", "3"],
  ["00-01", "0-1"],
  ["8191", "8191"],
])("%s is %s", (text, list) => {
  expect(parseCpuset("--cpuset-cpus", text)).toBe(list);
});

test("the empty list means not set", () => {
  expect(parseCpuset("--cpuset-cpus", "")).toBeUndefined();
});

test.each([
  "a",
  "-1",
  "1-",
  "-",
  "3-1",
  "0,",
  ",0",
  "0,,1",
  "0 ,1",
  "0-2:1/2",
  "8192",
  "99999999999",
  "0\0",
  "0\n",
  "0x1",
])("refused: %p", (text) => {
  expect(messageOf(() => parseCpuset("--cpuset-cpus", text))).toContain("expected a list such as 0-2,4");
});

test("what is not available", () => {
  const available = readCpuset("0-3,6-7") ?? [];
  const missing = (text: string) => missingFrom(readCpuset(text) ?? [], available);
  expect([missing("0-3"), missing("6,1"), missing("4"), missing("2-6"), missing("7-9")]).toEqual([
    undefined,
    undefined,
    4,
    4,
    8,
  ]);
});

test("the same processors whatever the spelling", () => {
  const random = randomFrom(11);
  for (let round = 0; round < 100; round++) {
    const ids = Array.from({ length: 1 + random(20) }, () => random(64));
    const text = parseCpuset("--x", ids.join(",")) ?? "";
    const back = (readCpuset(text) ?? []).flatMap(([from, to]) =>
      Array.from({ length: to - from + 1 }, (_, n) => from + n),
    );
    expect(back).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(formatCpuset(readCpuset(text) ?? [])).toBe(text);
  }
});
