// Error texts: exact form, and safe to print whatever is in the value.

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { invalid, quote, refuseNul } from "./fault.ts";

test("the form of an error", () => {
  const error = invalid("--memory", "12q", "a number with b, k, m or g");
  expect(error.message).toBe('invalid value "12q" for --memory: expected a number with b, k, m or g');
  expect(error.verb).toBe("run");
  expect(error.exitCode).toBe(125);
});

test("what a terminal would act on is shown as an escape", () => {
  expect(quote("a\u001b[31m\u009b\u202e\n")).toBe('"a\\u001b[31m\\u009b\\u202e\\n"');
});

test("a long value is cut", () => {
  expect(quote("x".repeat(1_000_000)).length).toBeLessThan(100);
});

test("NUL is refused, everything else goes", () => {
  expect(messageOf(() => refuseNul("--x", "a\0b"))).toContain("NUL");
  expect(() => refuseNul("--x", "a\u0001b\n")).not.toThrow();
});
