// Goldens of every AArch64 encoding, each beside what GNU objdump makes of its bytes.

import { expect, test } from "bun:test";
import { emitted, labelAt, SLOTS, START } from "../../test/asm/emitted.ts";
import { slot } from "../../test/asm/programs.ts";
import { arm64 } from "./arm64.ts";
import type { Code } from "./layout.ts";
import type { Memory } from "./machine.ts";

const near = (offset: number): Memory => ({ kind: "near", offset });
const far = (address: number, offset = 0): Memory => ({ kind: "far", label: labelAt(address), offset });

const GOLDENS: readonly (readonly [string, (c: Code) => void, string])[] = [
  ["adr x19, 0x420000; mov w20, #0x0", (c) => arm64.entry(c, labelAt(SLOTS)), "13f80f1014008052"],
  ["mov w0, #0x0", (c) => arm64.argument(c, 0, 0), "00008052"],
  ["mov w3, #0x0", (c) => arm64.argument(c, 3, 0), "03008052"],
  ["mov w1, #0x7f", (c) => arm64.argument(c, 1, 127), "e10f8052"],
  ["mov w4, #0x5", (c) => arm64.argument(c, 4, 5), "a4008052"],
  ["mov x0, #0xffffffffffffffff", (c) => arm64.argument(c, 0, -1), "00008092"],
  ["mov x5, #0xffffffffffffff80", (c) => arm64.argument(c, 5, -128), "e50f8092"],
  ["mov w2, #0x80", (c) => arm64.argument(c, 2, 128), "02108052"],
  ["mov w3, #0x7fffffff", (c) => arm64.argument(c, 3, 0x7fffffff), "0300b012"],
  ["mov w0, #0x80000000", (c) => arm64.argument(c, 0, 0x80000000), "0000b052"],
  ["mov w4, #0xffffffff", (c) => arm64.argument(c, 4, 0xffffffff), "04008012"],
  ["mov x0, #0xffffffffffffff7f", (c) => arm64.argument(c, 0, -129), "00108092"],
  [
    "mov x5, #0xffffffffffff0000; movk x5, #0x8000, lsl #16",
    (c) => arm64.argument(c, 5, -0x80000000),
    "e5ff9f920500b0f2",
  ],
  ["mov x0, #0x100000000", (c) => arm64.argument(c, 0, 0x100000000), "2000c0d2"],
  ["mov x3, #0xffffffff7fffffff", (c) => arm64.argument(c, 3, -0x80000001), "0300b092"],
  [
    "mov x0, #0x3210; movk x0, #0x7654, lsl #16; movk x0, #0xba98, lsl #32; movk x0, #0xfedc, lsl #48",
    (c) => arm64.argument(c, 0, 0xfedcba9876543210n),
    "004286d280caaef20053d7f280dbfff2",
  ],
  ["mov x0, #0xffffffffffffffff", (c) => arm64.argument(c, 0, 0xffffffffffffffffn), "00008092"],
  ["ldr x0, [x19]", (c) => arm64.argument(c, 0, slot(0)), "600240f9"],
  ["ldr x1, [x19, #128]", (c) => arm64.argument(c, 1, slot(16)), "614240f9"],
  ["ldr x3, [x19, #248]", (c) => arm64.argument(c, 3, slot(31)), "637e40f9"],
  ["ldr x2, [x19, #256]", (c) => arm64.argument(c, 2, slot(32)), "628240f9"],
  ["add x10, x19, #0x8, lsl #12; ldr x0, [x10]", (c) => arm64.argument(c, 0, slot(4096)), "6a224091400140f9"],
  ["add x0, x19, #0x0", (c) => arm64.argument(c, 0, near(0)), "60020091"],
  ["add x4, x19, #0xff", (c) => arm64.argument(c, 4, near(255)), "64fe0391"],
  ["add x0, x19, #0x100", (c) => arm64.argument(c, 0, near(256)), "60020491"],
  ["add x0, x19, #0x1, lsl #12", (c) => arm64.argument(c, 0, near(4096)), "60064091"],
  ["add x0, x19, #0x12, lsl #12; add x0, x0, #0x345", (c) => arm64.argument(c, 0, near(0x12345)), "604a409100140d91"],
  [
    "mov w0, #0x4567; movk w0, #0x123, lsl #16; add x0, x19, x0",
    (c) => arm64.argument(c, 0, near(0x1234567)),
    "e0ac88526024a0726002008b",
  ],
  ["adr x1, 0x400204", (c) => arm64.argument(c, 1, far(0x400200, 4)), "21080010"],
  ["mov w4, #0x5678; movk w4, #0x1234, lsl #16", (c) => arm64.argument(c, 4, far(0x12345678)), "04cf8a528446a272"],
  ["mov w1, #0x3000", (c) => arm64.argument(c, 1, far(0x3000)), "01008652"],
  ["mov w8, #0x0; svc #0x0", (c) => arm64.call(c, 0), "08008052010000d4"],
  ["mov w8, #0x3c; svc #0x0", (c) => arm64.call(c, 60), "88078052010000d4"],
  ["mov w8, #0x1b3; svc #0x0", (c) => arm64.call(c, 435), "68368052010000d4"],
  ["str x0, [x19, #8]", (c) => arm64.keep(c, 8), "600600f9"],
  ["tbnz x0, #63, 0x400140", (c) => arm64.ifNegative(c, labelAt(START + 0x40)), "0002f8b7"],
  ["tbz x0, #63, 0x400108; b 0x410100", (c) => arm64.ifNegative(c, labelAt(START + 0x10000)), "4000f8b6ff3f0014"],
  ["(nothing: a jump to what follows)", (c) => arm64.jump(c, labelAt(START)), ""],
  ["b 0x400140", (c) => arm64.jump(c, labelAt(START + 0x40)), "10000014"],
  ["b 0x3ff100", (c) => arm64.jump(c, labelAt(START - 0x1000)), "00fcff17"],
  [
    "ldr x0, [x19, #8]; cmp x0, #0x0; b.eq 0x400120",
    (c) => arm64.branch(c, 8, "==", 0, labelAt(START + 0x20)),
    "600640f91f0000f1c0000054",
  ],
  [
    "ldr x0, [x19, #8]; cmn x0, #0x1; b.ne 0x400120",
    (c) => arm64.branch(c, 8, "!=", -1, labelAt(START + 0x20)),
    "600640f91f0400b1c1000054",
  ],
  [
    "ldr x0, [x19, #8]; cmp x0, #0x7f; b.lt 0x400120",
    (c) => arm64.branch(c, 8, "<", 127, labelAt(START + 0x20)),
    "600640f91ffc01f1cb000054",
  ],
  [
    "ldr x0, [x19, #8]; cmp x0, #0x80; b.gt 0x400120",
    (c) => arm64.branch(c, 8, ">", 128, labelAt(START + 0x20)),
    "600640f91f0002f1cc000054",
  ],
  [
    "ldr x0, [x19, #8]; cmn x0, #0xfff; b.le 0x400120",
    (c) => arm64.branch(c, 8, "<=", -4095, labelAt(START + 0x20)),
    "600640f91ffc3fb1cd000054",
  ],
  [
    "ldr x0, [x19, #8]; cmp x0, #0x123, lsl #12; b.ge 0x400120",
    (c) => arm64.branch(c, 8, ">=", 0x123000, labelAt(START + 0x20)),
    "600640f91f8c44f1ca000054",
  ],
  [
    "ldr x0, [x19, #8]; mov w9, #0x3456; movk w9, #0x12, lsl #16; cmp x0, x9; b.ge 0x400118; b 0x700100",
    (c) => arm64.branch(c, 8, "<", 0x123456, labelAt(START + 0x300000)),
    "600640f9c98a86524902a0721f0009eb4a000054fbff0b14",
  ],
  ["str xzr, [x19, #16]", (c) => arm64.set(c, 16, 0), "7f0a00f9"],
  ["mov w9, #0x5; str x9, [x19, #16]", (c) => arm64.set(c, 16, 5), "a9008052690a00f9"],
  ["ldr x9, [x19, #8]; str x9, [x19, #16]", (c) => arm64.set(c, 16, slot(1)), "690640f9690a00f9"],
  ["add x9, x19, #0x40; str x9, [x19, #16]", (c) => arm64.set(c, 16, near(64)), "69020191690a00f9"],
  ["adr x9, 0x400200; str x9, [x19, #16]", (c) => arm64.set(c, 16, far(0x400200)), "09080010690a00f9"],
  ["ldr x0, [x19, #16]; add x0, x0, #0x1; str x0, [x19, #16]", (c) => arm64.add(c, 16, 1), "600a40f900040091600a00f9"],
  ["ldr x0, [x19, #16]; sub x0, x0, #0x1; str x0, [x19, #16]", (c) => arm64.add(c, 16, -1), "600a40f9000400d1600a00f9"],
  [
    "mov w9, #0x1000; ldr x0, [x19, #16]; add x0, x0, x9; str x0, [x19, #16]",
    (c) => arm64.add(c, 16, 4096),
    "09008252600a40f90000098b600a00f9",
  ],
  [
    "mov x9, #0x100000000; ldr x0, [x19, #16]; add x0, x0, x9; str x0, [x19, #16]",
    (c) => arm64.add(c, 16, 0x100000000),
    "2900c0d2600a40f90000098b600a00f9",
  ],
  [
    "ldr x9, [x19, #24]; ldr x0, [x19, #16]; add x0, x0, x9; str x0, [x19, #16]",
    (c) => arm64.add(c, 16, slot(3)),
    "690e40f9600a40f90000098b600a00f9",
  ],
  [
    "ldr x9, [x19, #24]; ldr x0, [x19, #16]; sub x0, x0, x9; str x0, [x19, #16]",
    (c) => arm64.sub(c, 16, slot(3)),
    "690e40f9600a40f9000009cb600a00f9",
  ],
  ["ldrb w0, [x19, #300]; str x0, [x19, #8]", (c) => arm64.load(c, 8, near(300), 1, false), "60b24439600600f9"],
  ["ldrsb x0, [x19, #300]; str x0, [x19, #8]", (c) => arm64.load(c, 8, near(300), 1, true), "60b28439600600f9"],
  ["ldrh w0, [x19, #300]; str x0, [x19, #8]", (c) => arm64.load(c, 8, near(300), 2, false), "605a4279600600f9"],
  ["ldrsh x0, [x19, #300]; str x0, [x19, #8]", (c) => arm64.load(c, 8, near(300), 2, true), "605a8279600600f9"],
  ["ldr w0, [x19, #300]; str x0, [x19, #8]", (c) => arm64.load(c, 8, near(300), 4, false), "602e41b9600600f9"],
  ["ldrsw x0, [x19, #300]; str x0, [x19, #8]", (c) => arm64.load(c, 8, near(300), 4, true), "602e81b9600600f9"],
  ["ldr x0, [x19, #304]; str x0, [x19, #8]", (c) => arm64.load(c, 8, near(304), 8, false), "609a40f9600600f9"],
  ["ldur x0, [x19, #33]; str x0, [x19, #8]", (c) => arm64.load(c, 8, near(33), 8, true), "601242f8600600f9"],
  [
    "add x10, x19, #0x9, lsl #12; add x10, x10, #0xc41; ldr w0, [x10]; str x0, [x19, #8]",
    (c) => arm64.load(c, 8, near(40001), 4, false),
    "6a2640914a053191400140b9600600f9",
  ],
  [
    "adr x10, 0x400203; ldrh w0, [x10]; str x0, [x19, #8]",
    (c) => arm64.load(c, 8, far(0x400200, 3), 2, false),
    "0a08007040014079600600f9",
  ],
  ["strb wzr, [x19, #40]", (c) => arm64.store(c, near(40), 1, 0), "7fa20039"],
  ["strh wzr, [x19, #40]", (c) => arm64.store(c, near(40), 2, 0), "7f520079"],
  ["str wzr, [x19, #40]", (c) => arm64.store(c, near(40), 4, 0), "7f2a00b9"],
  ["str xzr, [x19, #40]", (c) => arm64.store(c, near(40), 8, 0), "7f1600f9"],
  ["mov w9, #0x7; strb w9, [x19, #41]", (c) => arm64.store(c, near(41), 1, 7), "e900805269a60039"],
  ["mov w9, #0x7; sturh w9, [x19, #41]", (c) => arm64.store(c, near(41), 2, 7), "e900805269920278"],
  ["mov w9, #0x7; stur w9, [x19, #41]", (c) => arm64.store(c, near(41), 4, 7), "e9008052699202b8"],
  ["ldr x9, [x19, #16]; stur x9, [x19, #41]", (c) => arm64.store(c, near(41), 8, slot(2)), "690a40f9699202f8"],
  [
    "add x9, x19, #0x30; add x10, x19, #0x8, lsl #12; str x9, [x10]",
    (c) => arm64.store(c, near(0x8000), 8, near(48)),
    "69c200916a224091490100f9",
  ],
  ["add w20, w20, #0x1", (c) => arm64.count(c, 1), "94060011"],
  ["add w20, w20, #0x7f", (c) => arm64.count(c, 127), "94fe0111"],
  ["add w20, w20, #0x80", (c) => arm64.count(c, 128), "94020211"],
  ["add w20, w20, #0x1, lsl #12", (c) => arm64.count(c, 4096), "94064011"],
  ["add w20, w20, #0x1, lsl #12; add w20, w20, #0x1", (c) => arm64.count(c, 4097), "9406401194060011"],
  [
    "str x20, [x19]; neg x0, x0; str x0, [x19, #8]; mov w20, #0x0",
    (c) => arm64.recordFailure(c, 0, 8),
    "740200f9e00300cb600600f914008052",
  ],
  ["brk #0x0", (c) => arm64.trap(c), "000020d4"],
];

for (const [text, emit, bytes] of GOLDENS) test(text, () => expect(emitted(arm64, emit)).toBe(bytes));

test("jumps take the long form where their field ends", () => {
  const size = (emit: (code: Code) => void): number => emitted(arm64, emit).length / 2;
  const kb = 1024;
  for (const [distance, short] of [
    [32 * kb - 4, true],
    [32 * kb, false],
    [-32 * kb, true],
    [-32 * kb - 4, false],
  ] as const) {
    expect(size((c) => arm64.ifNegative(c, labelAt(START + distance)))).toBe(short ? 4 : 8);
  }
  for (const [distance, short] of [
    [kb * kb - 4, true],
    [kb * kb, false],
    [-kb * kb, true],
    [-kb * kb - 4, false],
  ] as const) {
    // Behind the load and the comparison.
    expect(size((c) => arm64.branch(c, 8, "<", 5, labelAt(START + 8 + distance)))).toBe(short ? 12 : 16);
    expect(size((c) => arm64.argument(c, 0, { kind: "far", label: labelAt(START + distance), offset: 0 }))).toBe(
      short ? 4 : 8,
    );
  }
});

test("a jump beyond 128 MB is refused", () => {
  expect(() => emitted(arm64, (c) => arm64.jump(c, labelAt(START + 2 ** 27)))).toThrow("out of reach");
  expect(() => emitted(arm64, (c) => arm64.ifNegative(c, labelAt(START + 2 ** 28)))).toThrow("out of reach");
});

test("every relation has a condition of its own", () => {
  const conditions = (["==", "!=", "<", ">", "<=", ">="] as const).map((is) =>
    emitted(arm64, (c) => arm64.branch(c, 8, is, 0, labelAt(START))).slice(16, 18),
  );
  expect(conditions).toEqual(["c0", "c1", "cb", "cc", "cd", "ca"]);
});

test("constants that are no 64-bit integers are refused", () => {
  for (const value of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1n << 64n, -(1n << 63n) - 1n]) {
    expect(() => emitted(arm64, (c) => arm64.argument(c, 0, value))).toThrow(
      /is not a safe integer|does not fit in 64 bits/,
    );
  }
});
