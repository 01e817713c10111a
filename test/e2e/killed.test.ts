// Nothing half-done stays, whatever is killed and whenever: the front of a foreground run, the monitor, and the command
// line at random moments of run, stop and rm. Afterwards the next command finds a consistent state, and removing what is
// listed leaves nothing.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";

import { type Board, Watched } from "../helpers/board.ts";
import { testWith } from "../helpers/needs.ts";
import { busyboxBoard } from "../helpers/rootfs.ts";
import { until } from "../helpers/until.ts";
import { generator } from "../squashfs/trees.ts";

const test = testWith("root", "tool:mksquashfs", "file:/bin/busybox", "fs:overlay", "fs:squashfs");
let board: Board;
beforeAll(async () => {
  board = await busyboxBoard();
});
afterAll(() => board[Symbol.asyncDispose]());

/** Nobody may have asked a dead one's status yet. */
function alive(pid: number): boolean {
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8") : ") Z";
  return !stat.slice(stat.lastIndexOf(")")).startsWith(") Z");
}

describe("SIGKILL of the front", () => {
  test("the container goes on, is listed, logs, and stops", async () => {
    const script =
      "trap 'echo stopping; exit 4' TERM; echo ready; n=0; while :; do n=$((n+1)); echo $n; sleep 0.05; done";
    const child = board.start(["run", "--name", "frontless", "bb", "sh", "-c", script]);
    await new Watched(child.stdout).seen("ready");
    child.kill("SIGKILL");
    await child.exited;
    const before = (await board.ok("logs", "frontless")).length;
    await until("more output", async () => (await board.ok("logs", "frontless")).length > before + 10);
    expect(await board.ok("ps", "--filter", "name=frontless")).toContain("Up ");
    await board.ok("stop", "frontless");
    expect((await board.inspect("frontless")).State).toMatchObject({ Status: "exited", ExitCode: 4 });
    expect(await board.ok("logs", "-n", "1", "frontless")).toBe("stopping\n");
    await board.ok("rm", "frontless");
    await board.clear();
  });

  test("its streams are let go of, so that whoever reads them sees their end", async () => {
    const child = board.start(["run", "-d", "-i", "--name", "held", "bb", "sleep", "1000"]);
    expect(await child.stdout.text()).toMatch(/^[0-9a-f]{64}\n$/);
    const front = board.start(["run", "-i", "--name", "held2", "bb", "sh", "-c", "echo ready; exec sleep 1000"]);
    const output = new Watched(front.stdout);
    await output.seen("ready");
    front.kill("SIGKILL");
    expect(await output.end()).toBe("ready\n");
    expect((await board.inspect("held2")).State.Running).toBe(true);
    await board.clear();
  });

  test("with --rm, the container still removes itself at its end", async () => {
    const child = board.start(["run", "--rm", "--name", "brief", "bb", "sh", "-c", "echo ready; exec sleep 1000"]);
    await new Watched(child.stdout).seen("ready");
    child.kill("SIGKILL");
    await child.exited;
    await board.ok("stop", "-t", "0", "brief");
    await until("the container is gone", async () => (await board.ids()).length === 0);
    await board.clear();
  });
});

test("rm -f removes a container whose client does not read what it said", async () => {
  const child = board.start(["run", "--name", "unheard", "bb", "sh", "-c", "yes | head -c 5000000"]);
  await until("it has started", async () => (await board.bunker("inspect", "unheard")).code === 0);
  await board.ok("rm", "-f", "unheard");
  expect(await child.exited).toBe(137);
  await board.clear();
});

describe("SIGKILL of the monitor", () => {
  for (const more of [[], ["--init"], ["--privileged"], ["-u", "1000"]]) {
    test(`the container dies with it (${more.join(" ") || "plain"})`, async () => {
      await board.ok("run", "-d", "--name", "orphan", ...more, "bb", "sh", "-c", "sleep 1000 & sleep 1000");
      const { Pid, MonitorPid } = (await board.inspect("orphan")).State;
      process.kill(MonitorPid, "SIGKILL");
      await until("init is gone", () => !alive(Pid));
      expect((await board.inspect("orphan")).State).toMatchObject({ Status: "dead", Dead: true, Running: false });
      expect(await board.ok("ps", "-a")).toContain("Dead");
      await board.ok("rm", "orphan");
      await board.clear();
    });
  }

  test("the next command sweeps its groups, and a foreground run ends", async () => {
    const child = board.start(["run", "--name", "orphan", "bb", "sh", "-c", "echo ready; exec sleep 1000"]);
    await new Watched(child.stdout).seen("ready");
    const { Id: id, State } = await board.inspect("orphan");
    process.kill(State.MonitorPid, "SIGKILL");
    expect(await child.exited).toBe(137);
    expect((await board.bunker("kill", "orphan")).code).toBe(1);
    expect(() => board.groupFile(id, "cgroup.procs")).toThrow("has no cgroup.procs");
    await board.ok("rm", "orphan");
    await board.clear();
  });

  test("with --rm, the next command removes the rest", async () => {
    await board.ok("run", "-d", "--rm", "--name", "orphan", "bb", "sleep", "1000");
    const { MonitorPid, Pid } = (await board.inspect("orphan")).State;
    process.kill(MonitorPid, "SIGKILL");
    await until("init is gone", () => !alive(Pid));
    await board.ok("run", "--rm", "--name", "orphan", "bb", "true");
    expect(await board.ids()).toEqual([]);
    await board.clear();
  });

  test("starting again under its name after rm", async () => {
    await board.ok("run", "-d", "--name", "orphan", "bb", "sleep", "1000");
    process.kill((await board.inspect("orphan")).State.MonitorPid, "SIGKILL");
    await board.ok("rm", "-f", "orphan");
    await board.ok("run", "--rm", "--name", "orphan", "bb", "true");
    await board.clear();
  });
});

/** Starts a command and kills it after a while that the seed decides; most of them are still at it then. */
async function killedAfter(words: readonly string[], delay: number): Promise<void> {
  const child = board.start(words);
  await Bun.sleep(delay);
  child.kill("SIGKILL");
  await child.exited;
}

/** Whatever happened: what is listed can be looked at, and is in a state that it can be in. */
async function expectConsistent(): Promise<void> {
  for (const id of await board.ids()) {
    const { Id, State } = await board.inspect(id);
    expect(Id).toBe(id);
    expect(["running", "exited", "dead", "created"]).toContain(State.Status);
    if (State.Status === "running") expect(alive(State.Pid)).toBe(true);
  }
}

const ROUNDS = 40;
/** A start takes about this long, milliseconds; the delays are spread over it. */
const START = 35;

describe("SIGKILL of the command line at any moment", () => {
  for (const [name, more] of [
    ["run -d", ["-d"]],
    ["run -d --rm", ["-d", "--rm"]],
    ["run", []],
    ["run --rm", ["--rm"]],
    ["run with caps and --init", ["-d", "--init", "-m", "32m", "--pids-limit", "10", "--cpus", "0.5"]],
  ] as const) {
    test(`of ${name}`, async () => {
      const random = generator(name.length);
      for (let round = 0; round < ROUNDS / 2; round++) {
        await killedAfter(["run", ...more, "--name", "same", "bb", "sleep", "1000"], random(START * 10) / 10);
        if (round % 5 === 4) await expectConsistent();
        // Taken or free, the name belongs to one container or to none.
        await board.ok("rm", "-f", "same");
      }
      await expectConsistent();
      await board.clear();
    });
  }

  test("of short runs, one after the other", async () => {
    const random = generator(11);
    for (let round = 0; round < ROUNDS; round++) {
      await killedAfter(["run", "--rm", "bb", "true"], random(START * 10) / 10);
    }
    await until("they have all ended", async () => !(await board.ok("ps", "-q")));
    await board.bunker("rm", "-f", "nothing");
    expect(await board.ids()).toEqual([]);
    await board.clear();
  });

  test("of many at once", async () => {
    const random = generator(12);
    for (let round = 0; round < 4; round++) {
      await Promise.all(
        Array.from({ length: 6 }, () => killedAfter(["run", "-d", "bb", "sleep", "1000"], random(START * 20) / 10)),
      );
      await expectConsistent();
    }
    await board.clear();
  });

  test("of stop", async () => {
    const random = generator(13);
    for (let round = 0; round < ROUNDS / 4; round++) {
      await board.ok("run", "-d", "--name", "same", "--init", "bb", "sleep", "1000");
      await killedAfter(["stop", "-t", "1", "same"], random(150) / 10);
      await expectConsistent();
      await board.ok("stop", "-t", "1", "same");
      expect((await board.inspect("same")).State).toMatchObject({ Status: "exited", ExitCode: 143 });
      await board.ok("rm", "same");
    }
    await board.clear();
  });

  test("of rm -f", async () => {
    const random = generator(14);
    for (let round = 0; round < ROUNDS / 2; round++) {
      await board.ok(
        "run",
        "-d",
        "--name",
        "same",
        "bb",
        "sh",
        "-c",
        "mkdir -p /data/a/b; seq 1 100 >/data/a/b/c; sleep 1000",
      );
      await killedAfter(["rm", "-f", "same"], random(200) / 10);
      await expectConsistent();
      await board.ok("rm", "-f", "same");
      await board.ok("run", "--rm", "--name", "same", "bb", "true");
    }
    await board.clear();
  });
});
