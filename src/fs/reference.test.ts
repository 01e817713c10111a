import { expect, test } from "bun:test";

import { UserError } from "../errors.ts";
import { quote } from "../oci/parse/fault.ts";
import { familiar, familiarName, normalised, parseReference, withDefaultTag } from "./reference.ts";

const HEX = "0123456789abcdef".repeat(4);

// From distribution/reference's own tests: as typed, in full, for people.
test.each([
  ["app", "docker.io/library/app:latest", "app:latest"],
  ["app:1.0", "docker.io/library/app:1.0", "app:1.0"],
  ["library/app", "docker.io/library/app:latest", "app:latest"],
  ["docker.io/library/app:1", "docker.io/library/app:1", "app:1"],
  ["docker.io/app", "docker.io/library/app:latest", "app:latest"],
  ["index.docker.io/app", "docker.io/library/app:latest", "app:latest"],
  ["index.docker.io/team/app", "docker.io/team/app:latest", "team/app:latest"],
  ["team/app", "docker.io/team/app:latest", "team/app:latest"],
  ["library/team/app", "docker.io/library/team/app:latest", "library/team/app:latest"],
  ["localhost/app", "localhost/app:latest", "localhost/app:latest"],
  ["localhost:5000/app:x", "localhost:5000/app:x", "localhost:5000/app:x"],
  ["UPPER/app", "UPPER/app:latest", "UPPER/app:latest"],
  ["ghcr.io/a/b/c:V1_x.y-z", "ghcr.io/a/b/c:V1_x.y-z", "ghcr.io/a/b/c:V1_x.y-z"],
  ["[2001:db8::1]:5000/app", "[2001:db8::1]:5000/app:latest", "[2001:db8::1]:5000/app:latest"],
  ["127.0.0.1/app", "127.0.0.1/app:latest", "127.0.0.1/app:latest"],
  ["a__b.c-d---e", "docker.io/library/a__b.c-d---e:latest", "a__b.c-d---e:latest"],
  [`app@sha256:${HEX}`, `docker.io/library/app@sha256:${HEX}`, `app@sha256:${HEX}`],
  [`r.io/app:1@sha256:${HEX}`, `r.io/app:1@sha256:${HEX}`, `r.io/app:1@sha256:${HEX}`],
  ["sha256:abcd", "docker.io/library/sha256:abcd", "sha256:abcd"],
])("%s", (typed, full, short) => {
  const reference = withDefaultTag(parseReference(typed));
  expect(normalised(reference)).toBe(full);
  expect(familiar(reference)).toBe(short);
  expect(parseReference(short)).toEqual(reference);
  expect(parseReference(full)).toEqual(reference);
  expect(familiar(reference).startsWith(familiarName(reference))).toBe(true);
});

const BAD: readonly [string, string][] = [
  ["", "it is empty"],
  [":tag", "is not made of"],
  ["@sha256:", "is not made of"],
  ["@bun", "is not made of"],
  ["App", "must be lowercase"],
  ["team/App", "must be lowercase"],
  ["docker.io/App:1", "must be lowercase"],
  ["app:", "is no tag"],
  ["app:.x", "is no tag"],
  ["app:-x", "is no tag"],
  [`app:${"x".repeat(129)}`, "is no tag"],
  ["app:a:b", "is no tag"],
  ["app:1\n", "is no tag"],
  ["app\n", "is not made of"],
  ["app\0", "is not made of"],
  ["app name", "is not made of"],
  ["äpp", "is not made of"],
  ["app/", "is not made of"],
  ["/app", "is not made of"],
  ["a//b", "is not made of"],
  ["..", "is not made of"],
  ["../../etc/passwd", "is no registry"],
  ["a/../b", "is not made of"],
  ["-app", "is not made of"],
  ["app-", "is not made of"],
  ["a..b", "is not made of"],
  ["a___b", "is not made of"],
  ["a.-b", "is not made of"],
  ["a+b", "is not made of"],
  ["-x.io/app", "is no registry"],
  ["x_y.io/app", "is no registry"],
  ["x.io:port/app", "is no registry"],
  ["x.io:/app", "is no registry"],
  ["[::1/app", "is no registry"],
  ["https://x.io/app", "is no registry"],
  ["app@sha256:abc", "is no digest"],
  [`app@sha256:${HEX}0`, "is no digest"],
  [`app@sha256:${HEX.toUpperCase()}`, "is no digest"],
  [`app@:${HEX}`, "is no digest"],
  [`app@sha256:${HEX}@sha256:${HEX}`, "is no digest"],
  [HEX, "an id, not a name"],
  ["x".repeat(248), "more than 255"],
  ["x".repeat(100_000), "it is too long"],
];

for (const [typed, problem] of BAD) {
  test(`refuses ${quote(typed)}`, () => {
    expect(() => parseReference(typed)).toThrow(UserError);
    expect(() => parseReference(typed)).toThrow(problem);
  });
}

test("what stands before a colon without a slash is a name, not a registry", () => {
  expect(parseReference("x.io:5000")).toEqual({ domain: "docker.io", path: "library/x.io", tag: "5000" });
});

test("takes the longest path that there is", () => {
  expect(parseReference(`r.io/${"x".repeat(255)}`).path).toHaveLength(255);
});

test("a name that would make a regular expression go back and forth is refused like any other", () => {
  expect(() => parseReference(`${"a-".repeat(500)}!`)).toThrow(UserError);
  expect(() => parseReference(`${"a.".repeat(300)}/${"-".repeat(300)}`)).toThrow(UserError);
});

test("random strings are refused or come back unchanged in meaning", () => {
  let seed = 12345;
  const random = (n: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % n;
  const letters = "ab0:/@._-[]A\0+ ";
  for (let round = 0; round < 5000; round++) {
    const text = Array.from({ length: random(12) }, () => letters[random(letters.length)]).join("");
    let reference;
    try {
      reference = parseReference(text);
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      continue;
    }
    expect(parseReference(familiar(reference))).toEqual(reference);
    expect(parseReference(normalised(reference))).toEqual(reference);
    expect(familiar(reference)).not.toMatch(/[\0+ ]/);
  }
});
