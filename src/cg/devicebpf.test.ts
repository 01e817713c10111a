import { describe, expect, test } from "bun:test";
import { UserError } from "../errors.ts";
import type { DeviceRule } from "../oci/spec.ts";
import { deviceProgram } from "./devicebpf.ts";

/** The instructions as hexadecimal words, in memory order. */
function hex(rules: readonly DeviceRule[]): string[] {
  const bytes = deviceProgram(rules);
  const words: string[] = [];
  for (let at = 0; at < bytes.length; at += 8) words.push(bytes.subarray(at, at + 8).toHex());
  return words;
}

interface Request {
  kind: "b" | "c";
  major: number;
  minor: number;
  /** Letters of "rwm". */
  access: string;
}

const RIGHT: Record<string, number> = { m: 1, r: 2, w: 4 };

/**
 * Runs a program as the kernel would, for the instructions that device programs are made of (opcodes of
 * instruction-set.rst); throws on any other, on a jump out of the program, and on a read out of the context.
 */
function run(program: Uint8Array, request: Request): boolean {
  const rights = [...request.access].reduce((bits, letter) => bits | (RIGHT[letter] ?? 0), 0);
  const context = [(rights << 16) | (request.kind === "b" ? 1 : 2), request.major, request.minor];
  const view = new DataView(program.buffer, program.byteOffset, program.length);
  const r: number[] = [];
  for (let pc = 0; ; pc++) {
    const at = pc * 8;
    const code = view.getUint8(at);
    const [dst, src] = [view.getUint8(at + 1) & 15, view.getUint8(at + 1) >> 4];
    const [off, imm] = [view.getInt16(at + 2, true), view.getInt32(at + 4, true)];
    const word = context[off / 4];
    const value = r[dst] ?? Number.NaN;
    if (code === 0x61 && src === 1 && word !== undefined) r[dst] = word;
    else if (code === 0xbf) r[dst] = r[src] ?? Number.NaN;
    else if (code === 0xb7) r[dst] = imm;
    else if (code === 0x77) r[dst] = value >>> imm;
    else if (code === 0x57) r[dst] = value & imm;
    else if (code === 0x05) pc += off;
    else if (code === 0x15) pc += value === imm ? off : 0;
    else if (code === 0x55) pc += value === imm ? 0 : off;
    else if (code === 0x45) pc += (value & imm) === 0 ? 0 : off;
    else if (code === 0x95) return r[0] === 1;
    else throw new Error(`instruction ${pc} has the unexpected code ${code}`);
  }
}

/** The meaning of the rules: each right is decided by the last rule that speaks of it. */
function allowed(rules: readonly DeviceRule[], request: Request): boolean {
  return [...request.access].every((letter) => {
    const last = rules.findLast(
      (rule) =>
        ((rule.type ?? "a") === "a" || rule.type === request.kind) &&
        (rule.major === undefined || rule.major === -1 || rule.major === request.major) &&
        (rule.minor === undefined || rule.minor === -1 || rule.minor === request.minor) &&
        (rule.access ?? "rwm").includes(letter),
    );
    return last?.allow ?? true;
  });
}

describe("deviceProgram", () => {
  const prologue = [
    "6112000000000000", // r2 = *(u32 *)(r1 + 0)
    "bf23000000000000", // r3 = r2
    "7703000010000000", // r3 >>= 16
    "57020000ffff0000", // r2 &= 0xffff
    "6114040000000000", // r4 = *(u32 *)(r1 + 4)
    "6115080000000000", // r5 = *(u32 *)(r1 + 8)
  ];
  const allow = ["b700000001000000", "9500000000000000"]; // r0 = 1; exit
  const deny = ["b700000000000000", "9500000000000000"]; // r0 = 0; exit

  test("golden: nothing, everything allowed, everything denied", () => {
    expect(hex([])).toEqual([...prologue, ...allow]);
    expect(hex([{ allow: false }, { allow: true }])).toEqual([...prologue, ...allow]);
    expect(hex([{ allow: true }, { allow: false }])).toEqual([...prologue, ...deny]);
  });

  test("golden: a few rules", () => {
    expect(
      hex([
        { allow: false },
        { allow: true, type: "c", major: 1, minor: 3, access: "rwm" },
        { allow: true, type: "b", access: "m" },
      ]),
    ).toEqual([
      ...prologue,
      "5502020001000000", // if r2 != BLOCK goto +2
      "57030000feffffff", // r3 &= ~MKNOD
      "1503060000000000", // if r3 == 0 goto allow
      "5502030002000000", // if r2 != CHAR goto +3
      "5504020001000000", // if r4 != 1 goto +2
      "5505010003000000", // if r5 != 3 goto +1
      "0500020000000000", // goto allow
      ...deny,
      ...allow,
    ]);
    expect(hex([{ allow: false, type: "c", major: 4, access: "rw" }])).toEqual([
      ...prologue,
      "5502020002000000", // if r2 != CHAR goto +2
      "5504010004000000", // if r4 != 4 goto +1
      "4503020006000000", // if r3 & (READ | WRITE) goto deny
      ...allow,
      ...deny,
    ]);
  });

  test("does what the rules say, for random rules and all requests about their devices", () => {
    let seed = 12_345;
    const pick = <T>(...from: readonly T[]): T => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return from[(seed >>> 16) % from.length] as T;
    };
    const number = (): { n?: number } => pick({}, { n: -1 }, { n: 1 }, { n: 2 }, { n: 4095 });
    const someRule = (): DeviceRule => {
      const [major, minor, type] = [number().n, number().n, pick(undefined, "a", "b", "c") as DeviceRule["type"]];
      return {
        allow: pick(true, false),
        access: pick("r", "w", "m", "rw", "wr", "rm", "wm", "rwm"),
        ...(type === undefined ? {} : { type }),
        ...(major === undefined ? {} : { major }),
        ...(minor === undefined ? {} : { minor }),
      };
    };
    for (let round = 0; round < 300; round++) {
      const rules = Array.from({ length: pick(0, 1, 2, 3, 5, 8) }, someRule);
      const program = deviceProgram(rules);
      for (const kind of ["b", "c"] as const) {
        for (const [major, minor] of [
          [1, 1],
          [1, 2],
          [2, 1],
          [4095, 4095],
          [7, 7],
        ] as const) {
          for (const access of ["r", "w", "m", "rw", "rm", "rwm"]) {
            const request = { kind, major, minor, access };
            const got = run(program, request);
            if (got !== allowed(rules, request)) throw new Error(JSON.stringify({ rules, request, got }));
          }
        }
      }
    }
  });

  test("refuses rules that make no sense, and more than fit", () => {
    expect(() => deviceProgram([{ allow: true, access: "x" }])).toThrow(UserError);
    const many = Array.from({ length: 10_000 }, (_, minor): DeviceRule => ({
      allow: true,
      type: "c",
      major: 1,
      minor,
    }));
    expect(() => deviceProgram(many)).toThrow("too many device rules");
  });
});
