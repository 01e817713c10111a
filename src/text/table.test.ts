import { expect, test } from "bun:test";

import { printable } from "./printable.ts";
import { formatTable, pad } from "./table.ts";

test("columns are laid out as Docker's: ten cells at least, three between, nothing after the last", () => {
  const text = formatTable(
    ["Container ID", "tag", "ports", "names"],
    [
      ["0123456789ab", "latest", "", "web"],
      ["ba9876543210", "a-longer-tag", "80/tcp", "db"],
    ],
  );
  expect(text).toBe(
    [
      "CONTAINER ID   TAG            PORTS     NAMES",
      "0123456789ab   latest                   web",
      "ba9876543210   a-longer-tag   80/tcp    db",
      "",
    ].join("\n"),
  );
});

test("headers alone", () => {
  expect(formatTable(["image", "size"], [])).toBe("IMAGE     SIZE\n");
});

test("width is counted in cells of the terminal", () => {
  const lines = formatTable(
    ["command", "names"],
    [
      ["日本語日本語日", "a"],
      ["e\u0301".repeat(14), "b"],
    ],
  ).split("\n");
  expect(lines[1]).toBe("日本語日本語日   a");
  expect(lines[2]).toBe(`${"e\u0301".repeat(14)}   b`);
});

test("a cell cannot forge lines or drive the terminal", () => {
  const text = formatTable(["command", "names"], [['"sh\nroot"', "\x1b[2J\u009b\u0007\t"]]);
  expect(text.split("\n")).toHaveLength(3);
  expect(text).toContain('"sh\\nroot"   \\x1b[2J\\x9b\\x07\\t');
  expect(printable("a\0b\x7f")).toBe("a\\x00b\\x7f");
});

test("a row with too many or too few cells is a mistake of the caller", () => {
  expect(() => formatTable(["a", "b"], [["1", "2", "3"]])).toThrow(RangeError);
  expect(() => formatTable(["a", "b"], [["1"]])).toThrow(RangeError);
});

test("pad", () => {
  expect(pad("ab", 4)).toBe("ab  ");
  expect(pad("abcde", 4)).toBe("abcde");
  expect(pad("日", 3)).toBe("日 ");
});
