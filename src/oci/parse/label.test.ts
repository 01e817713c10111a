// Labels.

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { parseLabel, parseLabelFile } from "./label.ts";

test("name and value", () => {
  expect(parseLabel("a=b")).toEqual(["a", "b"]);
  expect(parseLabel("a=b=c d")).toEqual(["a", "b=c d"]);
  expect(parseLabel("com.example.x")).toEqual(["com.example.x", ""]);
  expect(parseLabel("  a=b")).toEqual(["a", "b"]);
  expect(parseLabel("a=")).toEqual(["a", ""]);
});

test.each(["", "=b", "  =b", "a b=c", "a\tb", "a =c"])("refused: %p", (text) => {
  expect(messageOf(() => parseLabel(text))).toContain("for --label: the name");
});

test("NUL", () => {
  expect(messageOf(() => parseLabel("a=\0"))).toContain("NUL");
});

test("a file", () => {
  const bytes = new TextEncoder().encode("# c\na=1\nb\n c = x\n".replace(" c = x", "c== x"));
  expect(parseLabelFile("l", bytes)).toEqual([
    ["a", "1"],
    ["b", ""],
    ["c", "= x"],
  ]);
});
