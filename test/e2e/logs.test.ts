// `bunker logs` of containers that really wrote something: the streams apart, followed to the end, the last lines, times,
// and rotation, which keeps the newest output within its bounds.

import { afterAll, afterEach, beforeAll, expect } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { type Board, lines, Watched } from "../helpers/board.ts";
import { testWith } from "../helpers/needs.ts";
import { busyboxBoard } from "../helpers/rootfs.ts";

const test = testWith("root", "tool:mksquashfs", "file:/bin/busybox", "fs:overlay", "fs:squashfs");
let board: Board;
beforeAll(async () => {
  board = await busyboxBoard();
});
afterEach(() => board.clear());
afterAll(() => board[Symbol.asyncDispose]());

/** Runs a script to its end in the background, and waits for it. */
async function ran(name: string, script: string, ...options: readonly string[]): Promise<string> {
  const id = (await board.ok("run", "-d", "--name", name, ...options, "bb", "sh", "-c", script)).trim();
  await board.bunker("logs", "-f", name);
  return id;
}

test("standard output and standard error stay apart, during and after the run", async () => {
  await ran("apart", "echo one; echo two >&2; printf 'no newline'; printf 'nor here' >&2");
  expect(await board.bunker("logs", "apart")).toEqual({ code: 0, out: "one\nno newline", err: "two\nnor here" });
  // The same of one in the foreground.
  const front = await board.bunker("run", "--name", "front", "bb", "sh", "-c", "echo one; echo two >&2; exit 5");
  expect(front).toEqual({ code: 5, out: "one\n", err: "two\n" });
  expect(await board.bunker("logs", "front")).toEqual({ code: 0, out: "one\n", err: "two\n" });
});

test("-f prints what comes, and ends with the container", async () => {
  const script = "echo first; while ! [ -e /tmp/go ]; do sleep 0.02; done; echo last; echo end >&2; exit 9";
  await board.ok("run", "-d", "--name", "followed", "-v", `${board.dir}:/tmp`, "bb", "sh", "-c", script);
  const child = board.start(["logs", "-f", "followed"]);
  const [output, errors] = [new Watched(child.stdout), new Watched(child.stderr)];
  await output.seen("first\n");
  expect(output.text).toBe("first\n");
  await Bun.write(board.path("go"), "");
  expect(await output.end()).toBe("first\nlast\n");
  expect(await errors.end()).toBe("end\n");
  expect(await child.exited).toBe(0);
});

test("--tail gives the last lines, -t their times", async () => {
  await ran("long", "seq 1 5000");
  expect(await board.ok("logs", "--tail", "3", "long")).toBe("4998\n4999\n5000\n");
  expect(await board.ok("logs", "-n", "0", "long")).toBe("");
  expect(lines(await board.ok("logs", "-n", "all", "long"))).toHaveLength(5000);
  const timed = lines(await board.ok("logs", "-t", "-n", "2", "long"));
  expect(timed).toEqual([
    expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z 4999$/),
    expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z 5000$/),
  ]);
});

test("rotation keeps the newest output, and never more than its files may hold", async () => {
  const options = ["--log-opt", "max-size=20k", "--log-opt", "max-file=2"];
  const id = await ran("rotated", "seq 100001 130000", ...options);
  const dir = join(board.root, "containers", id);
  const files = readdirSync(dir).filter((name) => name.startsWith("log"));
  expect(files).toHaveLength(2);
  for (const name of files) expect(statSync(join(dir, name)).size).toBeLessThanOrEqual(20 * 1024);
  const kept = lines(await board.ok("logs", "rotated"));
  expect(kept.join("\n").length).toBeGreaterThan(10 * 1024);
  expect(Number(kept.at(-1))).toBe(130_000);
  // The first line may have lost its beginning with an older file; from there on nothing is missing.
  const numbers = kept.slice(1).map(Number);
  expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
});

test("where only one file is kept, the newest output is there", async () => {
  const id = await ran("single", "seq 100001 130000", "--log-opt", "max-size=20k", "--log-opt", "max-file=1");
  const dir = join(board.root, "containers", id);
  expect(readdirSync(dir).filter((name) => name.startsWith("log"))).toEqual(["log"]);
  expect(statSync(join(dir, "log")).size).toBeLessThanOrEqual(20 * 1024);
  expect(await board.ok("logs", "-n", "2", "single")).toBe("129999\n130000\n");
});

test("--log-driver none keeps nothing and says so", async () => {
  const front = await board.bunker("run", "--name", "silent", "--log-driver", "none", "bb", "echo", "shown");
  expect(front).toEqual({ code: 0, out: "shown\n", err: "" });
  const { code, out, err } = await board.bunker("logs", "silent");
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain("--log-driver none");
});
