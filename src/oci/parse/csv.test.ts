// One line of CSV, read strictly.

import { expect, test } from "bun:test";

import { readCsv } from "./csv.ts";

test.each([
  ["a,b", ["a", "b"]],
  ["a", ["a"]],
  ["", [""]],
  [",", ["", ""]],
  ['"a,b",c', ["a,b", "c"]],
  ['"a""b"', ['a"b']],
  ['""', [""]],
  ['x,""', ["x", ""]],
  ["a b, c", ["a b", " c"]],
])("%p", (line, fields) => {
  expect(readCsv(line)).toEqual(fields);
});

test.each(['"a', 'a"b', '"a"b', '"a""', "a\nb", '"a\rb"'])("fault: %p", (line) => {
  expect(readCsv(line)).toHaveProperty("fault");
});

test("fields that are written in quotes come back", () => {
  const fields = ["plain", "a,b", 'say "x"', '"', "", ",,,"];
  const line = fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(",");
  expect(readCsv(line)).toEqual(fields);
});
