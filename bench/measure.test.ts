// Who has turns and when, what is left out, and that a stopwatch survives commands that fail. How long anything takes is
// not asked here.

import { describe, expect, test } from "bun:test";

import { type Contender, generator, shuffled, Stopwatch, summarize, takeTurns } from "./measure.ts";

const PACE = { rounds: 4, warmups: 2, pauseMilliseconds: 0 };

function counting(name: string, log: string[], optional = false): Contender {
  return {
    name,
    optional,
    turn: async (round) => {
      log.push(`${name}${round}`);
      return { [name]: round };
    },
  };
}

describe("taking turns", () => {
  test("everybody has one turn a round, and what warms up does not count", async () => {
    const log: string[] = [];
    const { times, absent } = await takeTurns(
      ["a", "b", "c"].map((name) => counting(name, log)),
      PACE,
    );
    expect([...times]).toEqual([
      ["a", [0, 1, 2, 3]],
      ["b", [0, 1, 2, 3]],
      ["c", [0, 1, 2, 3]],
    ]);
    expect(absent).toEqual([]);
    expect(log.length).toBe(3 * 6);
    for (let round = 0; round < 6; round++) {
      const turns = log.slice(round * 3, round * 3 + 3).toSorted();
      expect(turns).toEqual(["a", "b", "c"].map((name) => `${name}${round - 2}`));
    }
  });

  test("the order differs from round to round, and is the same in the next run", async () => {
    const orders = async () => {
      const log: string[] = [];
      await takeTurns(
        ["a", "b", "c"].map((name) => counting(name, log)),
        { ...PACE, rounds: 20 },
      );
      return log.map((turn) => turn[0]).join("");
    };
    const first = await orders();
    expect(await orders()).toBe(first);
    expect(new Set(first.match(/.../g)).size).toBeGreaterThan(3);
  });

  test("a peer that fails is left out with what it said, with all of its times", async () => {
    const peer: Contender = {
      name: "peer",
      optional: true,
      turn: async (round) => {
        if (round === 2) throw new Error("no such device");
        return { "peer start": 1, "peer stop": 2 };
      },
    };
    const { times, absent } = await takeTurns([counting("a", []), peer], PACE);
    expect([...times.keys()]).toEqual(["a"]);
    expect(absent).toEqual([{ name: "peer", why: "no such device" }]);
  });

  test("bunker itself must not fail", async () => {
    const broken: Contender = { name: "bunker", optional: false, turn: () => Promise.reject(new Error("broken")) };
    await expect(takeTurns([broken], PACE)).rejects.toThrow("broken");
  });

  test("an interrupt ends it between two turns", async () => {
    const log: string[] = [];
    const check = () => {
      if (log.length === 3) throw new Error("interrupted");
    };
    await expect(takeTurns([counting("a", log)], { ...PACE, check })).rejects.toThrow("interrupted");
    expect(log).toEqual(["a-2", "a-1", "a0"]);
  });
});

describe("the stopwatch", () => {
  test("says how a command went, and goes on after one that fails", async () => {
    const dir = `${process.env["TMPDIR"] ?? "/tmp"}/stopwatch-test-${process.pid}`;
    Bun.spawnSync(["mkdir", "-p", dir]);
    const stopwatch = new Stopwatch(dir);
    try {
      const env = { PATH: "/usr/bin:/bin", WORD: "a b" };
      const failing = await stopwatch.time({ argv: ["sh", "-c", 'echo "$WORD"; echo no >&2; exit 3'], env });
      expect(failing).toMatchObject({ exitCode: 3, stdout: "a b\n", stderr: "no\n" });
      expect(failing.milliseconds).toBeGreaterThan(0);
      const short = await stopwatch.must({ argv: ["echo", "x\ny"], env });
      expect(short).toMatchObject({ exitCode: 0, stdout: "x\ny\n", stderr: "" });
      await expect(stopwatch.must({ argv: ["sh", "-c", "echo why >&2; exit 1"], env })).rejects.toThrow(
        "ended with 1: why",
      );
    } finally {
      await stopwatch.end();
      Bun.spawnSync(["rm", "-r", dir]);
    }
  });

  test("that could not start says so", async () => {
    const stopwatch = new Stopwatch("/nonexistent", ["false"]);
    const command = { argv: ["true"], env: {} };
    await expect(stopwatch.time(command)).rejects.toThrow("cannot time true: the stopwatch has ended");
    await stopwatch.end();
  });
});

test("a summary is the middle and the least", () => {
  expect(summarize([])).toBeUndefined();
  expect(summarize([7])).toEqual({ count: 1, median: 7, min: 7 });
  expect(summarize([10, 9, 100])).toEqual({ count: 3, median: 10, min: 9 });
  expect(summarize([4, 1, 3, 2])).toEqual({ count: 4, median: 2.5, min: 1 });
});

test("shuffling keeps everything", () => {
  const random = generator(7);
  const things = Array.from({ length: 50 }, (_, index) => index);
  const order = shuffled(things, random);
  expect(order).not.toEqual(things);
  expect(order.toSorted((a, b) => a - b)).toEqual(things);
  expect(shuffled([], random)).toEqual([]);
});
