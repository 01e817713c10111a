import { expect, test } from "bun:test";

import type { Command } from "./command.ts";
import { commandHelp, overviewHelp, wrap } from "./help.ts";

const page = { width: 80, bold: false };

const sample = {
  name: "try",
  summary: "Try a thing",
  group: "images",
  usage: ["bunker try [OPTIONS] THING", "bunker try --all"],
  description: ["A first paragraph that is long enough to be broken over two lines of a page of eighty cells."],
  options: [
    { name: "all", short: "a", kind: "flag", help: "Take all of them" },
    { name: "memory", short: "m", kind: "string", value: "BYTES", help: "Memory limit", group: "Limits" },
    { name: "label", kind: "list", value: "NAME", help: "A label" },
    { name: "volume", kind: "list", value: "SOURCE:TARGET[:OPTIONS,...]", help: "Mount it", group: "Limits" },
    { name: "secret", kind: "flag", help: "Not shown", hidden: true },
  ],
  stopAtFirstOperand: false,
  minOperands: 0,
  maxOperands: 1,
  operandName: "THING",
  examples: [{ command: "bunker try x", does: "try x" }],
} as const satisfies Command;

test("a verb's page", () => {
  expect(commandHelp(sample, page)).toBe(`\
Usage: bunker try [OPTIONS] THING
       bunker try --all

Try a thing

A first paragraph that is long enough to be broken over two lines of a page of
eighty cells.

Options:
  -a, --all           Take all of them
      --label NAME    A label (repeatable)
  -h, --help          Print this page

Limits:
  -m, --memory BYTES  Memory limit
      --volume SOURCE:TARGET[:OPTIONS,...]
                      Mount it (repeatable)

Examples:
  bunker try x
      try x
`);
});

test("-h is not offered for help where an option has that letter", () => {
  const options = [{ name: "hostname", short: "h", kind: "string", value: "NAME", help: "Name" }] as const;
  const text = commandHelp({ ...sample, options }, page);
  expect(text).toContain("      --help           Print this page\n");
  expect(text).not.toContain("-h, --help");
});

test("headings are bold only when asked for", () => {
  expect(commandHelp(sample, page)).not.toContain("\x1b");
  const bold = commandHelp(sample, { width: 80, bold: true });
  expect(bold).toContain("\x1b[1mOptions:\x1b[0m\n");
  expect(Bun.stripANSI(bold)).toBe(commandHelp(sample, page));
});

test("a narrow page puts meanings under their terms, and a very wide one is not filled", () => {
  const narrow = commandHelp(sample, { width: 40, bold: false });
  expect(narrow).toContain("  -m, --memory BYTES\n        Memory limit\n");
  expect(commandHelp(sample, { width: 1, bold: false })).toBe(narrow);
  const long = { ...sample, summary: "word ".repeat(100).trim() };
  const widest = Math.max(
    ...commandHelp(long, { width: 5000, bold: false })
      .split("\n")
      .map((line) => line.length),
  );
  expect(widest).toBeLessThanOrEqual(100);
});

test("the overview lists verbs under their groups and leaves empty groups out", () => {
  const text = overviewHelp([sample], page);
  expect(text).toContain("Images:\n  try            Try a thing\n");
  expect(text).not.toContain("Containers:");
  expect(text).toContain("      --help     Print this page\n");
});

test("wrap", () => {
  expect(wrap("one two three", 7, "")).toBe("one two\nthree\n");
  expect(wrap("one two three", 9, "  ")).toBe("  one two\n  three\n");
  expect(wrap("averyveryverylongword x", 5, "")).toBe("averyveryverylongword\nx\n");
  expect(wrap("日本 語", 6, "")).toBe("日本\n語\n");
  expect(wrap("", 10, "  ")).toBe("  \n");
});
