// OCI device rules → a BPF program of type CGROUP_DEVICE. cgroup v2 has no devices controller: a program attached to the
// group decides on every open and mknod of a device. Pure; deviceload.ts loads it.
//
// Every right asked for (read, write, mknod) is decided by the last rule that speaks of it, so the program goes through
// the rules from the last to the first, keeps the rights not decided yet in a register, and strikes out what a rule
// allows. What no rule speaks of is allowed, as on a new v1 group.
// Sources: include/uapi/linux/bpf.h, kernel Documentation/bpf/standardization/instruction-set.rst.

import { UserError } from "../errors.ts";
import type { DeviceRule } from "../oci/spec.ts";
import {
  BPF_ALU64,
  BPF_AND,
  BPF_DEVCG_ACC_MKNOD,
  BPF_DEVCG_ACC_READ,
  BPF_DEVCG_ACC_WRITE,
  BPF_DEVCG_DEV_BLOCK,
  BPF_DEVCG_DEV_CHAR,
  BPF_EXIT,
  BPF_JA,
  BPF_JEQ,
  BPF_JMP,
  BPF_JNE,
  BPF_JSET,
  BPF_K,
  BPF_LDX,
  BPF_MEM,
  BPF_MOV,
  BPF_RSH,
  BPF_W,
  BPF_X,
} from "../sys/abi/consts.gen.ts";
import { type FullRule, fullRule, lastTotal } from "./devices.ts";

/** struct bpf_insn: u8 code; u8 dst_reg:4, src_reg:4; s16 off; s32 imm. */
export const INSN_SIZE = 8;
/** Jumps reach this many instructions forward. */
const FARTHEST = 0x7fff;

/** The registers of the program. R0 is the answer and R1 the context at the start, by BPF's convention. */
const R = {
  answer: 0,
  context: 1,
  kind: 2,
  rights: 3,
  major: 4,
  minor: 5,
} as const;

/** struct bpf_cgroup_dev_ctx: u32 access_type (rights << 16 | kind); u32 major; u32 minor. */
const CONTEXT = { accessType: 0, major: 4, minor: 8 } as const;
const KIND = { b: BPF_DEVCG_DEV_BLOCK, c: BPF_DEVCG_DEV_CHAR } as const;
const RIGHT: Readonly<Record<string, number>> = {
  r: BPF_DEVCG_ACC_READ,
  w: BPF_DEVCG_ACC_WRITE,
  m: BPF_DEVCG_ACC_MKNOD,
};

type Label = "allow" | "deny" | "next";

interface Insn {
  readonly code: number;
  readonly dst: number;
  readonly src: number;
  readonly off: number;
  readonly imm: number;
  /** Where a jump goes; its `off` is filled in at the end. */
  readonly to?: Label;
}

function insn(code: number, dst = 0, src = 0, off = 0, imm = 0): Insn {
  return { code, dst, src, off, imm };
}

function load(dst: number, off: number): Insn {
  return insn(BPF_LDX | BPF_MEM | BPF_W, dst, R.context, off);
}

function jump(test: number, dst: number, imm: number, to: Label): Insn {
  return { ...insn(BPF_JMP | test | BPF_K, dst, 0, 0, imm), to };
}

const PROLOGUE: readonly Insn[] = [
  load(R.kind, CONTEXT.accessType),
  insn(BPF_ALU64 | BPF_MOV | BPF_X, R.rights, R.kind),
  insn(BPF_ALU64 | BPF_RSH | BPF_K, R.rights, 0, 0, 16),
  insn(BPF_ALU64 | BPF_AND | BPF_K, R.kind, 0, 0, 0xffff),
  load(R.major, CONTEXT.major),
  load(R.minor, CONTEXT.minor),
];

function rightsOf(rule: FullRule): number {
  return [...rule.access].reduce((bits, letter) => bits | (RIGHT[letter] ?? 0), 0);
}

/** One rule; "next" is the instruction after it. */
function ruleInsns(rule: FullRule): Insn[] {
  const insns: Insn[] = [];
  const [kind] = rule.kinds;
  if (rule.kinds.length === 1 && kind !== undefined) insns.push(jump(BPF_JNE, R.kind, KIND[kind], "next"));
  if (rule.major !== undefined) insns.push(jump(BPF_JNE, R.major, rule.major, "next"));
  if (rule.minor !== undefined) insns.push(jump(BPF_JNE, R.minor, rule.minor, "next"));
  const rights = rightsOf(rule);
  if (rule.access === "rwm") {
    insns.push(jump(BPF_JA, 0, 0, rule.allow ? "allow" : "deny"));
  } else if (rule.allow) {
    insns.push(insn(BPF_ALU64 | BPF_AND | BPF_K, R.rights, 0, 0, ~rights), jump(BPF_JEQ, R.rights, 0, "allow"));
  } else {
    insns.push(jump(BPF_JSET, R.rights, rights, "deny"));
  }
  return insns;
}

function answer(allow: boolean): Insn[] {
  return [insn(BPF_ALU64 | BPF_MOV | BPF_K, R.answer, 0, 0, allow ? 1 : 0), insn(BPF_JMP | BPF_EXIT)];
}

/** The rules' instructions with "next" resolved, then the answers with the other labels resolved. */
function assemble(rules: readonly FullRule[], otherwise: boolean): Insn[] {
  const body: Insn[] = [...PROLOGUE];
  for (const rule of rules) {
    const block = ruleInsns(rule);
    // off counts from the instruction after the jump.
    body.push(...block.map((each, at) => (each.to === "next" ? { ...each, off: block.length - at - 1 } : each)));
  }
  const fallThrough: Label = otherwise ? "allow" : "deny";
  const other: Label = otherwise ? "deny" : "allow";
  const where = { [fallThrough]: body.length, [other]: body.length + 2 };
  // The verifier refuses instructions that nothing reaches.
  const used = body.some((each) => each.to === other);
  const insns = body.map((each, at) => {
    const target = each.to === undefined ? undefined : where[each.to];
    return target === undefined ? each : { ...each, off: target - at - 1 };
  });
  return [...insns, ...answer(otherwise), ...(used ? answer(!otherwise) : [])];
}

/**
 * The program's bytes for rules in OCI's order. Throws a UserError for a rule that makes no sense and for more rules
 * than a program can hold.
 */
export function deviceProgram(rules: readonly DeviceRule[]): Uint8Array<ArrayBuffer> {
  const full = rules.map(fullRule);
  // A rule for everything hides those before it and becomes what happens where no later rule decides.
  const total = lastTotal(full);
  const insns = assemble(full.slice(total + 1).toReversed(), full[total]?.allow ?? true);
  if (insns.length > FARTHEST)
    throw new UserError(`too many device rules: ${rules.length} do not fit into one program`);
  const bytes = new Uint8Array(new ArrayBuffer(insns.length * INSN_SIZE));
  const view = new DataView(bytes.buffer);
  for (const [index, each] of insns.entries()) {
    const at = index * INSN_SIZE;
    view.setUint8(at, each.code);
    view.setUint8(at + 1, each.dst | (each.src << 4));
    view.setInt16(at + 2, each.off, true);
    view.setInt32(at + 4, each.imm, true);
  }
  return bytes;
}
