// --ulimit NAME=SOFT[:HARD].

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { UNLIMITED } from "../spec.ts";
import { parseUlimit } from "./ulimit.ts";

test.each([
  ["nofile=1024", "RLIMIT_NOFILE", 1024, 1024],
  ["nofile=1024:2048", "RLIMIT_NOFILE", 1024, 2048],
  ["core=0", "RLIMIT_CORE", 0, 0],
  ["memlock=-1", "RLIMIT_MEMLOCK", UNLIMITED, UNLIMITED],
  ["memlock=-1:-1", "RLIMIT_MEMLOCK", UNLIMITED, UNLIMITED],
  ["stack=8388608:-1", "RLIMIT_STACK", 8_388_608, UNLIMITED],
  ["rtprio=99:99", "RLIMIT_RTPRIO", 99, 99],
  ["as=unlimited", "RLIMIT_AS", UNLIMITED, UNLIMITED],
])("%s", (text, type, soft, hard) => {
  expect(parseUlimit(text)).toEqual({ type, soft, hard });
});

test("all sixteen", () => {
  const names = "as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack";
  expect(names.split(" ").map((name) => parseUlimit(`${name}=1`).type)).toEqual(
    names.split(" ").map((name) => `RLIMIT_${name.toUpperCase()}`),
  );
});

test.each([
  ["nofile", "expected NAME=SOFT[:HARD]"],
  ["", "expected NAME=SOFT[:HARD]"],
  ["NOFILE=1", "expected NAME=SOFT[:HARD]"],
  ["nofile=1:2:3", "expected NAME=SOFT[:HARD]"],
  ["files=1", 'unknown limit "files": expected as, core'],
  ["tostring=1", "unknown limit"],
  ["nofile=", "numbers below 2^53"],
  ["nofile=:5", "numbers below 2^53"],
  ["nofile=-2", "numbers below 2^53"],
  ["nofile=1k", "numbers below 2^53"],
  ["nofile=1.5", "numbers below 2^53"],
  ["nofile=99999999999999999999", "numbers below 2^53"],
  ["nofile=5:4", "the soft limit is above the hard limit"],
  ["nofile=-1:4", "the soft limit is above the hard limit"],
  ["nofile=1\0", "numbers below 2^53"],
])("refused: %p", (text, why) => {
  const message = messageOf(() => parseUlimit(text));
  expect(message).toContain("for --ulimit: ");
  expect(message).toContain(why);
});
