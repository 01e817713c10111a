// Small programs for the assembler's tests, and the ways to run them: natively, or under qemu for the other architecture.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Datum, Op, Program, Section, Slot, Value } from "../../src/asm/ir.ts";
import type { SyscallName } from "../../src/sys/abi/nr.gen.ts";

export type Arch = "x64" | "arm64";

export const slot = (index: number): Slot => ({ slot: index, name: `s${index}` });

export function bytes(content: string | Uint8Array, align = 1, resident = false): { datum: Datum; resident: boolean } {
  const raw = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { datum: { kind: "bytes", bytes: raw, align }, resident };
}

export const zero = (size: number, align = 8): { datum: Datum; resident: boolean } => ({
  datum: { kind: "zero", size, align },
  resident: true,
});

export const vector = (...names: readonly string[]): { datum: Datum; resident: boolean } => ({
  datum: { kind: "vector", refs: names.map((ref) => ({ ref, at: 0 })) },
  resident: false,
});

export const call = (
  sys: SyscallName,
  args: readonly Value[],
  rest: Partial<Extract<Op, { kind: "call" }>> = {},
): Op => ({ kind: "call", sys, args, onError: "ignore", note: sys, ...rest });

export const label = (name: string): Op => ({ kind: "label", label: name });

/** A section that is not resident and fails to "failed", unless `rest` says otherwise. */
export const section = (ops: readonly Op[], rest: Partial<Section> = {}): Section => ({
  name: "main",
  title: "Main",
  resident: false,
  onFail: "failed",
  ops,
  ...rest,
});

/** Slots 0 and 1 are the failure slots. */
export function program(
  sections: readonly Section[],
  data: Readonly<Record<string, { datum: Datum; resident: boolean }>> = {},
  slots = 8,
): Program {
  return {
    sections,
    data: new Map(Object.entries(data)),
    slots: Array.from({ length: slots }, (_, index) => slot(index)),
    failure: { op: slot(0), errno: slot(1) },
  };
}

/** Ends the process with the value, of which only the low byte remains. */
export const exit = (value: Value): Op => call("exit_group", [value]);

/** Why programs of `arch` cannot run here, or undefined if they can. */
export function cannotRun(arch: Arch): string | undefined {
  if (process.arch === arch) return undefined;
  return emulator(arch) === undefined
    ? `needs ${arch === "arm64" ? "qemu-aarch64-static" : "an x86-64 host"}`
    : undefined;
}

function emulator(arch: Arch): string | undefined {
  const name = arch === "arm64" ? "qemu-aarch64" : "qemu-x86_64";
  return Bun.which(`${name}-static`) ?? Bun.which(name) ?? undefined;
}

export interface Ran {
  readonly code: number | null;
  readonly signal: string | number | undefined;
  readonly stdout: Uint8Array;
}

/** Writes the file out and runs it. */
export function run(elf: Uint8Array, arch: Arch): Ran {
  return withFile(elf, (path) => {
    const runner = process.arch === arch ? undefined : emulator(arch);
    const command = runner === undefined ? [path] : [runner, path];
    const child = Bun.spawnSync(command, { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
    return { code: child.exitCode, signal: child.signalCode, stdout: new Uint8Array(child.stdout) };
  });
}

/** Calls `use` with the path of an executable file of these bytes, which is gone afterwards. */
export function withFile<T>(content: Uint8Array, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "asm-"));
  const path = join(folder, "program");
  try {
    writeFileSync(path, content);
    chmodSync(path, 0o755);
    return use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Numbers that repeat from run to run (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 to below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  pick<T>(from: readonly T[]): T {
    const item = from[this.below(from.length)];
    if (item === undefined) throw new Error("there is nothing to pick from");
    return item;
  }

  /** A constant, mostly near a border where encodings change. */
  constant(): number | bigint {
    const near = (): number => this.below(5) - 2;
    const edge = this.pick([
      0,
      127,
      128,
      255,
      4095,
      4096,
      0x7fff,
      0x10000,
      0xfff000,
      2 ** 24,
      2 ** 31,
      2 ** 32,
      2 ** 48,
    ]);
    const kind = this.below(8);
    if (kind < 5) return (this.below(2) === 0 ? 1 : -1) * edge + near();
    if (kind === 5) return this.below(2 ** 32) - 2 ** 31;
    const words = Array.from({ length: 4 }, () => BigInt(this.pick([0, 0xffff, this.below(0x10000)])));
    const big = words.reduce((value, word) => (value << 16n) | word, 0n);
    return kind === 6 ? big : BigInt.asIntN(64, big);
  }
}
