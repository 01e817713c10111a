// Users and groups, before they are looked up.

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { parseGroup, parseUser } from "./user.ts";

test.each(["0", "1000", "1000:1000", "www-data", "www-data:www-data", "app:0", "0:wheel", "2147483647", ":5", "app:"])(
  "%s",
  (text) => {
    expect(parseUser(text)).toBe(text);
  },
);

test("empty means the image's", () => {
  expect(parseUser("")).toBeUndefined();
});

test.each([
  "a:b:c",
  "-1",
  "+1",
  "1:-1",
  "2147483648",
  "4294967295:0",
  "99999999999999999999",
  "a b",
  "a\n",
  "a\0",
  "a,b",
  "\u001b",
])("refused: %p", (text) => {
  expect(messageOf(() => parseUser(text))).toContain("for --user: expected a name or a number up to 2147483647");
});

test("groups", () => {
  expect([parseGroup("audio"), parseGroup("20")]).toEqual(["audio", "20"]);
  for (const text of ["", "a:b", "-1", "2147483648", "a\0"]) {
    expect(messageOf(() => parseGroup(text))).toContain("--group-add");
  }
});
