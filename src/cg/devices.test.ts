import { describe, expect, test } from "bun:test";
import { UserError } from "../errors.ts";
import type { DeviceRule } from "../oci/spec.ts";
import { fullRule, restricts, v1DeviceWrites } from "./devices.ts";

function lines(...rules: DeviceRule[]): string[] {
  return v1DeviceWrites(rules).map((write) => `${write.file.slice("devices.".length)} ${write.value}`);
}

describe("v1DeviceWrites", () => {
  test("rules in order, wildcards for what is left out", () => {
    expect(
      lines(
        { allow: false, access: "rwm" },
        { allow: true, type: "c", access: "m" },
        { allow: true, type: "c", major: 136, access: "mrw" },
        { allow: true, type: "b", major: -1, minor: 7, access: "r" },
      ),
    ).toEqual(["deny a", "allow c *:* m", "allow c 136:* rwm", "allow b *:7 r"]);
  });

  test("what stands before a rule for everything is left out", () => {
    expect(
      lines({ allow: true, type: "c", major: 1, minor: 3 }, { allow: false }, { allow: false, type: "a" }),
    ).toEqual(["deny a"]);
  });

  test("a narrower rule for both kinds is written for each: the kernel takes `a` for everything", () => {
    expect(lines({ allow: true, type: "a", access: "m" })).toEqual(["allow b *:* m", "allow c *:* m"]);
    expect(lines({ allow: false, major: 10, minor: 200 })).toEqual(["deny b 10:200 rwm", "deny c 10:200 rwm"]);
  });

  test("hostile rules", () => {
    const bad = [
      { allow: true, access: "" },
      { allow: true, access: "rwx" },
      { allow: true, access: "r w" },
      { allow: true, access: "rwm\n" },
      { allow: true, type: "u" },
      { allow: true, type: "c 1:3 rwm\nb" },
      { allow: true, major: 4096 },
      { allow: true, major: 1.5 },
      { allow: true, minor: -2 },
      { allow: true, minor: Number.NaN },
    ] as unknown as DeviceRule[];
    for (const rule of bad) expect(() => fullRule(rule)).toThrow(UserError);
  });
});

test("restricts", () => {
  expect(restricts([])).toBe(false);
  expect(restricts([{ allow: true }])).toBe(false);
  expect(restricts([{ allow: true }, { allow: false, type: "c", major: 1 }])).toBe(true);
});
