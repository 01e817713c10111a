// Paths, lexically.

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { cleanPath, parseAbsolute, parseCgroupParent, resolvePath } from "./path.ts";

test.each([
  ["/", "/"],
  ["//", "/"],
  ["/a//b/./c/", "/a/b/c"],
  ["/a/../b", "/b"],
  ["/../../etc", "/etc"],
  ["/a/b/../../..", "/"],
  ["", "."],
  ["a/..", "."],
  ["../a", "../a"],
  ["a/../../b", "../b"],
  ["/...", "/..."],
])("%p is %p", (path, clean) => {
  expect(cleanPath(path)).toBe(clean);
});

test("seen from a directory", () => {
  expect(resolvePath("/w/d", "./x")).toBe("/w/d/x");
  expect(resolvePath("/w/d", "../x")).toBe("/w/x");
  expect(resolvePath("/w/d", ".")).toBe("/w/d");
  expect(resolvePath("/w/d", "/x")).toBe("/x");
  expect(resolvePath("/", "x")).toBe("/x");
});

test("absolute only", () => {
  expect(parseAbsolute("--workdir", "/srv//x/")).toBe("/srv/x");
  expect(messageOf(() => parseAbsolute("--workdir", "srv"))).toBe(
    'invalid value "srv" for --workdir: expected an absolute path',
  );
  expect(messageOf(() => parseAbsolute("--workdir", "/a\0b"))).toContain("NUL");
  expect(messageOf(() => parseAbsolute("--workdir", ""))).toContain("absolute");
});

test("the parent of a container's group", () => {
  expect(parseCgroupParent("/fleet/a/")).toBe("/fleet/a");
  expect(parseCgroupParent("fleet")).toBe("/fleet");
  for (const text of ["", "/", "..", "/a/../..", "/a/../b", "/a:b", "/a\nb"]) {
    expect(messageOf(() => parseCgroupParent(text))).toContain("--cgroup-parent");
  }
  expect(messageOf(() => parseCgroupParent("system.slice"))).toContain("systemd slices are not supported");
});
