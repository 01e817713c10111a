// AArch64 code. Every instruction is one 32-bit word, so what varies is how many of them an address or a constant takes.
//
// x19 holds the address of the slots and w20 is 0 outside a failure; both survive system calls and clone. x0 carries
// results, x9 other values, x10 the addresses that no single instruction can form. All addresses are below 2^31.
// Source: Arm Architecture Reference Manual for A-profile (DDI 0487), chapter C6; syscall(2) for the registers of a call.

import type { Relation, Width } from "./ir.ts";
import { EM_AARCH64 } from "./elf.ts";
import { type Code, type Form, le32 } from "./layout.ts";
import { CELL, isInt32, type Machine, type Memory, type Operand, toUnsigned } from "./machine.ts";

const RESULT = 0;
const NUMBER = 8;
const OTHER = 9;
const ADDRESS = 10;
const SLOTS = 19;
const COUNT = 20;
/** xzr and wzr where a register is read or, in cmp, written. */
const ZERO = 31;

/** 64-bit instructions with their register and immediate fields at 0. */
const MOVN = 0x92800000;
const MOVZ = 0xd2800000;
const MOVK = 0xf2800000;
const ADD_IMM = 0x91000000;
const SUB_IMM = 0xd1000000;
const CMN_IMM = 0xb1000000;
const CMP_IMM = 0xf1000000;
const ADD_REG = 0x8b000000;
const SUB_REG = 0xcb000000;
const CMP_REG = 0xeb000000;
/** The bit that makes them 64 bits wide. */
const WIDE = 0x80000000;
/** Shifts a 12-bit immediate left by 12 bits. */
const SHIFT_12 = 1 << 22;

const word = (code: Code, instruction: number): void => code.put(instruction, 4);

/** Whether a signed field of `bits` bits, bytes counted, can hold the distance. */
const reach =
  (bits: number) =>
  (at: number, target: number): boolean =>
    target - at >= -(2 ** (bits - 1)) && target - at < 2 ** (bits - 1);

const b = (distance: number): number => 0x14000000 | ((distance >> 2) & 0x3ffffff);
const bCond = (condition: number, distance: number): number =>
  0x54000000 | (((distance >> 2) & 0x7ffff) << 5) | condition;
const tbnz63 = (distance: number): number => 0xb7f80000 | (((distance >> 2) & 0x3fff) << 5) | RESULT;
const tbz63 = (distance: number): number => 0xb6f80000 | (((distance >> 2) & 0x3fff) << 5) | RESULT;
const adr = (reg: number, distance: number): number =>
  0x10000000 | ((distance & 3) << 29) | (((distance >> 2) & 0x7ffff) << 5) | reg;
const moveWide = (instruction: number, reg: number, half: number, shift: number): number =>
  instruction | (shift << 21) | (half << 5) | reg;

const JUMP: readonly Form[] = [
  { size: 0, fits: (at, target) => at === target, encode: () => [] },
  { size: 4, fits: reach(28), encode: (at, target) => le32(b(target - at)) },
];

/** A conditional jump: alone, or its opposite over an unconditional one. */
function jumpIf(condition: number): readonly Form[] {
  // The lowest bit of a condition inverts it.
  return [
    { size: 4, fits: reach(21), encode: (at, target) => le32(bCond(condition, target - at)) },
    {
      size: 8,
      fits: reach(27),
      encode: (at, target) => [...le32(bCond(condition ^ 1, 8)), ...le32(b(target - at - 4))],
    },
  ];
}

const JUMP_IF: Readonly<Record<Relation, readonly Form[]>> = {
  "==": jumpIf(0),
  "!=": jumpIf(1),
  "<": jumpIf(11),
  ">": jumpIf(12),
  "<=": jumpIf(13),
  ">=": jumpIf(10),
};
const JUMP_IF_SIGN: readonly Form[] = [
  { size: 4, fits: reach(16), encode: (at, target) => le32(tbnz63(target - at)) },
  { size: 8, fits: reach(27), encode: (at, target) => [...le32(tbz63(8)), ...le32(b(target - at - 4))] },
];

/** reg = a label's address: by its distance where that reaches, else as two halves. `@launch.size` can be a single one. */
function makeLabelForms(reg: number): readonly Form[] {
  return [
    {
      size: 4,
      fits: (_at, target) => target < 0x10000,
      encode: (_at, target) => le32(moveWide(MOVZ - WIDE, reg, target, 0)),
    },
    { size: 4, fits: reach(21), encode: (at, target) => le32(adr(reg, target - at)) },
    {
      size: 8,
      fits: () => true,
      encode: (_at, target) => [
        ...le32(moveWide(MOVZ - WIDE, reg, target & 0xffff, 0)),
        ...le32(moveWide(MOVK - WIDE, reg, target >>> 16, 1)),
      ],
    },
  ];
}

/** By register, made when first needed. */
const LABEL_FORMS: (readonly Form[])[] = [];

function labelForms(reg: number): readonly Form[] {
  return (LABEL_FORMS[reg] ??= makeLabelForms(reg));
}

/** reg = value, all 64 bits of it. */
function constant(code: Code, reg: number, value: number | bigint): void {
  if (!isInt32(value) || value < -0x10000 || value > 0xffff) bigConstant(code, reg, value);
  else if (value >= 0) word(code, moveWide(MOVZ - WIDE, reg, value, 0));
  else word(code, moveWide(MOVN, reg, ~value, 0));
}

/** `constant` in as few words as movz or movn, then movk, allow. */
function bigConstant(code: Code, reg: number, value: number | bigint): void {
  const unsigned = toUnsigned(value);
  // Writing a w register clears the upper half, so a small value needs only its low one.
  const narrow = unsigned < 1n << 32n;
  const halves = (narrow ? [0n, 16n] : [0n, 16n, 32n, 48n]).map((shift) => Number((unsigned >> shift) & 0xffffn));
  const ones = halves.filter((half) => half === 0xffff).length;
  const zeros = halves.filter((half) => half === 0).length;
  const background = ones > zeros ? 0xffff : 0;
  const rest = [...halves.entries()].filter(([, half]) => half !== background);
  const [shift, half] = rest[0] ?? [0, background];
  const width = narrow ? WIDE : 0;
  const first = background === 0 ? moveWide(MOVZ, reg, half, shift) : moveWide(MOVN, reg, half ^ 0xffff, shift);
  word(code, first - width);
  for (const [at, bits] of rest.slice(1)) word(code, moveWide(MOVK, reg, bits, at) - width);
}

/** reg = x19 + offset */
function nearAddress(code: Code, reg: number, offset: number): void {
  if (offset >= 1 << 24) {
    constant(code, reg, offset);
    word(code, ADD_REG | (reg << 16) | (SLOTS << 5) | reg);
    return;
  }
  const high = offset >> 12;
  const low = offset & 0xfff;
  if (high > 0) word(code, ADD_IMM | SHIFT_12 | (high << 10) | (SLOTS << 5) | reg);
  if (high === 0 || low > 0) word(code, ADD_IMM | (low << 10) | ((high > 0 ? reg : SLOTS) << 5) | reg);
}

const STORES: Readonly<Record<Width, number>> = { 1: 0x38000000, 2: 0x78000000, 4: 0xb8000000, 8: 0xf8000000 };
/** Zero-extending loads. */
const LOADS: Readonly<Record<Width, number>> = { 1: 0x38400000, 2: 0x78400000, 4: 0xb8400000, 8: 0xf8400000 };
/** Loads that extend the sign to 64 bits. */
const SIGNED_LOADS: Readonly<Record<Width, number>> = { 1: 0x38800000, 2: 0x78800000, 4: 0xb8800000, 8: 0xf8400000 };
/** Makes the offset of a load or store a multiple of its width, without a sign. */
const SCALED = 0x01000000;

/**
 * Loads or stores `reg`. `instruction` is the form with an unscaled offset (ldur, stur), its fields at 0. Where one
 * instruction does not reach, x10 takes the address.
 */
function access(code: Code, instruction: number, reg: number, width: Width, memory: Memory): void {
  const atAddress = instruction | SCALED | (ADDRESS << 5) | reg;
  if (memory.kind === "far") {
    code.reference(memory.label, memory.offset, labelForms(ADDRESS));
    word(code, atAddress);
  } else if (memory.offset % width === 0 && memory.offset / width < 0x1000) {
    word(code, instruction | SCALED | ((memory.offset / width) << 10) | (SLOTS << 5) | reg);
  } else if (memory.offset < 0x100) {
    word(code, instruction | (memory.offset << 12) | (SLOTS << 5) | reg);
  } else {
    nearAddress(code, ADDRESS, memory.offset);
    word(code, atAddress);
  }
}

const readSlot = (code: Code, reg: number, slot: number): void =>
  access(code, LOADS[8], reg, 8, { kind: "near", offset: slot });
const writeSlot = (code: Code, reg: number, slot: number): void =>
  access(code, STORES[8], reg, 8, { kind: "near", offset: slot });

function value(code: Code, reg: number, operand: Operand): void {
  if (typeof operand !== "object") constant(code, reg, operand);
  else if ("slot" in operand) readSlot(code, reg, operand.slot * CELL);
  else if (operand.kind === "near") nearAddress(code, reg, operand.offset);
  else code.reference(operand.label, operand.offset, labelForms(reg));
}

/** The register that holds the operand: xzr for a zero, else x9. */
function inRegister(code: Code, operand: Operand): number {
  if (operand === 0) return ZERO;
  value(code, OTHER, operand);
  return OTHER;
}

/** slot = slot `operation` operand, between registers. */
function combine(code: Code, operation: number, slot: number, operand: Operand): void {
  const other = inRegister(code, operand);
  readSlot(code, RESULT, slot);
  word(code, operation | (other << 16) | (RESULT << 5) | RESULT);
  writeSlot(code, RESULT, slot);
}

function add(code: Code, slot: number, operand: Operand): void {
  if (typeof operand === "object" || !isInt32(operand) || Math.abs(operand) > 0xfff) {
    return combine(code, ADD_REG, slot, operand);
  }
  const instruction = operand < 0 ? SUB_IMM : ADD_IMM;
  readSlot(code, RESULT, slot);
  word(code, instruction | (Math.abs(operand) << 10) | (RESULT << 5) | RESULT);
  writeSlot(code, RESULT, slot);
}

/** Sets the flags for x0 against a constant of 32 signed bits. */
function compare(code: Code, right: number): void {
  const size = Math.abs(right);
  const immediate = (right < 0 ? CMN_IMM : CMP_IMM) | (RESULT << 5) | ZERO;
  if (size < 0x1000) word(code, immediate | (size << 10));
  else if (size < 1 << 24 && (size & 0xfff) === 0) word(code, immediate | SHIFT_12 | ((size >> 12) << 10));
  else {
    constant(code, OTHER, right);
    word(code, CMP_REG | (OTHER << 16) | (RESULT << 5) | ZERO);
  }
}

export const arm64: Machine = {
  elfMachine: EM_AARCH64,
  architecture: "arm64",
  bias: 0,
  entry(code, slots) {
    code.reference(slots, 0, labelForms(SLOTS));
    constant(code, COUNT, 0);
  },
  argument(code, index, operand) {
    value(code, index, operand);
  },
  call(code, number) {
    constant(code, NUMBER, number);
    word(code, 0xd4000001); // svc #0
  },
  keep(code, slot) {
    writeSlot(code, RESULT, slot);
  },
  ifNegative(code, label) {
    code.reference(label, 0, JUMP_IF_SIGN);
  },
  jump(code, label) {
    code.reference(label, 0, JUMP);
  },
  branch(code, slot, is, right, label) {
    readSlot(code, RESULT, slot);
    compare(code, right);
    code.reference(label, 0, JUMP_IF[is]);
  },
  set(code, slot, operand) {
    writeSlot(code, inRegister(code, operand), slot);
  },
  add,
  sub(code, slot, operand) {
    combine(code, SUB_REG, slot, operand);
  },
  load(code, into, from, width, signed) {
    access(code, (signed ? SIGNED_LOADS : LOADS)[width], RESULT, width, from);
    writeSlot(code, RESULT, into);
  },
  store(code, to, width, operand) {
    access(code, STORES[width], inRegister(code, operand), width, to);
  },
  count(code, delta) {
    // add w20, w20, #delta: twelve bits, and twelve more above them.
    const instruction = (ADD_IMM - WIDE) | (COUNT << 5) | COUNT;
    if (delta >> 12 > 0) word(code, instruction | SHIFT_12 | ((delta >> 12) << 10));
    if ((delta & 0xfff) > 0) word(code, instruction | ((delta & 0xfff) << 10));
  },
  recordFailure(code, op, errno) {
    writeSlot(code, COUNT, op);
    word(code, SUB_REG | (RESULT << 16) | (ZERO << 5) | RESULT); // neg x0, x0
    writeSlot(code, RESULT, errno);
    constant(code, COUNT, 0);
  },
  trap(code) {
    word(code, 0xd4200000); // brk #0
  },
};
