// The probes on this very machine: what they say differs from machine to machine, how they say it does not.

import { describe, expect, test } from "bun:test";
import { gatherInfo } from "./info.ts";
import { tryOverlay } from "./overlay.ts";
import { diagnose, runProbes } from "./probes.ts";

const paths = { root: "/tmp/bunker-doctor-test/not/there", run: "/run/bunker" };

describe("diagnose", () => {
  const answers = diagnose(paths);

  test("every probe has its own name and finds something", () => {
    expect(new Set(answers.map(({ name }) => name)).size).toBe(answers.length);
    for (const { found } of answers) expect(found).not.toBe("");
  });

  test("whatever is not well has a remedy", () => {
    for (const answer of answers) if (answer.status !== "ok") expect(answer.remedy).not.toBe("");
  });

  test("leaves nothing behind", () => {
    expect([...new Bun.Glob(".bunker-doctor-*").scanSync({ cwd: "/tmp", dot: true, onlyFiles: false })]).toEqual([]);
  });
});

test("a probe that throws has failed, with a remedy", () => {
  const run = () => {
    throw new Error("open /dev/x: Permission denied (EACCES)");
  };
  expect(runProbes([{ name: "x", since: "5.1", run }])).toEqual([
    {
      name: "x",
      since: "5.1",
      status: "fail",
      found: "open /dev/x: Permission denied (EACCES)",
      remedy: "run bunker doctor as root, outside of a container",
    },
  ]);
});

test("an overlay on a file system that takes no files", () => {
  expect(() => tryOverlay("/proc")).toThrow("mkdir /proc/.bunker-doctor-");
});

test("gatherInfo adds up", () => {
  const info = gatherInfo(paths, { running: 2, stopped: 3, images: 1 });
  expect(info.containers).toMatchObject({ total: 5, running: 2, stopped: 3 });
  expect(info.processors).toBeGreaterThan(0);
  expect(info.memory).toBeGreaterThan(0);
  expect(info.storage.free).toBeLessThanOrEqual(info.storage.total);
});
