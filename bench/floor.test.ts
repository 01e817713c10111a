// The floor's steps and its file. That it runs is shown by the benchmark itself, which needs root.

import { expect, test } from "bun:test";

import { assemble } from "../src/asm/assemble.ts";
import { floorExecutable, floorProgram } from "./floor.ts";

test("the floor does the steps that no container goes without, in their order", () => {
  const program = floorProgram("/tree", "/stage");
  const calls = program.sections.flatMap(({ ops }) => ops).flatMap((op) => (op.kind === "call" ? [op.sys] : []));
  expect(calls).toEqual([
    "clone3",
    "wait4",
    "exit_group",
    "mount",
    "mount",
    "mkdirat",
    "mkdirat",
    "mkdirat",
    "mount",
    "chdir",
    "pivot_root",
    "umount2",
    "mount",
    "execve",
    "exit_group",
  ]);
});

test("it is a small ELF file on both architectures", () => {
  for (const arch of ["x64", "arm64"] as const) {
    const { elf } = assemble(floorProgram("/tree", "/stage"), arch, new Map());
    expect([...elf.subarray(0, 4)]).toEqual([0x7f, 0x45, 0x4c, 0x46]);
    expect(elf.length).toBeLessThan(4096);
    expect(Buffer.from(elf).includes("lowerdir=/tree,upperdir=/stage/upper,workdir=/stage/work,volatile\0")).toBe(true);
  }
});

test("a path that would be cut off is refused", () => {
  expect(() => floorExecutable("/tree\0.safe", "/stage")).toThrow("NUL");
});
