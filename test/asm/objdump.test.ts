// Random code, read back by GNU objdump, means what the program says; and readelf has nothing against the file.

import { describe, expect, test } from "bun:test";
import { assemble } from "../../src/asm/assemble.ts";
import type { Program, Section } from "../../src/asm/ir.ts";
import { syscallNumber } from "../../src/sys/numbers.ts";
import { Arm64Follower, disassemble, type Follower, type Line, objdump, X64Follower } from "./disassemble.ts";
import { FDS, generate } from "./generate.ts";
import { hex, Meaning } from "./meaning.ts";
import { type Arch, call, label, program, Random, section, slot, withFile } from "./programs.ts";

const SEEDS = 20;

/** The program with a label behind the operations of every section. */
function withStops(program: Program): Program {
  const stop = (it: Section): Section => ({ ...it, ops: [...it.ops, label(`${it.name}.stop`)] });
  return { ...program, sections: program.sections.map(stop) };
}

/** A program of one section with one call of `args` constants for each number of arguments. */
function constants(seed: number): Program {
  const random = new Random(seed);
  const calls = Array.from({ length: 70 }, (_, index) =>
    call(
      "close",
      Array.from({ length: index % 7 }, () => random.constant()),
      { into: slot(random.below(40)) },
    ),
  );
  return program([section([label("main"), ...calls], { resident: seed % 2 === 0 })], {}, 40);
}

class Listing {
  readonly #lines: ReadonlyMap<number, number>;
  readonly #all: readonly Line[];

  constructor(elf: Uint8Array, arch: Arch, start: number, stop: number) {
    const view = new DataView(elf.buffer);
    // The program header whose addresses hold `start` says where the file's first byte would be.
    const header = [64, 64 + 56].find((at) => {
      const address = Number(view.getBigUint64(at + 16, true));
      return start >= address && start < address + Number(view.getBigUint64(at + 32, true));
    });
    if (header === undefined) throw new Error(`no segment holds ${hex(start)}`);
    const origin = Number(view.getBigUint64(header + 16, true) - view.getBigUint64(header + 8, true));
    this.#all = disassemble(elf, arch, origin, start, stop);
    this.#lines = new Map(this.#all.map(({ at }, index) => [at, index]));
  }

  between(start: number, stop: number): Line[] {
    return this.#all.slice(this.#index(start), stop > (this.#all.at(-1)?.at ?? 0) ? undefined : this.#index(stop));
  }

  /** The end of a failure ladder: up to the instruction that clears the zero register, then the jump or what follows. */
  ladder(start: number): { lines: Line[]; next: Line | undefined } {
    const rest = this.#all.slice(this.#index(start));
    const length = rest.findIndex(({ mnemonic }) => mnemonic === "neg") + 3;
    return { lines: rest.slice(0, length), next: rest[length] };
  }

  #index(at: number): number {
    const index = this.#lines.get(at);
    if (index === undefined) throw new Error(`no instruction begins at ${hex(at)}`);
    return index;
  }
}

function checkSection(arch: Arch, it: Section, first: number, meaning: Meaning, elf: Uint8Array): void {
  const start = meaning.address(it.name);
  const stop = meaning.address(`${it.name}.stop`);
  // A ladder is at most 7 bytes for each call, and its end at most 40.
  const listing = new Listing(elf, arch, start, Math.min(stop + it.ops.length * 8 + 40, start + elf.length));
  const follower = fresh(arch, meaning);
  follower.follow(listing.between(start, stop));
  const failing = it.ops.flatMap((op, index) => (op.kind === "call" && op.onError === "fail" ? [first + index] : []));
  const rungs: number[] = [];
  const lines = follower.lines.map((line) => {
    const target = Number(/^if result < 0x0 goto (\S+)$/.exec(line)?.[1]);
    if (!(target >= stop && target < stop + it.ops.length * 8) || rungs.length === failing.length) return line;
    rungs.push(target);
    return "if result < 0x0 goto fail";
  });
  expect(lines).toEqual(it.ops.flatMap((op) => meaning.of(op)));
  for (const [index, rung] of rungs.entries()) {
    const ladder = fresh(arch, meaning);
    ladder.registers.set(arch === "x64" ? "rax" : "x0", "result");
    const { lines, next } = listing.ladder(rung);
    ladder.follow(lines);
    const jumps = next?.mnemonic === "jmp" || next?.mnemonic === "b";
    ladder.lines.push(`goto ${jumps ? next.operands[0] : hex(next?.at ?? 0)}`);
    expect(ladder.lines).toEqual(meaning.failure(failing[index] ?? -1, it.onFail));
    expect(ladder.registers.get(arch === "x64" ? "rbp" : "x20")).toBe("0x0");
  }
}

/** A follower in the state that the entry of a program leaves. */
function fresh(arch: Arch, meaning: Meaning): Follower {
  const follower = arch === "x64" ? new X64Follower() : new Arm64Follower();
  const slots = meaning.address("@slots");
  const registers = arch === "x64" ? { rbx: hex(slots + 128), rbp: "0x0" } : { x19: hex(slots), x20: "0x0" };
  for (const [name, value] of Object.entries(registers)) follower.registers.set(name, value);
  return follower;
}

function check(original: Program, arch: Arch): void {
  const program = withStops(original);
  const { elf, symbols } = assemble(program, arch, FDS);
  const meaning = new Meaning(program, symbols, FDS, (name) => syscallNumber(name, arch));
  let first = 0;
  for (const it of program.sections) {
    checkSection(arch, it, first, meaning, elf);
    first += it.ops.length;
  }
  const entry = Number(new DataView(elf.buffer).getBigUint64(24, true));
  const begin = meaning.address(program.sections[0]?.name ?? "");
  const follower = arch === "x64" ? new X64Follower() : new Arm64Follower();
  follower.follow(new Listing(elf, arch, entry, begin).between(entry, begin));
  expect(follower.lines).toEqual([]);
  expect(new Map(follower.registers)).toEqual(new Map(fresh(arch, meaning).registers));
}

for (const arch of ["x64", "arm64"] as const) {
  const tool = objdump(arch);
  const missing = tool === undefined ? ` (needs objdump for ${arch})` : "";
  describe.skipIf(tool === undefined)(`${arch} code read by objdump${missing}`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) test(`program ${seed}`, () => check(generate(seed + 1000), arch));
    for (let seed = 1; seed <= 6; seed++) test(`constants ${seed}`, () => check(constants(seed), arch));
  });
}

const readelf = Bun.which("readelf");
test.skipIf(readelf === null)("readelf lists the segments without a complaint (needs readelf)", () => {
  for (const arch of ["x64", "arm64"] as const) {
    const { elf } = assemble(generate(1), arch, FDS);
    withFile(elf, (path) => {
      const child = Bun.spawnSync([readelf ?? "", "-hlW", path]);
      expect(child.stderr.toString()).toBe("");
      expect(child.exitCode).toBe(0);
      const flags = child.stdout.toString().match(/^ {2}(?:LOAD|GNU_STACK) .*$/gm) ?? [];
      expect(flags.map((line) => /(R[ W][ E]) 0x1/.exec(line)?.[1])).toEqual(["R E", "R E", "RW ", "RW "]);
    });
  }
});
