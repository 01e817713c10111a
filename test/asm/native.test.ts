// What qemu-user cannot show: a child that shares the parent's memory without a stack of its own, and what the kernel
// makes of the segments.

import { describe, expect, test } from "bun:test";
import { assemble } from "../../src/asm/assemble.ts";
import type { Op } from "../../src/asm/ir.ts";
import * as consts from "../../src/sys/abi/consts.gen.ts";
import { EACCES } from "../../src/sys/abi/errno.gen.ts";
import { bytes, call, exit, label, program, type Ran, run, section, slot, vector, zero } from "./programs.ts";

const FDS = new Map([["out", 1]]);

describe.skipIf(process.arch !== "x64")("x64 programs, native (needs an x86-64 host)", () => {
  /** clone3 with the parent's memory; the child first writes to it, then executes `path`. */
  function cloned(path: string): Ran {
    const flags = consts.CLONE_VM | consts.CLONE_VFORK;
    const argument = (at: number, value: number): Op => ({ kind: "store", to: { ref: "args", at }, width: 8, value });
    const parent = section([
      argument(0, flags),
      argument(32, consts.SIGCHLD),
      call("clone3", [{ ref: "args", at: 0 }, consts.CLONE_ARGS_SIZE_VER0], { into: slot(2), onError: "fail" }),
      { kind: "branch", left: slot(2), is: "==", right: 0, to: "child" },
      call("wait4", [slot(2), 0, 0, 0], { onError: "fail" }),
      call("write", [1, { ref: "@slots", at: 0 }, 32]),
      exit(0),
      label("failed"),
      exit(1),
    ]);
    const child = section(
      [
        label("child"),
        { kind: "set", slot: slot(3), value: 77 },
        call(
          "execve",
          [
            { ref: "path", at: 0 },
            { ref: "argv", at: 0 },
            { ref: "argv", at: 8 },
          ],
          { onError: "fail" },
        ),
        label("lost"),
        exit(9),
      ],
      { name: "child", onFail: "lost" },
    );
    const it = program([parent, child], { args: zero(64), path: bytes(`${path}\0`), argv: vector("path") });
    return run(assemble(it, "x64", FDS).elf, "x64");
  }

  test("a child that shares the memory, up to its execve", () => {
    const [op, errno, pid, mark] = new BigInt64Array(cloned("/bin/true").stdout.slice().buffer);
    expect([op, errno, mark]).toEqual([0n, 0n, 77n]);
    expect(pid).toBeGreaterThan(0n);
  });

  test("a child whose execve fails tells the parent through the shared slots", () => {
    const [op, errno] = new BigInt64Array(cloned("/").stdout.slice().buffer);
    expect([op, errno]).toEqual([11n, BigInt(EACCES)]);
  });

  test("the kernel maps three segments, none of them writable and executable", () => {
    const reader = section(
      [
        call("openat", [-100, { ref: "maps", at: 0 }, 0, 0], { into: slot(2), onError: "fail" }),
        label("again"),
        call("read", [slot(2), { ref: "buffer", at: 0 }, 4096], { into: slot(3), onError: "fail" }),
        call("write", [1, { ref: "buffer", at: 0 }, slot(3)], { onError: "fail" }),
        { kind: "branch", left: slot(3), is: ">", right: 0, to: "again" },
        exit(0),
        label("failed"),
        exit(1),
      ],
      { resident: true },
    );
    const it = program([reader], { maps: bytes("/proc/self/maps\0"), buffer: zero(4096, 1) });
    const { symbols } = assemble(it, "x64", FDS);
    const ran = run(assemble(it, "x64", FDS).elf, "x64");
    const lines = new TextDecoder().decode(ran.stdout).split("\n");
    const permissions = (name: string): string | undefined =>
      lines
        .map((line) => /^(\w+)-(\w+) (....)/.exec(line))
        .find((match) => {
          const [, from = "", to = ""] = match ?? [];
          const address = symbols.get(name) ?? 0;
          return address >= Number.parseInt(from, 16) && address < Number.parseInt(to, 16);
        })?.[3];
    expect([permissions("again"), permissions("maps"), permissions("@slots")]).toEqual(["r-xp", "r-xp", "rw-p"]);
    expect(lines.filter((line) => / .wx. /.test(line))).toEqual([]);
    expect(lines.find((line) => line.endsWith("[stack]"))).toContain(" rw-p ");
  });
});
