// Names of containers and hosts.

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { parseHostname, parseName } from "./name.ts";

test.each(["ab", "a1", "0x", "web_1.2-3", "A-", "a..", "x".repeat(255)])("a name: %s", (name) => {
  expect(parseName(name)).toBe(name);
});

test.each(["", "a", "-a", "_a", ".a", "..", "a b", "a/b", "/ab", "ä1", "a\n", "ab\0", "a:b", "x".repeat(256), "../x"])(
  "no name: %p",
  (name) => {
    expect(messageOf(() => parseName(name))).toContain("for --name: expected 2 to 255 of");
  },
);

test.each([
  "a",
  "web",
  "web-1",
  "WEB",
  "my_host",
  "a.b.example",
  "x".repeat(63),
  `${"x".repeat(31)}.${"y".repeat(32)}`,
])("a host name: %s", (name) => {
  expect(parseHostname(name)).toBe(name);
});

test.each(["", "-a", "a-", ".a", "a.", "a..b", "a b", "a/b", "x".repeat(64), "a\0", "a\n", "ä"])(
  "no host name: %p",
  (name) => {
    expect(messageOf(() => parseHostname(name))).toContain("for --hostname: expected labels");
  },
);

test("longer than the kernel keeps", () => {
  const long = `${"x".repeat(40)}.${"y".repeat(40)}`;
  expect(messageOf(() => parseHostname(long))).toContain("at most 64 characters");
});
