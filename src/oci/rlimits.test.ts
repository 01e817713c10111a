// Resource limits of processes.

import { expect, test } from "bun:test";
import { messageOf } from "./testing.ts";

import { makeRlimits } from "./rlimits.ts";
import { UNLIMITED } from "./spec.ts";

test("the number of open files has a default, as far as the kernel goes", () => {
  expect(makeRlimits([], undefined)).toEqual([{ type: "RLIMIT_NOFILE", soft: 1024, hard: 524_288 }]);
  expect(makeRlimits([], 4096)).toEqual([{ type: "RLIMIT_NOFILE", soft: 1024, hard: 4096 }]);
});

test("what is asked for comes in its place; the last of a name counts", () => {
  const nofile = { type: "RLIMIT_NOFILE", soft: 10, hard: 20 };
  const core = { type: "RLIMIT_CORE", soft: 0, hard: UNLIMITED };
  expect(makeRlimits([core, { ...nofile, soft: 1 }, nofile], 1_048_576)).toEqual([nofile, core]);
});

test("more open files than the kernel allows", () => {
  const ask = (hard: number) => () => makeRlimits([{ type: "RLIMIT_NOFILE", soft: 1, hard }], 1_048_576);
  expect(messageOf(ask(2_000_000))).toBe("--ulimit nofile: 2000000 is above 1048576, the most this kernel allows");
  expect(messageOf(ask(UNLIMITED))).toContain("unlimited is above 1048576");
  expect(ask(1_048_576)).not.toThrow();
});
