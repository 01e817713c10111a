// Goldens of every x86-64 encoding, each beside what GNU objdump makes of its bytes.

import { expect, test } from "bun:test";
import { emitted, labelAt, SLOTS, START } from "../../test/asm/emitted.ts";
import { slot } from "../../test/asm/programs.ts";
import { x64 } from "./x64.ts";
import type { Code } from "./layout.ts";
import type { Memory } from "./machine.ts";

const near = (offset: number): Memory => ({ kind: "near", offset });
const far = (address: number, offset = 0): Memory => ({ kind: "far", label: labelAt(address), offset });

const GOLDENS: readonly (readonly [string, (c: Code) => void, string])[] = [
  ["mov ebx,0x420080; xor ebp,ebp", (c) => x64.entry(c, labelAt(SLOTS)), "bb8000420031ed"],
  ["xor edi,edi", (c) => x64.argument(c, 0, 0), "31ff"],
  ["xor r10d,r10d", (c) => x64.argument(c, 3, 0), "4531d2"],
  ["lea esi,[rbp+0x7f]", (c) => x64.argument(c, 1, 127), "8d757f"],
  ["lea r8d,[rbp+0x5]", (c) => x64.argument(c, 4, 5), "448d4505"],
  ["lea rdi,[rbp-0x1]", (c) => x64.argument(c, 0, -1), "488d7dff"],
  ["lea r9,[rbp-0x80]", (c) => x64.argument(c, 5, -128), "4c8d4d80"],
  ["mov edx,0x80", (c) => x64.argument(c, 2, 128), "ba80000000"],
  ["mov r10d,0x7fffffff", (c) => x64.argument(c, 3, 0x7fffffff), "41baffffff7f"],
  ["mov edi,0x80000000", (c) => x64.argument(c, 0, 0x80000000), "bf00000080"],
  ["mov r8d,0xffffffff", (c) => x64.argument(c, 4, 0xffffffff), "41b8ffffffff"],
  ["mov rdi,0xffffffffffffff7f", (c) => x64.argument(c, 0, -129), "48c7c77fffffff"],
  ["mov r9,0xffffffff80000000", (c) => x64.argument(c, 5, -0x80000000), "49c7c100000080"],
  ["movabs rdi,0x100000000", (c) => x64.argument(c, 0, 0x100000000), "48bf0000000001000000"],
  ["movabs r10,0xffffffff7fffffff", (c) => x64.argument(c, 3, -0x80000001), "49baffffff7fffffffff"],
  ["movabs rdi,0xfedcba9876543210", (c) => x64.argument(c, 0, 0xfedcba9876543210n), "48bf1032547698badcfe"],
  ["lea rdi,[rbp-0x1]", (c) => x64.argument(c, 0, 0xffffffffffffffffn), "488d7dff"],
  ["mov rdi,QWORD PTR [rbx-0x80]", (c) => x64.argument(c, 0, slot(0)), "488b7b80"],
  ["mov rsi,QWORD PTR [rbx]", (c) => x64.argument(c, 1, slot(16)), "488b33"],
  ["mov r10,QWORD PTR [rbx+0x78]", (c) => x64.argument(c, 3, slot(31)), "4c8b5378"],
  ["mov rdx,QWORD PTR [rbx+0x80]", (c) => x64.argument(c, 2, slot(32)), "488b9380000000"],
  ["mov rdi,QWORD PTR [rbx+0x7f80]", (c) => x64.argument(c, 0, slot(4096)), "488bbb807f0000"],
  ["lea edi,[rbx-0x80]", (c) => x64.argument(c, 0, near(0)), "8d7b80"],
  ["lea r8d,[rbx+0x7f]", (c) => x64.argument(c, 4, near(255)), "448d437f"],
  ["lea edi,[rbx+0x80]", (c) => x64.argument(c, 0, near(256)), "8dbb80000000"],
  ["lea edi,[rbx+0xf80]", (c) => x64.argument(c, 0, near(4096)), "8dbb800f0000"],
  ["lea edi,[rbx+0x122c5]", (c) => x64.argument(c, 0, near(0x12345)), "8dbbc5220100"],
  ["lea edi,[rbx+0x12344e7]", (c) => x64.argument(c, 0, near(0x1234567)), "8dbbe7442301"],
  ["mov esi,0x400204", (c) => x64.argument(c, 1, far(0x400200, 4)), "be04024000"],
  ["mov r8d,0x12345678", (c) => x64.argument(c, 4, far(0x12345678)), "41b878563412"],
  ["mov esi,0x3000", (c) => x64.argument(c, 1, far(0x3000)), "be00300000"],
  ["xor eax,eax; syscall", (c) => x64.call(c, 0), "31c00f05"],
  ["lea eax,[rbp+0x3c]; syscall", (c) => x64.call(c, 60), "8d453c0f05"],
  ["mov eax,0x1b3; syscall", (c) => x64.call(c, 435), "b8b30100000f05"],
  ["mov QWORD PTR [rbx-0x78],rax", (c) => x64.keep(c, 8), "48894388"],
  ["test rax,rax; js 0x400140", (c) => x64.ifNegative(c, labelAt(START + 0x40)), "4885c0783b"],
  ["test rax,rax; js 0x410100", (c) => x64.ifNegative(c, labelAt(START + 0x10000)), "4885c00f88f7ff0000"],
  ["(nothing: a jump to what follows)", (c) => x64.jump(c, labelAt(START)), ""],
  ["jmp 0x400140", (c) => x64.jump(c, labelAt(START + 0x40)), "eb3e"],
  ["jmp 0x3ff100", (c) => x64.jump(c, labelAt(START - 0x1000)), "e9fbefffff"],
  [
    "cmp QWORD PTR [rbx-0x78],rbp; je 0x400120",
    (c) => x64.branch(c, 8, "==", 0, labelAt(START + 0x20)),
    "48396b88741a",
  ],
  [
    "cmp QWORD PTR [rbx-0x78],0xffffffffffffffff; jne 0x400120",
    (c) => x64.branch(c, 8, "!=", -1, labelAt(START + 0x20)),
    "48837b88ff7519",
  ],
  [
    "cmp QWORD PTR [rbx-0x78],0x7f; jl 0x400120",
    (c) => x64.branch(c, 8, "<", 127, labelAt(START + 0x20)),
    "48837b887f7c19",
  ],
  [
    "cmp QWORD PTR [rbx-0x78],0x80; jg 0x400120",
    (c) => x64.branch(c, 8, ">", 128, labelAt(START + 0x20)),
    "48817b88800000007f16",
  ],
  [
    "cmp QWORD PTR [rbx-0x78],0xfffffffffffff001; jle 0x400120",
    (c) => x64.branch(c, 8, "<=", -4095, labelAt(START + 0x20)),
    "48817b8801f0ffff7e16",
  ],
  [
    "cmp QWORD PTR [rbx-0x78],0x123000; jge 0x400120",
    (c) => x64.branch(c, 8, ">=", 0x123000, labelAt(START + 0x20)),
    "48817b88003012007d16",
  ],
  [
    "cmp QWORD PTR [rbx-0x78],0x123456; jl 0x700100",
    (c) => x64.branch(c, 8, "<", 0x123456, labelAt(START + 0x300000)),
    "48817b88563412000f8cf2ff2f00",
  ],
  ["mov QWORD PTR [rbx-0x70],rbp", (c) => x64.set(c, 16, 0), "48896b90"],
  ["lea eax,[rbp+0x5]; mov QWORD PTR [rbx-0x70],rax", (c) => x64.set(c, 16, 5), "8d450548894390"],
  ["mov rax,QWORD PTR [rbx-0x78]; mov QWORD PTR [rbx-0x70],rax", (c) => x64.set(c, 16, slot(1)), "488b438848894390"],
  ["lea eax,[rbx-0x40]; mov QWORD PTR [rbx-0x70],rax", (c) => x64.set(c, 16, near(64)), "8d43c048894390"],
  ["mov eax,0x400200; mov QWORD PTR [rbx-0x70],rax", (c) => x64.set(c, 16, far(0x400200)), "b80002400048894390"],
  ["inc QWORD PTR [rbx-0x70]", (c) => x64.add(c, 16, 1), "48ff4390"],
  ["add QWORD PTR [rbx-0x70],0xffffffffffffffff", (c) => x64.add(c, 16, -1), "48834390ff"],
  ["add QWORD PTR [rbx-0x70],0x1000", (c) => x64.add(c, 16, 4096), "4881439000100000"],
  [
    "movabs rax,0x100000000; add QWORD PTR [rbx-0x70],rax",
    (c) => x64.add(c, 16, 0x100000000),
    "48b8000000000100000048014390",
  ],
  ["mov rax,QWORD PTR [rbx-0x68]; add QWORD PTR [rbx-0x70],rax", (c) => x64.add(c, 16, slot(3)), "488b439848014390"],
  ["mov rax,QWORD PTR [rbx-0x68]; sub QWORD PTR [rbx-0x70],rax", (c) => x64.sub(c, 16, slot(3)), "488b439848294390"],
  [
    "movzx eax,BYTE PTR [rbx+0xac]; mov QWORD PTR [rbx-0x78],rax",
    (c) => x64.load(c, 8, near(300), 1, false),
    "0fb683ac00000048894388",
  ],
  [
    "movsx rax,BYTE PTR [rbx+0xac]; mov QWORD PTR [rbx-0x78],rax",
    (c) => x64.load(c, 8, near(300), 1, true),
    "480fbe83ac00000048894388",
  ],
  [
    "movzx eax,WORD PTR [rbx+0xac]; mov QWORD PTR [rbx-0x78],rax",
    (c) => x64.load(c, 8, near(300), 2, false),
    "0fb783ac00000048894388",
  ],
  [
    "movsx rax,WORD PTR [rbx+0xac]; mov QWORD PTR [rbx-0x78],rax",
    (c) => x64.load(c, 8, near(300), 2, true),
    "480fbf83ac00000048894388",
  ],
  [
    "mov eax,DWORD PTR [rbx+0xac]; mov QWORD PTR [rbx-0x78],rax",
    (c) => x64.load(c, 8, near(300), 4, false),
    "8b83ac00000048894388",
  ],
  [
    "movsxd rax,DWORD PTR [rbx+0xac]; mov QWORD PTR [rbx-0x78],rax",
    (c) => x64.load(c, 8, near(300), 4, true),
    "486383ac00000048894388",
  ],
  [
    "mov rax,QWORD PTR [rbx+0xb0]; mov QWORD PTR [rbx-0x78],rax",
    (c) => x64.load(c, 8, near(304), 8, false),
    "488b83b000000048894388",
  ],
  [
    "mov rax,QWORD PTR [rbx-0x5f]; mov QWORD PTR [rbx-0x78],rax",
    (c) => x64.load(c, 8, near(33), 8, true),
    "488b43a148894388",
  ],
  [
    "mov eax,DWORD PTR [rbx+0x9bc1]; mov QWORD PTR [rbx-0x78],rax",
    (c) => x64.load(c, 8, near(40001), 4, false),
    "8b83c19b000048894388",
  ],
  [
    "movzx eax,WORD PTR [rbx-0x1fe7d]; mov QWORD PTR [rbx-0x78],rax",
    (c) => x64.load(c, 8, far(0x400200, 3), 2, false),
    "0fb7838301feff48894388",
  ],
  ["mov BYTE PTR [rbx-0x58],bpl", (c) => x64.store(c, near(40), 1, 0), "40886ba8"],
  ["mov WORD PTR [rbx-0x58],bp", (c) => x64.store(c, near(40), 2, 0), "66896ba8"],
  ["mov DWORD PTR [rbx-0x58],ebp", (c) => x64.store(c, near(40), 4, 0), "896ba8"],
  ["mov QWORD PTR [rbx-0x58],rbp", (c) => x64.store(c, near(40), 8, 0), "48896ba8"],
  ["lea eax,[rbp+0x7]; mov BYTE PTR [rbx-0x57],al", (c) => x64.store(c, near(41), 1, 7), "8d45078843a9"],
  ["lea eax,[rbp+0x7]; mov WORD PTR [rbx-0x57],ax", (c) => x64.store(c, near(41), 2, 7), "8d4507668943a9"],
  ["lea eax,[rbp+0x7]; mov DWORD PTR [rbx-0x57],eax", (c) => x64.store(c, near(41), 4, 7), "8d45078943a9"],
  [
    "mov rax,QWORD PTR [rbx-0x70]; mov QWORD PTR [rbx-0x57],rax",
    (c) => x64.store(c, near(41), 8, slot(2)),
    "488b4390488943a9",
  ],
  [
    "lea eax,[rbx-0x50]; mov QWORD PTR [rbx+0x7f80],rax",
    (c) => x64.store(c, near(0x8000), 8, near(48)),
    "8d43b0488983807f0000",
  ],
  ["inc ebp", (c) => x64.count(c, 1), "ffc5"],
  ["add ebp,0x7f", (c) => x64.count(c, 127), "83c57f"],
  ["add ebp,0x80", (c) => x64.count(c, 128), "81c580000000"],
  ["add ebp,0x1000", (c) => x64.count(c, 4096), "81c500100000"],
  ["add ebp,0x1001", (c) => x64.count(c, 4097), "81c501100000"],
  [
    "mov QWORD PTR [rbx-0x80],rbp; neg rax; mov QWORD PTR [rbx-0x78],rax; xor ebp,ebp",
    (c) => x64.recordFailure(c, 0, 8),
    "48896b8048f7d84889438831ed",
  ],
  ["ud2", (c) => x64.trap(c), "0f0b"],
];

for (const [text, emit, bytes] of GOLDENS) test(text, () => expect(emitted(x64, emit)).toBe(bytes));

test("conditional and unconditional jumps take the short form up to -128 and 127 bytes", () => {
  const size = (emit: (code: Code) => void): number => emitted(x64, emit).length / 2;
  const end = START + 2;
  for (const [distance, short] of [
    [127, true],
    [128, false],
    [-128, true],
    [-129, false],
  ] as const) {
    expect(size((c) => x64.jump(c, labelAt(end + distance)))).toBe(short ? 2 : 5);
    // Behind the 3 bytes of the test.
    expect(size((c) => x64.ifNegative(c, labelAt(end + 3 + distance)))).toBe(short ? 5 : 9);
  }
});

test("every relation has a jump of its own", () => {
  const opcodes = (["==", "!=", "<", ">", "<=", ">="] as const).map((is) =>
    emitted(x64, (c) => x64.branch(c, 8, is, 0, labelAt(START))).slice(8, 10),
  );
  expect(opcodes).toEqual(["74", "75", "7c", "7f", "7e", "7d"]);
});

test("constants that are no 64-bit integers are refused", () => {
  for (const value of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1n << 64n, -(1n << 63n) - 1n]) {
    expect(() => emitted(x64, (c) => x64.argument(c, 0, value))).toThrow(
      /is not a safe integer|does not fit in 64 bits/,
    );
  }
});
