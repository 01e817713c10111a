// The environment of the first process.

import { expect, test } from "bun:test";

import { makeEnvironment } from "./environment.ts";
import type { Variable } from "./parse/env.ts";

const FACTS = { hostname: "box", home: "/home/app" };
const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const make = (env: Variable[], image: string[] = [], tty = false) =>
  makeEnvironment({ env, tty }, { Env: image }, FACTS);

test("defaults", () => {
  expect(make([])).toEqual([PATH, "HOSTNAME=box", "HOME=/home/app"]);
  expect(make([], [], true)).toEqual([PATH, "HOSTNAME=box", "TERM=xterm", "HOME=/home/app"]);
});

test("the image's, then the user's; later ones win at the place of the earlier", () => {
  expect(
    make(
      [
        ["B", "3"],
        ["C", "4"],
        ["B", "5"],
      ],
      ["PATH=/bin", "A=1", "B=2"],
    ),
  ).toEqual(["PATH=/bin", "HOSTNAME=box", "A=1", "B=5", "C=4", "HOME=/home/app"]);
});

test("a name without a value is taken out", () => {
  expect(make([["A"], ["PATH"], ["NEVER"]], ["A=1"])).toEqual(["HOSTNAME=box", "HOME=/home/app"]);
});

test("HOME of the image or the user stands, an empty one does not", () => {
  expect(make([["HOME", "/x"]])).toContain("HOME=/x");
  expect(make([], ["HOME=/i"])).toContain("HOME=/i");
  expect(make([["HOME", ""]]).filter((entry) => entry.startsWith("HOME"))).toEqual(["HOME=/home/app"]);
});

test("names that are special to JavaScript are names like others; entries without a name are dropped", () => {
  expect(
    make(
      [
        ["__proto__", "1"],
        ["constructor", "2"],
      ],
      ["=x", "noequals"],
    ),
  ).toEqual([PATH, "HOSTNAME=box", "__proto__=1", "constructor=2", "HOME=/home/app"]);
});
