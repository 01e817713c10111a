// x86-64 code, in the shortest encodings that do the job: the monitor's code stays in memory while a container runs.
//
// rbx points 128 bytes into the slots, so that one signed byte reaches the first 32 of them and what follows them; rbp is
// 0 outside a failure. Both survive system calls and clone. With rbp a small constant is a three-byte
// `lea reg, [rbp+constant]`, and a zero can be stored straight away. All addresses are below 2^31.
// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2; syscall(2) for the registers of a call.

import type { Relation, Width } from "./ir.ts";
import { EM_X86_64 } from "./elf.ts";
import { type Code, type Form, le32 } from "./layout.ts";
import { CELL, isInt32, type Machine, type Memory, type Operand, toUnsigned } from "./machine.ts";

const RAX = 0;
const RBP = 5;
/** rdi, rsi, rdx, r10, r8, r9 */
const ARGUMENTS = [7, 6, 2, 10, 8, 9] as const;
const BIAS = 128;
/** REX prefix: 64-bit operands; an extended register in ModRM.reg; one in ModRM.rm or the opcode. */
const REX_W = 0x48;
const REX_R = 0x44;
const REX_B = 0x41;

const always = (): boolean => true;
const isByte = (value: number): boolean => value >= -128 && value <= 127;
const byteReach = (at: number, target: number): boolean => isByte(target - at - 2);

const JUMP: readonly Form[] = [
  { size: 0, fits: (at, target) => at === target, encode: () => [] },
  { size: 2, fits: byteReach, encode: (at, target) => [0xeb, (target - at - 2) & 0xff] },
  { size: 5, fits: always, encode: (at, target) => [0xe9, ...le32(target - at - 5)] },
];

/** `condition` is the low nibble of the conditional jumps 0x70+cc and 0x0f 0x80+cc. */
function jumpIf(condition: number): readonly Form[] {
  return [
    { size: 2, fits: byteReach, encode: (at, target) => [0x70 + condition, (target - at - 2) & 0xff] },
    { size: 6, fits: always, encode: (at, target) => [0x0f, 0x80 + condition, ...le32(target - at - 6)] },
  ];
}

const JUMP_IF: Readonly<Record<Relation, readonly Form[]>> = {
  "==": jumpIf(4),
  "!=": jumpIf(5),
  "<": jumpIf(12),
  ">": jumpIf(15),
  "<=": jumpIf(14),
  ">=": jumpIf(13),
};
const JUMP_IF_SIGN = jumpIf(8);

/**
 * ModRM and displacement of a place, after the prefix and opcode, which have been put. `reg` is the register, or the
 * opcode's extension. An immediate may follow.
 */
function memory(code: Code, reg: number, place: Memory): void {
  const field = (reg & 7) << 3;
  if (place.kind === "near") return nearMemory(code, field, place.offset);
  code.put(0x83 | field, 1);
  code.field(place.label, place.offset, true);
}

function nearMemory(code: Code, field: number, offset: number): void {
  const displacement = offset - BIAS;
  if (displacement === 0) code.put(0x03 | field, 1);
  else if (isByte(displacement)) code.put(0x43 | field | (displacement << 8), 2);
  else {
    code.put(0x83 | field, 1);
    code.put(displacement, 4);
  }
}

/** A 64-bit instruction with a register (or extension) and a slot. */
function onSlot(code: Code, opcode: number, reg: number, slot: number): void {
  const start = (reg > 7 ? REX_W | REX_R : REX_W) | (opcode << 8);
  const field = (reg & 7) << 3;
  const displacement = slot - BIAS;
  if (displacement !== 0 && isByte(displacement)) {
    code.put(start | ((0x43 | field) << 16) | (displacement << 24), 4);
  } else {
    code.put(start, 2);
    nearMemory(code, field, slot);
  }
}

/** reg = value, all 64 bits of it. */
function constant(code: Code, reg: number, value: number | bigint): void {
  if (typeof value !== "number" || value !== (value | 0)) return bigConstant(code, reg, value);
  const low = reg & 7;
  const high = reg > 7;
  if (value === 0) {
    if (high) code.put(REX_R | REX_B, 1);
    code.put(0x31 | ((0xc0 | (low * 9)) << 8), 2); // xor r32, r32
  } else if (isByte(value)) {
    if (value < 0) code.put(high ? REX_W | REX_R : REX_W, 1);
    else if (high) code.put(REX_R, 1);
    code.put(0x8d | ((0x45 | (low << 3)) << 8) | (value << 16), 3); // lea reg, [rbp+imm8]
  } else if (value > 0) {
    if (high) code.put(REX_B, 1);
    code.put(0xb8 | low, 1); // mov r32, imm32
    code.put(value, 4);
  } else {
    code.put((high ? REX_W | REX_B : REX_W) | (0xc7 << 8) | ((0xc0 | low) << 16), 3); // mov r64, simm32
    code.put(value, 4);
  }
}

/** `constant` for what is not an int32, or comes as a bigint. */
function bigConstant(code: Code, reg: number, value: number | bigint): void {
  const unsigned = toUnsigned(value);
  const signed = BigInt.asIntN(64, unsigned);
  if (signed === BigInt.asIntN(32, signed)) return constant(code, reg, Number(signed));
  const narrow = unsigned < 1n << 32n;
  if (!narrow) code.put(reg > 7 ? REX_W | REX_B : REX_W, 1);
  else if (reg > 7) code.put(REX_B, 1);
  code.put(0xb8 | (reg & 7), 1); // mov r32, imm32 or mov r64, imm64
  code.put(Number(BigInt.asIntN(32, unsigned)), 4);
  if (!narrow) code.put(Number(BigInt.asIntN(32, unsigned >> 32n)), 4);
}

/** reg = the address of a place. The upper half becomes 0, as it is in every address. */
function address(code: Code, reg: number, place: Memory): void {
  if (place.kind === "near") {
    if (reg > 7) code.put(REX_R, 1);
    code.put(0x8d, 1); // lea r32, [rbx+offset]
    nearMemory(code, (reg & 7) << 3, place.offset);
    return;
  }
  if (reg > 7) code.put(REX_B, 1);
  code.put(0xb8 | (reg & 7), 1); // mov r32, imm32
  code.field(place.label, place.offset, false);
}

function value(code: Code, reg: number, operand: Operand): void {
  if (typeof operand !== "object") constant(code, reg, operand);
  else if ("slot" in operand) onSlot(code, 0x8b, reg, operand.slot * CELL);
  else address(code, reg, operand);
}

/** The register that holds the operand: rbp for a zero, else rax. */
function inRegister(code: Code, operand: Operand): number {
  if (operand === 0) return RBP;
  value(code, RAX, operand);
  return RAX;
}

/** An instruction of immediate group 1 on a slot: extension 0 is add, 7 is cmp. */
function immediate(code: Code, extension: number, slot: number, right: number): void {
  onSlot(code, isByte(right) ? 0x83 : 0x81, extension, slot);
  code.put(right, isByte(right) ? 1 : 4);
}

function add(code: Code, slot: number, operand: Operand): void {
  if (typeof operand === "object" || !isInt32(operand)) {
    value(code, RAX, operand);
    onSlot(code, 0x01, RAX, slot);
  } else if (operand === 1) onSlot(code, 0xff, 0, slot);
  else immediate(code, 0, slot, operand);
}

/** Bytes in the order of memory, as `put` takes them. */
interface Packed {
  readonly bits: number;
  readonly size: number;
}

const packed = (...bytes: readonly number[]): Packed => ({
  bits: bytes.reduce((bits, byte, index) => bits | (byte << (8 * index)), 0),
  size: bytes.length,
});

const put = (code: Code, { bits, size }: Packed): void => code.put(bits, size);

const XOR_EBP_EBP = packed(0x31, 0xed);
const SYSCALL = packed(0x0f, 0x05);
const TEST_RAX_RAX = packed(REX_W, 0x85, 0xc0);
const NEG_RAX = packed(REX_W, 0xf7, 0xd8);
const UD2 = packed(0x0f, 0x0b);
/** Prefix and opcode that fill rax from memory, zero-extended. */
const LOADS: Readonly<Record<Width, Packed>> = {
  1: packed(0x0f, 0xb6),
  2: packed(0x0f, 0xb7),
  4: packed(0x8b),
  8: packed(REX_W, 0x8b),
};
/** The same, sign-extended. */
const SIGNED_LOADS: Readonly<Record<Width, Packed>> = {
  1: packed(REX_W, 0x0f, 0xbe),
  2: packed(REX_W, 0x0f, 0xbf),
  4: packed(REX_W, 0x63),
  8: packed(REX_W, 0x8b),
};
/** Prefix and opcode that put rax or rbp into memory. */
const STORES: Readonly<Record<Width, Packed>> = {
  1: packed(0x88),
  2: packed(0x66, 0x89),
  4: packed(0x89),
  8: packed(REX_W, 0x89),
};

export const x64: Machine = {
  elfMachine: EM_X86_64,
  architecture: "x64",
  bias: BIAS,
  entry(code, slots) {
    code.put(0xbb, 1); // mov ebx, imm32
    code.field(slots, BIAS, false);
    put(code, XOR_EBP_EBP);
  },
  argument(code, index, operand) {
    value(code, ARGUMENTS[index] ?? RAX, operand);
  },
  call(code, number) {
    constant(code, RAX, number);
    put(code, SYSCALL);
  },
  keep(code, slot) {
    onSlot(code, 0x89, RAX, slot);
  },
  ifNegative(code, label) {
    put(code, TEST_RAX_RAX);
    code.reference(label, 0, JUMP_IF_SIGN);
  },
  jump(code, label) {
    code.reference(label, 0, JUMP);
  },
  branch(code, slot, is, right, label) {
    if (right === 0) onSlot(code, 0x39, RBP, slot);
    else immediate(code, 7, slot, right);
    code.reference(label, 0, JUMP_IF[is]);
  },
  set(code, slot, operand) {
    onSlot(code, 0x89, inRegister(code, operand), slot);
  },
  add,
  sub(code, slot, operand) {
    value(code, RAX, operand);
    onSlot(code, 0x29, RAX, slot);
  },
  load(code, into, from, width, signed) {
    put(code, (signed ? SIGNED_LOADS : LOADS)[width]);
    memory(code, RAX, from);
    onSlot(code, 0x89, RAX, into);
  },
  store(code, to, width, operand) {
    const reg = inRegister(code, operand);
    // An empty REX prefix makes the byte register 5 mean bpl instead of ch.
    if (width === 1 && reg === RBP) code.put(0x40, 1);
    put(code, STORES[width]);
    memory(code, reg, to);
  },
  count(code, delta) {
    if (delta === 1)
      code.put(0xc5ff, 2); // inc ebp
    else if (isByte(delta))
      code.put(0xc583 | (delta << 16), 3); // add ebp, imm8
    else {
      code.put(0xc581, 2); // add ebp, imm32
      code.put(delta, 4);
    }
  },
  recordFailure(code, op, errno) {
    onSlot(code, 0x89, RBP, op);
    put(code, NEG_RAX);
    onSlot(code, 0x89, RAX, errno);
    put(code, XOR_EBP_EBP);
  },
  trap(code) {
    put(code, UD2);
  },
};
