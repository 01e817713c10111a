import { afterAll, expect, test } from "bun:test";
import { ftruncateSync, linkSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";

import { SysError, UserError } from "../errors.ts";
import { measureTree } from "./usage.ts";

const base = mkdtempSync(`${tmpdir()}/bunker-usage-`);
afterAll(() => rmSync(base, { recursive: true, force: true }));

let count = 0;
function makeDir(): string {
  const dir = `${base}/${count++}`;
  mkdirSync(dir);
  return dir;
}

test("sums what files hold, through all directories", () => {
  const dir = makeDir();
  writeFileSync(`${dir}/a`, "12345");
  mkdirSync(`${dir}/b/c/d`, { recursive: true });
  writeFileSync(`${dir}/b/c/d/e`, "x".repeat(10_000));
  linkSync(`${dir}/a`, `${dir}/b/link`);
  symlinkSync("/", `${dir}/root`);
  symlinkSync("missing", `${dir}/nowhere`);
  expect(measureTree(dir, "/nonexistent")).toBe(5 + 10_000);
  expect(measureTree(makeDir(), "/nonexistent")).toBe(0);
});

test("a file with many names counts once", () => {
  const dir = makeDir();
  writeFileSync(`${dir}/busybox`, "x".repeat(4096));
  for (let n = 0; n < 99; n++) linkSync(`${dir}/busybox`, `${dir}/${n}`);
  expect(measureTree(dir, "/nonexistent")).toBe(4096);
});

test("a hole takes no room", () => {
  const dir = makeDir();
  ftruncateSync(openSync(`${dir}/sparse`, "w"), 2 ** 40);
  expect(measureTree(dir, "/nonexistent")).toBe(0);
});

test("names that are not UTF-8, and deep nesting, are no hindrance", () => {
  const dir = makeDir();
  writeFileSync(Buffer.from(`${dir}/\xff\xfe`, "latin1"), "passed over");
  const deep = `${dir}/${"d/".repeat(300)}`;
  mkdirSync(deep, { recursive: true });
  writeFileSync(`${deep}file`, "123");
  expect(measureTree(dir, "/nonexistent")).toBe(3);
});

test("the store must not be in the tree, nor be the tree", () => {
  const dir = makeDir();
  mkdirSync(`${dir}/var/lib/store`, { recursive: true });
  for (const tree of [dir, `${dir}/var/lib/store`]) {
    expect(() => measureTree(tree, `${dir}/var/lib/store`)).toThrow(UserError);
    expect(() => measureTree(tree, `${dir}/var/lib/store`)).toThrow("it contains bunker's own store");
  }
  symlinkSync(`${dir}/var`, `${base}/elsewhere`);
  expect(() => measureTree(`${base}/elsewhere`, `${dir}/var/lib/store`)).toThrow("it contains bunker's own store");
});

test("a tree with file systems of the kernel in it is refused", () => {
  expect(() => measureTree("/proc", "/nonexistent")).toThrow("cannot import /proc: proc is mounted on /proc");
  expect(() => measureTree("/", "/nonexistent")).toThrow(UserError);
});

test("what is no directory is an error", () => {
  const dir = makeDir();
  writeFileSync(`${dir}/file`, "");
  expect(() => measureTree(`${dir}/file`, "/nonexistent")).toThrow(SysError);
  expect(() => measureTree(`${dir}/missing`, "/nonexistent")).toThrow(SysError);
});
