// The whole text of `bunker run --explain` for a few launches, against files that were read and compared with what
// strace shows of the same launches. golden.ts says how to write them anew.

import { describe, expect, test } from "bun:test";

import { explanation } from "../../src/run/explain.ts";
import { differences, expectGolden } from "./golden.ts";
import { LAUNCHES, rehearsalOf, SECRET } from "./launches.ts";

/** The exit verb is this executable, wherever it is. */
function textOf(name: string): string {
  const launch = LAUNCHES[name];
  if (launch === undefined) throw new Error(`there is no launch ${name}`);
  return explanation(rehearsalOf(launch)).replaceAll(process.execPath, "/usr/bin/bunker");
}

describe.each(Object.keys(LAUNCHES))("%s", (name) => {
  test("is the text that was found right", () => {
    expectGolden(`${name}.txt`, textOf(name));
  });

  test("shows no value of an environment variable", () => {
    const text = textOf(name);
    expect(text).toContain('"IMAGE_TOKEN=…"');
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain("/usr/bin:/bin");
  });

  test("names every label that it sends to", () => {
    const text = textOf(name);
    const labels = new Set(text.match(/^[\w.]+(?=:( |$))/gm));
    const targets = text.match(/(?<=goto |goes to )[\w.]+/g) ?? [];
    expect(targets.length).toBeGreaterThan(20);
    expect(targets.filter((target) => !labels.has(target))).toEqual([]);
  });

  test("is the same text every time", () => {
    expect(textOf(name)).toBe(textOf(name));
  });

  test("has no character that a terminal would obey", () => {
    expect(textOf(name)).not.toMatch(/[^\P{Cc}\n]/u);
  });
});

test("a difference is shown with the lines around it", () => {
  const before = ["a", "b", "c", "d", "e", "f", "g", "h", "i"].join("\n");
  const after = ["a", "b", "c", "d", "E", "new", "f", "g", "h", "i"].join("\n");
  expect(differences(before, after)).toBe(
    ["...", " b", " c", " d", "-e", "+E", "+new", " f", " g", " h", "..."].join("\n"),
  );
  expect(differences("", "one")).toBe("-\n+one");
});
