// The relaxing of references, with forms made up for the purpose: one byte that reaches 7 bytes, and five that reach all.
// The forms of the architectures are tested beside them.

import { describe, expect, test } from "bun:test";
import { Code, type Form, type Label, le32, roundUp } from "./layout.ts";

/** The distance in a byte; a byte 0xba and the distance in four. */
const FORMS: readonly Form[] = [
  { size: 1, fits: (at, target) => Math.abs(target - at) < 8, encode: (at, target) => [target - at] },
  { size: 5, fits: () => true, encode: (at, target) => [0xba, ...le32(target - at)] },
];

const BASE = 1000;

const label = (name: string): Label => ({ name, address: 0 });

function settle(code: Code, start: number): Uint8Array {
  let end = code.place(start);
  while (code.relax(start)) end = code.place(start);
  const out = new Uint8Array(end - start);
  code.write(out, 0, start, BASE);
  return out;
}

describe("Code", () => {
  test("keeps bytes in order, little endian, over any size", () => {
    const code = new Code();
    const expected: number[] = [];
    for (let index = 0; index < 5000; index++) {
      code.put(index * 0x01010101, 1 + (index % 4));
      expected.push(...le32(index * 0x01010101).slice(0, 1 + (index % 4)));
    }
    expect([...settle(code, 0)]).toEqual(expected);
  });

  test("uses the short form where it reaches, forwards and backwards", () => {
    const code = new Code();
    const [before, after] = [label("before"), label("after")];
    code.label(before);
    code.put(0x11, 1);
    code.reference(after, 0, FORMS);
    code.reference(before, 0, FORMS);
    code.put(0x22, 1);
    code.label(after);
    expect([...settle(code, 100)]).toEqual([0x11, 3, 0xfe, 0x22]);
    expect([before.address, after.address]).toEqual([100, 104]);
  });

  test("lengthens what does not reach, and then what that pushes out of reach", () => {
    const code = new Code();
    const [near, far] = [label("near"), label("far")];
    code.reference(near, 0, FORMS);
    code.reference(far, 0, FORMS);
    code.put(0, 4);
    code.label(near);
    code.put(0, 4);
    code.label(far);
    // `far` is 9 away and grows to 5 bytes; that takes `near` from 6 to 10, so it grows as well.
    expect([...settle(code, 0)].slice(0, 10)).toEqual([0xba, 14, 0, 0, 0, 0xba, 13, 0, 0, 0]);
  });

  test("adds the offset of a reference", () => {
    const code = new Code();
    code.reference({ name: "there", address: 50 }, 3, FORMS);
    expect([...settle(code, 48)]).toEqual([5]);
  });

  test("fills fields with addresses and with distances from the base register", () => {
    const code = new Code();
    const end = label("end");
    code.put(0x11, 1);
    code.field(end, 2, false);
    code.reference(end, 0, FORMS);
    code.field(end, 3, true);
    code.label(end);
    expect([...settle(code, 0x10000)]).toEqual([0x11, 0x0c, 0, 1, 0, 5, ...le32(0x1000a + 3 - BASE)]);
  });

  test("refuses a reference whose last form does not reach", () => {
    const code = new Code();
    code.reference({ name: "there", address: 50 }, 0, FORMS.slice(0, 1));
    expect(() => settle(code, 0)).toThrow('assemble: "there" is out of reach');
  });

  test("writes at an offset", () => {
    const code = new Code();
    code.put(0x0201, 2);
    code.label(label("end"));
    const out = new Uint8Array(4);
    code.place(16);
    code.write(out, 1, 16, 0);
    expect([...out]).toEqual([0, 1, 2, 0]);
  });
});

test("roundUp", () => {
  expect([roundUp(0, 8), roundUp(1, 8), roundUp(8, 8), roundUp(9, 4096)]).toEqual([0, 8, 8, 4096]);
});

test("le32", () => {
  expect([le32(0x12345678), le32(-2), le32(0xfedcba98)]).toEqual([
    [0x78, 0x56, 0x34, 0x12],
    [0xfe, 0xff, 0xff, 0xff],
    [0x98, 0xba, 0xdc, 0xfe],
  ]);
});
