import { describe, expect, test } from "bun:test";
import { encodeXattr, XattrSets } from "./xattr-sets.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

describe("attribute sets", () => {
  test("of the same content are one set, in whatever order their names come", () => {
    const sets = new XattrSets();
    const a = sets.add(
      "a",
      new Map([
        ["user.b", bytes("1")],
        ["user.a", bytes("2")],
      ]),
    );
    const b = sets.add(
      "b",
      new Map([
        ["user.a", bytes("2")],
        ["user.b", bytes("1")],
      ]),
    );
    const other = sets.add(
      "c",
      new Map([
        ["user.a", bytes("2")],
        ["user.b", bytes("")],
      ]),
    );
    expect([a, b, other]).toEqual([1, 1, 2]);
    expect(sets.get(1).count).toBe(2);
    expect(Buffer.from(sets.get(1).bytes).toString("hex")).toBe(
      "0000" + "0100" + "61" + "01000000" + "32" + "0000" + "0100" + "62" + "01000000" + "31",
    );
  });

  test("leave out what squashfs cannot hold, and say so", () => {
    const sets = new XattrSets();
    const acl = new Map([["system.posix_acl_access", bytes("x")]]);
    expect(sets.add("a", acl)).toBe(0);
    expect(sets.add("a", new Map([...acl, ["user.kept", bytes("y")]]))).toBe(1);
    expect(sets.get(1).count).toBe(1);
    for (let i = 0; i < 100; i++) sets.add("a", new Map([[`hostile.${i}`, bytes("x")]]));
    expect([...sets.dropped].slice(0, 2)).toEqual(["system.posix_acl_access", "hostile.0"]);
    expect(sets.dropped.size).toBe(16);
  });

  test("take values of 64 KB and many sets", () => {
    const sets = new XattrSets();
    const large = new Uint8Array(65_536).fill(7);
    const numbers = Array.from({ length: 100 }, (_, i) => {
      return sets.add(
        "a",
        new Map([
          ["trusted.large", large],
          ["user.i", bytes(`${i}`)],
        ]),
      );
    });
    expect(numbers).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(sets.get(100).bytes.length).toBe(4 + 5 + 4 + 65_536 + 4 + 1 + 4 + 2);
  });
});

describe("an attribute", () => {
  test("has its name space as a number", () => {
    const hex = (name: string): string => Buffer.from(encodeXattr("f", name, bytes("v"))).toString("hex");
    expect(hex("user.x")).toBe("0000" + "0100" + "78" + "01000000" + "76");
    expect(hex("trusted.x")).toBe("0100" + "0100" + "78" + "01000000" + "76");
    expect(hex("security.x")).toBe("0200" + "0100" + "78" + "01000000" + "76");
  });

  test.each(["user.", `user.${"n".repeat(251)}`, "user.a\0b"])("is refused with the name %j", (name) => {
    expect(() => encodeXattr("dir/f", name, bytes(""))).toThrow('cannot store "dir/f": invalid name');
  });

  test("is refused with a value over 64 KB", () => {
    expect(() => encodeXattr("f", "user.x", new Uint8Array(65_537))).toThrow(
      'cannot store "f": its extended attribute "user.x" has 65537 bytes, 65536 are the most',
    );
  });
});
