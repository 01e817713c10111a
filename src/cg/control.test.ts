import { describe, expect, test } from "bun:test";
import { UserError } from "../errors.ts";
import { ENOENT } from "../sys/abi/errno.gen.ts";
import { parseList, readControl, readWords, writeControl } from "./control.ts";
import { normaliseParent } from "./parent.ts";

describe("parseList", () => {
  test("numbers and ranges", () => {
    expect(parseList("0-2,4")).toEqual(new Set([0, 1, 2, 4]));
    expect(parseList("3")).toEqual(new Set([3]));
    expect(parseList("1,1-2, 2")).toEqual(new Set([1, 2]));
  });

  test("anything else is not a list", () => {
    for (const text of ["", ",", "a", "1-", "-1", "2-1", "1..3", "1-2-3", "999999", "0-99999999999", "1\n2"]) {
      expect(parseList(text)).toBeUndefined();
    }
  });
});

describe("control files", () => {
  test("are never created", () => {
    const path = `/tmp/bunker-control-${process.pid}`;
    expect(writeControl(path, "1")).toBe(-ENOENT);
    expect(readControl(path)).toBeUndefined();
    expect(readWords(path)).toBeUndefined();
  });

  test("an empty file has no words", () => {
    expect(readWords("/dev/null")).toEqual([]);
  });

  test("a NUL in a path is refused", () => {
    expect(() => writeControl("/dev/null\0x", "1")).toThrow(UserError);
  });
});

describe("normaliseParent", () => {
  test("slashes do not count", () => {
    expect(["/bunker", "bunker/", "//bunker//"].map(normaliseParent)).toEqual(["/bunker", "/bunker", "/bunker"]);
    expect(normaliseParent("/a/b.slice")).toBe("/a/b.slice");
    expect(normaliseParent("/")).toBe("");
  });

  test("ways out of the hierarchy are refused", () => {
    for (const parent of ["..", "/a/../b", ".", "/a/./b", "/a\n", "/a\0b"]) {
      expect(() => normaliseParent(parent)).toThrow(UserError);
    }
  });
});
