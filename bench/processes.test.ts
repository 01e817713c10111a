// Telling bunker's own processes from those of others, and reading the kernel's texts about memory.

import { describe, expect, test } from "bun:test";

import {
  bunkerProcesses,
  isMonitor,
  listProcesses,
  memoryOf,
  parseMemory,
  type ProcessFacts,
  sum,
} from "./processes.ts";

const ID = "0123456789ab".padEnd(64, "c");

function process_(fields: Partial<ProcessFacts>): ProcessFacts {
  return { pid: 1, executable: "/usr/bin/x", argv: [], environment: [], ...fields };
}

describe("bunker's own processes", () => {
  const find = (...all: ProcessFacts[]) => bunkerProcesses(all, "/opt/bunker", "/state", [ID]);

  test("are launch programs of these containers, and the executable on this state", () => {
    const monitor = process_({
      executable: "/memfd:bunker-launch (deleted)",
      argv: ["bunker-monitor", "0123456789ab"],
    });
    const cli = process_({
      executable: "/opt/bunker",
      argv: ["bunker", "ps"],
      environment: ["A=b", "BUNKER_ROOT=/state"],
    });
    const exitVerb = process_({ executable: "/opt/bunker", argv: ["bunker", "__exit", ID] });
    expect(find(monitor, cli, exitVerb)).toEqual([monitor, cli, exitVerb]);
    expect([monitor, cli, exitVerb].map(isMonitor)).toEqual([true, false, false]);
  });

  test("are not what others run", () => {
    const others = [
      process_({ executable: "/memfd:bunker-launch (deleted)", argv: ["bunker-monitor", "ffffffffffff"] }),
      process_({ executable: "/opt/bunker", environment: ["BUNKER_ROOT=/state2"] }),
      process_({ executable: "/bin/sh", argv: ["sh", ID], environment: ["BUNKER_ROOT=/state"] }),
      process_({ executable: "" }),
    ];
    expect(find(...others)).toEqual([]);
  });
});

test("/proc shows this process as it is", () => {
  const own = listProcesses().find(({ pid }) => pid === process.pid);
  expect(own?.executable).toBe(process.execPath);
  expect(own?.argv.length).toBeGreaterThan(0);
  expect(memoryOf(process.pid)?.rss).toBeGreaterThan(1000);
  // Above pid_max there is never a process.
  expect(memoryOf(2 ** 22 + 1)).toBeUndefined();
});

test("memory is read from the kernel's texts", () => {
  const rollup =
    "00400000-7fff [rollup]\nRss:                  16 kB\nPss:                  12 kB\nPss_Dirty:    4 kB\n";
  const status = "Name:\tx\nVmRSS:\t      20 kB\nVmPTE:\t      24 kB\n";
  expect(parseMemory(rollup, status)).toEqual({ rss: 16, pss: 12, tables: 24 });
  expect(() => parseMemory("", status)).toThrow("cannot read the field Rss");
  expect(() => parseMemory(rollup, "VmPTE:\tmany kB\n")).toThrow("cannot read the field VmPTE");
});

test("sums", () => {
  expect(sum([])).toEqual({ rss: 0, pss: 0, tables: 0 });
  expect(
    sum([
      { rss: 1, pss: 2, tables: 3 },
      { rss: 10, pss: 20, tables: 30 },
    ]),
  ).toEqual({ rss: 11, pss: 22, tables: 33 });
});
