// Assembled programs do what they say: run natively where the host is of that architecture, else under qemu-user.

import { describe, expect, test } from "bun:test";
import { assemble } from "../../src/asm/assemble.ts";
import type { Op, Program, Relation } from "../../src/asm/ir.ts";
import * as consts from "../../src/sys/abi/consts.gen.ts";
import { EBADF, ENOENT } from "../../src/sys/abi/errno.gen.ts";
import * as programs from "./programs.ts";
import { type Arch, bytes, call, exit, label, program, section, slot, vector, zero } from "./programs.ts";

const FDS = new Map([["out", 1]]);
const ARCHES = ["x64", "arm64"] as const;

function run(it: Program, arch: Arch): programs.Ran {
  return programs.run(assemble(it, arch, FDS).elf, arch);
}

/** Runs a single section that ends with an exit of its own. */
function runOps(ops: readonly Op[], arch: Arch, data: Parameters<typeof program>[1] = {}, slots = 8): programs.Ran {
  const failed = section([label("failed"), exit(99)], { name: "failed", resident: true });
  return run(program([section(ops), failed], data, slots), arch);
}

const text = (ran: programs.Ran): string => new TextDecoder().decode(ran.stdout);

for (const arch of ARCHES) {
  const missing = programs.cannotRun(arch);
  const suite = missing === undefined ? `${arch} programs` : `${arch} programs (${missing})`;
  describe.skipIf(missing !== undefined)(suite, () => {
    test("write to an inherited descriptor and exit", () => {
      const ran = runOps([call("write", [{ fd: "out" }, { ref: "text", at: 1 }, 5]), exit(42)], arch, {
        text: bytes("-hello-"),
      });
      expect(text(ran)).toBe("hello");
      expect(ran.code).toBe(42);
    });

    test("keep results: the process is its own only thread", () => {
      const ran = runOps(
        [
          call("getpid", [], { into: slot(2), onError: "fail" }),
          call("gettid", [], { into: slot(3), onError: "fail" }),
          { kind: "branch", left: slot(2), is: "<=", right: 0, to: "odd" },
          { kind: "sub", slot: slot(2), value: slot(3) },
          exit(slot(2)),
          label("odd"),
          exit(1),
        ],
        arch,
      );
      expect(ran.code).toBe(0);
    });

    test("count in a loop", () => {
      const ran = runOps(
        [
          { kind: "set", slot: slot(2), value: 10 },
          label("again"),
          { kind: "add", slot: slot(3), value: slot(2) },
          { kind: "add", slot: slot(2), value: -1 },
          { kind: "branch", left: slot(2), is: "!=", right: 0, to: "again" },
          exit(slot(3)),
        ],
        arch,
      );
      expect(ran.code).toBe(55);
    });

    test("compare signed numbers in every relation", () => {
      const holds: Readonly<Record<Relation, (left: bigint, right: bigint) => boolean>> = {
        "==": (left, right) => left === right,
        "!=": (left, right) => left !== right,
        "<": (left, right) => left < right,
        ">": (left, right) => left > right,
        "<=": (left, right) => left <= right,
        ">=": (left, right) => left >= right,
      };
      const relations = ["==", "!=", "<", ">", "<=", ">="] as const;
      const lefts = [0n, 1n, -1n, 127n, -128n, 4095n, -4096n, 1n << 31n, -(1n << 31n), 1n << 62n, -(1n << 63n)];
      const rights = [0, 1, -1, 127, -128, 128, 4095, -4095, 4096, -4096, 0xfff000, 0x123456, 2 ** 31 - 1, -(2 ** 31)];
      const ops: Op[] = [];
      const expected: boolean[] = [];
      for (const left of lefts) {
        ops.push({ kind: "set", slot: slot(2), value: left });
        for (const right of rights) {
          for (const is of relations) {
            const skip = `skip ${expected.length}`;
            ops.push({ kind: "store", to: { ref: "seen", at: expected.length }, width: 1, value: 1 });
            ops.push({ kind: "branch", left: slot(2), is, right, to: skip });
            ops.push({ kind: "store", to: { ref: "seen", at: expected.length }, width: 1, value: 0 }, label(skip));
            expected.push(holds[is](left, BigInt(right)));
          }
        }
      }
      ops.push(call("write", [1, { ref: "seen", at: 0 }, expected.length]), exit(0));
      const ran = runOps(ops, arch, { seen: zero(expected.length, 1) });
      expect([...ran.stdout].map((seen) => seen === 1)).toEqual(expected);
    });

    test("report the failing operation and its errno", () => {
      // The call that fails, among 6000 that do not: ladders with small and big steps, and jumps of every length.
      const positions = [0, 1, 5, 200, 4500, 5999];
      for (const bad of positions) {
        const ops = Array.from({ length: 6000 }, (_, index): Op => {
          if (index === bad) return call("close", [1000], { onError: "fail" });
          return positions.includes(index) ? call("getpid", [], { onError: "fail" }) : label(`l${index}`);
        });
        const handler = [label("failed"), call("write", [1, { ref: "@slots", at: 0 }, 16]), exit(7)];
        const ran = run(
          program([section([...ops, exit(0)]), section(handler, { name: "failed", resident: true })]),
          arch,
        );
        expect(ran.code).toBe(7);
        const view = new DataView(ran.stdout.buffer, ran.stdout.byteOffset);
        expect([view.getBigInt64(0, true), view.getBigInt64(8, true)]).toEqual([BigInt(bad), BigInt(EBADF)]);
      }
    });

    test("count operations over all sections, and a failure after a failure anew", () => {
      const first = section([call("getpid", []), call("close", [1000], { onError: "fail" })], { onFail: "second" });
      const second = section(
        [
          label("second"),
          { kind: "set", slot: slot(2), value: slot(0) },
          call("openat", [-100, { ref: "nowhere", at: 0 }, 0, 0], { onError: "fail" }),
        ],
        { name: "second", resident: true, onFail: "third" },
      );
      const third = section([label("third"), call("write", [1, { ref: "@slots", at: 0 }, 24]), exit(0)]);
      const ran = run(program([first, second, third], { nowhere: bytes("/nowhere\0") }), arch);
      expect([...new BigInt64Array(ran.stdout.slice().buffer)]).toEqual([4n, BigInt(ENOENT), 1n]);
    });

    test("go to a label with the negative errno, or go on", () => {
      const ran = runOps(
        [
          call("close", [1000]),
          call("close", [1000], { into: slot(2), onError: { to: "closed" } }),
          exit(1),
          label("closed"),
          { kind: "sub", slot: slot(3), value: slot(2) },
          exit(slot(3)),
        ],
        arch,
      );
      expect(ran.code).toBe(EBADF);
    });

    test("a result with bit 31 set is no failure", () => {
      const ran = runOps(
        [
          call(
            "mmap",
            [
              0x8000_0000,
              4096,
              consts.PROT_READ,
              consts.MAP_PRIVATE | consts.MAP_ANONYMOUS | consts.MAP_FIXED_NOREPLACE,
              -1,
              0,
            ],
            { into: slot(2), onError: "fail" },
          ),
          { kind: "add", slot: slot(2), value: -0x8000_0000 },
          exit(slot(2)),
        ],
        arch,
      );
      expect(ran.code).toBe(0);
    });

    test("pass vectors to execve", () => {
      const ran = runOps(
        [
          call(
            "execve",
            [
              { ref: "path", at: 0 },
              { ref: "argv", at: 0 },
              { ref: "envp", at: 0 },
            ],
            { onError: "fail" },
          ),
        ],
        arch,
        {
          path: bytes("/bin/sh\0"),
          argv: vector("sh", "-c", "script"),
          sh: bytes("sh\0"),
          "-c": bytes("-c\0"),
          script: bytes('echo "$A $B"\0'),
          envp: vector("a", "b"),
          a: bytes("A=one\0"),
          b: bytes("B=two\0"),
        },
      );
      expect(text(ran)).toBe("one two\n");
    });

    test("clone a child that executes another program, and wait for it", () => {
      // Without the shared memory of CLONE_VM, which qemu-user does not give.
      const ran = runOps(
        [
          call("clone", [consts.SIGCHLD, 0, 0, 0, 0], { into: slot(2), onError: "fail" }),
          { kind: "branch", left: slot(2), is: "==", right: 0, to: "child" },
          call("wait4", [slot(2), { ref: "status", at: 0 }, 0, 0], { into: slot(3), onError: "fail" }),
          { kind: "sub", slot: slot(3), value: slot(2) },
          { kind: "branch", left: slot(3), is: "!=", right: 0, to: "failed" },
          { kind: "load", into: slot(4), from: { ref: "status", at: 1 }, width: 1, signed: false },
          exit(slot(4)),
          label("child"),
          call("execve", [
            { ref: "path", at: 0 },
            { ref: "argv", at: 0 },
            { ref: "argv", at: 24 },
          ]),
          exit(98),
        ],
        arch,
        {
          path: bytes("/bin/sh\0"),
          argv: vector("path", "-c", "exit"),
          "-c": bytes("-c\0"),
          exit: bytes("exit 23\0"),
          status: zero(4),
        },
      );
      expect(ran.code).toBe(23);
    });

    test("give the launch pages back and go on", () => {
      const launch = section([call("getpid", []), { kind: "jump", to: "resident" }]);
      const resident = section(
        [
          label("resident"),
          call("madvise", [{ ref: "@launch", at: 0 }, { ref: "@launch.size", at: 0 }, consts.MADV_DONTNEED], {
            onError: { to: "failed" },
          }),
          { kind: "set", slot: slot(2), value: { ref: "@launch.size", at: 0 } },
          { kind: "branch", left: slot(2), is: "!=", right: 303_104, to: "failed" },
          exit(0),
          label("failed"),
          exit(1),
        ],
        { name: "resident", resident: true },
      );
      const it = program([launch, resident], { big: bytes(new Uint8Array(300_000)) });
      expect(assemble(it, arch, FDS).launch.size).toBe(303_104);
      expect(run(it, arch).code).toBe(0);
    });

    test("reach over megabytes of data, many slots and far memory", () => {
      const filler = { first: bytes(new Uint8Array(1_500_000)), second: bytes(new Uint8Array(900_000), 1, true) };
      const count = 5000;
      const ops = [
        ...Array.from({ length: count - 8 }, (_, index): Op => ({ kind: "set", slot: slot(index + 8), value: index })),
        ...Array.from({ length: count - 9 }, (_, index): Op => ({
          kind: "add",
          slot: slot(8),
          value: slot(index + 9),
        })),
        { kind: "store", to: { ref: "far", at: 30_000_001 }, width: 8, value: slot(8) },
        { kind: "load", into: slot(2), from: { ref: "far", at: 30_000_001 }, width: 8, signed: false },
        { kind: "load", into: slot(3), from: { ref: "last", at: 1 }, width: 4, signed: false },
        call("close", [1000], { into: slot(4), onError: { to: "after" } }),
        exit(1),
      ] satisfies Op[];
      const after = section(
        [label("after"), call("write", [1, { ref: "@slots", at: 16 }, 24]), call("close", [1000], { onError: "fail" })],
        { name: "after", resident: true, onFail: "begin" },
      );
      const start = section([{ kind: "jump", to: "ops" }, label("begin"), exit(5)]);
      const data = { ...filler, far: zero(40_000_000, 1), last: bytes(Uint8Array.of(9, 1, 2, 3, 4)) };
      const ran = run(program([start, section([label("ops"), ...ops]), after], data, count), arch);
      const sum = ((count - 9) * (count - 8)) / 2;
      expect(ran.code).toBe(5);
      expect([...new BigInt64Array(ran.stdout.slice().buffer)]).toEqual([BigInt(sum), 0x04030201n, BigInt(-EBADF)]);
    });

    test("a program that runs off its end is killed", () => {
      const noCore = call("prlimit64", [0, consts.RLIMIT_CORE, { ref: "none", at: 0 }, 0]);
      const ran = run(program([section([noCore])], { none: zero(16) }), arch);
      expect(ran.signal).toBe(arch === "x64" ? "SIGILL" : "SIGTRAP");
    });
  });
}
