import { expect, test } from "bun:test";

import { nearest, slips } from "./nearest.ts";

test("slips are counted one for each letter put in, left out, changed, or swapped with its neighbour", () => {
  expect(slips("", "")).toBe(0);
  expect(slips("", "abc")).toBe(3);
  expect(slips("memory", "memory")).toBe(0);
  expect(slips("memry", "memory")).toBe(1);
  expect(slips("memoory", "memory")).toBe(1);
  expect(slips("memary", "memory")).toBe(1);
  expect(slips("memroy", "memory")).toBe(1);
  expect(slips("kitten", "sitting")).toBe(3);
  // The distance is the same in both directions.
  for (const [a, b] of [
    ["run", "urn"],
    ["logs", "log"],
    ["", "x"],
    ["cpu-shares", "cpus"],
  ] as const) {
    expect(slips(a, b)).toBe(slips(b, a));
  }
});

test("the nearest word, a beginning before everything else", () => {
  const words = ["memory-swap", "memory", "mount", "network", "rm", "run"];
  expect(nearest("mem", words)).toBe("memory");
  expect(nearest("memory-sw", words)).toBe("memory-swap");
  expect(nearest("netwrok", words)).toBe("network");
  expect(nearest("rum", words)).toBe("rm");
  expect(nearest("ru", words)).toBe("run");
});

test("nothing where nothing is near", () => {
  expect(nearest("publish", ["memory", "network"])).toBeUndefined();
  expect(nearest("x", ["y"])).toBeUndefined();
  expect(nearest("", ["a", "ab"])).toBeUndefined();
  expect(nearest("memory", [])).toBeUndefined();
  expect(nearest("m".repeat(100_000), ["memory"])).toBeUndefined();
});
