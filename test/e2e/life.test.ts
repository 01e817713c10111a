// A container's life as a user sees it: started in the background, listed, looked at, signalled, stopped, removed; and how
// little is left running for it meanwhile.

import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

import { type Board, EXE, lines } from "../helpers/board.ts";
import { processesOf } from "../helpers/leak.ts";
import { testWith } from "../helpers/needs.ts";
import { busyboxBoard } from "../helpers/rootfs.ts";
import { until } from "../helpers/until.ts";

const test = testWith("root", "tool:mksquashfs", "file:/bin/busybox", "fs:overlay", "fs:squashfs");
let board: Board;
beforeAll(async () => {
  board = await busyboxBoard();
});
afterEach(() => board.clear());
afterAll(() => board[Symbol.asyncDispose]());

/** Says what it got, and then ends or does not. */
const TRAPS =
  "trap 'echo got TERM; exit 3' TERM; trap 'echo got USR1; exit 4' USR1; trap 'echo got HUP' HUP; echo ready";
const ENDLESS = "while :; do sleep 0.02; done";

/** Starts a container in the background and waits for its first line. */
async function startReady(name: string, script: string, ...options: readonly string[]): Promise<string> {
  const id = await board.ok("run", "-d", "--name", name, ...options, "bb", "sh", "-c", script);
  await until(`${name} is ready`, async () => (await board.ok("logs", name)).startsWith("ready\n"));
  return id.trim();
}

describe("run -d", () => {
  test("prints the id of 64 digits and returns, although its output is a pipe that the container could hold", async () => {
    const { code, out, err } = await board.bunker("run", "-d", "bb", "sh", "-c", "echo out; echo err >&2; sleep 1000");
    expect(out).toMatch(/^[0-9a-f]{64}\n$/);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const { Id, State } = await board.inspect(out.trim());
    expect(Id).toBe(out.trim());
    expect(State).toMatchObject({ Status: "running", Running: true });
  });

  test("in a command substitution and before a pipe does not hang", async () => {
    const { code, out, err } = await board.shell(
      'id=$(bunker run -d bb sleep 1000 2>&1); echo "${#id}"; bunker run -d bb sleep 1000 | wc -c; bunker ps -q | wc -l',
    );
    expect({ code, out, err }).toEqual({ code: 0, out: "64\n65\n2\n", err: "" });
  });

  test("leaves the monitor, which takes 16 kB, and no other process of bunker's", async () => {
    const script = "for i in 1 2 3 4 5 6; do echo line $i; echo error $i >&2; sleep 0.2; done; echo done; sleep 1000";
    const id = (await board.ok("run", "-d", "--name", "small", "bb", "sh", "-c", script)).trim();
    await until("all lines are there", async () => (await board.ok("logs", "small")).endsWith("done\n"));
    const { MonitorPid } = (await board.inspect(id)).State;
    const status = readFileSync(`/proc/${MonitorPid}/status`, "utf8");
    expect(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1])).toBeLessThanOrEqual(16);
    expect(/^Threads:\s+(\d+)$/m.exec(status)?.[1]).toBe("1");
    const names = processesOf(board.dir).map((process) => process.split(" ")[1]);
    expect(names.filter((name) => name !== "sh" && name !== "sleep")).toEqual(["bunker-monitor"]);
    expect(processesOfExecutable()).toEqual([]);
  });
});

/** Processes of bunker's executable that were started with the board's state directories. */
function processesOfExecutable(): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return (
        readlinkSync(`/proc/${pid}/exe`) === EXE && readFileSync(`/proc/${pid}/environ`, "utf8").includes(board.run)
      );
    } catch {
      return false; // it has ended, or is none
    }
  });
}

describe("names", () => {
  test("one that is taken is refused with 125 and who has it, also when that one has ended", async () => {
    const id = (await board.ok("run", "-d", "--name", "taken", "bb", "sleep", "1000")).trim();
    for (const ended of [false, true]) {
      if (ended) await board.ok("kill", "taken");
      for (const more of [["-d"], ["--rm"], []]) {
        const { code, out, err } = await board.bunker("run", ...more, "--name", "taken", "bb", "true");
        expect(err).toContain(`"taken" is already in use by container ${id.slice(0, 12)}`);
        expect({ code, out }).toEqual({ code: 125, out: "" });
      }
    }
    expect(await board.ids()).toEqual([id]);
    await board.ok("rm", "taken");
    await board.ok("run", "--name", "taken", "bb", "true");
  });

  test("are made up where none is given, and lead to the container", async () => {
    await board.ok("run", "bb", "true");
    await board.ok("run", "bb", "true");
    const names = lines(await board.ok("ps", "-a", "--format", "{{.Names}}"));
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect((await board.inspect(name)).Name).toBe(`/${name}`);
  });
});

describe("ps", () => {
  test("shows what runs; with -a also what has ended, the newest first", async () => {
    await board.bunker("run", "--name", "ended", "-l", "site=north", "bb", "sh", "-c", "exit 7");
    await board.ok("run", "-d", "--name", "lives", "-l", "site=south", "bb", "sleep", "1000");
    const running = lines(await board.ok("ps"));
    expect(running[0]).toMatch(/^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES$/);
    expect(running.slice(1)).toEqual([expect.stringMatching(/^[0-9a-f]{12} +bb +"sleep 1000" +.* ago +Up .* +lives$/)]);
    const all = lines(await board.ok("ps", "-a")).slice(1);
    expect(all).toEqual([expect.stringMatching(/ lives$/), expect.stringMatching(/ Exited \(7\) .* ago .* ended$/)]);
  });

  test("chooses by filters and prints by templates", async () => {
    await board.bunker("run", "--name", "ended", "-l", "site=north", "bb", "sh", "-c", "exit 7");
    const id = (await board.ok("run", "-d", "--name", "lives", "-l", "site=south", "bb", "sleep", "1000")).trim();
    const names = async (...options: readonly string[]) =>
      lines(await board.ok("ps", ...options, "--format", "{{.Names}}"));
    expect(await board.ok("ps", "-q")).toBe(`${id.slice(0, 12)}\n`);
    expect(await board.ok("ps", "-q", "--no-trunc")).toBe(`${id}\n`);
    expect(await names("-f", "status=exited")).toEqual(["ended"]);
    expect(await names("-a", "-f", "label=site=north")).toEqual(["ended"]);
    expect(await names("-a", "-f", "exited=7")).toEqual(["ended"]);
    expect(await names("-a", "-f", `id=${id.slice(0, 6)}`)).toEqual(["lives"]);
    expect(await names("-a", "-f", "name=live", "-f", "name=ende")).toEqual(["lives", "ended"]);
    expect(await names("-f", "name=live", "-f", "label=site=north")).toEqual([]);
    expect(await names("-l")).toEqual(["lives"]);
    const template = "{{.ID}}\\t{{.Image}} {{.State}}: {{.Labels}}";
    expect(await board.ok("ps", "--format", template)).toBe(`${id.slice(0, 12)}\tbb running: site=south\n`);
    const rows = lines(await board.ok("ps", "-a", "--format", "json")).map((line) => JSON.parse(line) as unknown);
    expect(rows).toMatchObject([
      { ID: id.slice(0, 12), Names: "lives", State: "running" },
      { Names: "ended", State: "exited" },
    ]);
    const { code, err } = await board.bunker("ps", "--format", "{{.Nmaes}}");
    expect(err).toContain("Nmaes");
    expect(code).not.toBe(0);
  });
});

describe("stop", () => {
  test("asks with SIGTERM and lets the container end in its own way", async () => {
    await startReady("polite", `${TRAPS}; ${ENDLESS}`);
    expect(await board.ok("stop", "polite")).toBe("polite\n");
    expect((await board.inspect("polite")).State).toMatchObject({ Status: "exited", ExitCode: 3, Pid: 0 });
    expect(await board.ok("logs", "polite")).toBe("ready\ngot TERM\n");
    expect(await board.ok("stop", "polite")).toBe("polite\n");
  });

  test("kills what does not end in time", async () => {
    await startReady("stubborn", `trap 'echo no' TERM; echo ready; ${ENDLESS}`);
    await board.ok("stop", "-t", "1", "stubborn");
    expect((await board.inspect("stubborn")).State).toMatchObject({ ExitCode: 137, OOMKilled: false });
    expect(await board.ok("logs", "stubborn")).toBe("ready\nno\n");
  });

  test("-t 0 does not ask; --stop-timeout and --stop-signal of the run are the default", async () => {
    await startReady("a0", `${TRAPS}; ${ENDLESS}`);
    await board.ok("stop", "-t", "0", "a0");
    expect((await board.inspect("a0")).State.ExitCode).toBe(137);
    expect(await board.ok("logs", "a0")).toBe("ready\n");
    await startReady("a1", `${TRAPS}; ${ENDLESS}`, "--stop-timeout", "1", "--stop-signal", "HUP");
    await board.ok("stop", "a1");
    expect((await board.inspect("a1")).State.ExitCode).toBe(137);
    expect(await board.ok("logs", "a1")).toBe("ready\ngot HUP\n");
    await startReady("a2", `${TRAPS}; ${ENDLESS}`, "--stop-signal", "USR1");
    await board.ok("stop", "a2");
    expect((await board.inspect("a2")).State.ExitCode).toBe(4);
    await startReady("a3", `${TRAPS}; ${ENDLESS}`, "--stop-signal", "HUP");
    await board.ok("stop", "-s", "SIGTERM", "a3");
    expect((await board.inspect("a3")).State.ExitCode).toBe(3);
  });

  test("stops several, goes on after one that is not there, and says so", async () => {
    await board.ok("run", "-d", "--init", "--name", "one", "bb", "sleep", "1000");
    await board.ok("run", "-d", "--init", "--name", "two", "bb", "sleep", "1000");
    const { code, out, err } = await board.bunker("stop", "one", "nobody", "two");
    expect({ code, out }).toEqual({ code: 1, out: "one\ntwo\n" });
    expect(err).toContain("no such container: nobody");
    expect(await board.ok("ps", "-q")).toBe("");
  });
});

describe("kill", () => {
  test("kills by default, all processes of the container", async () => {
    await startReady("many", "sleep 1000 & setsid sleep 1000 & echo ready; sleep 1000");
    const { Pid } = (await board.inspect("many")).State;
    expect(await board.ok("kill", "many")).toBe("many\n");
    expect((await board.inspect("many")).State).toMatchObject({ Status: "exited", ExitCode: 137 });
    expect(existsSync(`/proc/${Pid}`)).toBe(false);
    expect(processesOf(board.dir)).toEqual([]);
  });

  test("sends any signal, by name or number", async () => {
    await startReady("signalled", `${TRAPS}; ${ENDLESS}`);
    await board.ok("kill", "-s", "SIGHUP", "signalled");
    await until("HUP arrives", async () => (await board.ok("logs", "signalled")).includes("got HUP"));
    await board.ok("kill", "--signal", "10", "signalled");
    await until("it ends", async () => !(await board.inspect("signalled")).State.Running);
    expect((await board.inspect("signalled")).State.ExitCode).toBe(4);
  });

  test("refuses what does not run, is not there, or is no signal", async () => {
    await board.ok("run", "--name", "over", "bb", "true");
    expect(await board.bunker("kill", "over")).toMatchObject({
      code: 1,
      err: expect.stringContaining("it is not running"),
    });
    expect(await board.bunker("kill", "nobody")).toMatchObject({ code: 1, err: expect.stringContaining("nobody") });
    const { code, err } = await board.bunker("kill", "-s", "FOO", "over");
    expect(err).toContain('"FOO" for --signal');
    expect(code).not.toBe(0);
  });
});

describe("rm", () => {
  test("refuses a running container, unless forced", async () => {
    const id = (await board.ok("run", "-d", "--name", "alive", "bb", "sleep", "1000")).trim();
    const refused = await board.bunker("rm", "alive");
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toContain("it is running");
    expect((await board.inspect("alive")).State.Running).toBe(true);
    expect(await board.ok("rm", "-f", id.slice(0, 12))).toBe(`${id.slice(0, 12)}\n`);
    expect(await board.ids()).toEqual([]);
  });

  test("of one that is not there is an error, unless forced", async () => {
    await board.ok("run", "--name", "over", "bb", "true");
    const { code, out, err } = await board.bunker("rm", "nobody", "over");
    expect({ code, out }).toEqual({ code: 1, out: "over\n" });
    expect(err).toContain("no such container: nobody");
    expect((await board.bunker("rm", "-f", "nobody")).code).toBe(0);
  });
});

describe("inspect", () => {
  test("has Docker's shape", async () => {
    const words = ["-m", "32m", "--pids-limit", "9", "-e", "A=b c", "-w", "/tmp", "-l", "x=y", "--hostname", "here"];
    const id = (await board.ok("run", "-d", "--name", "known", ...words, "bb", "sleep", "1000")).trim();
    const found = await board.inspect("known");
    expect(found).toMatchObject({
      Id: id,
      Name: "/known",
      Path: "sleep",
      Args: ["1000"],
      State: { Status: "running", Running: true, ExitCode: 0, FinishedAt: "0001-01-01T00:00:00Z" },
      HostConfig: { Memory: 32 * 1024 * 1024, PidsLimit: 9, NetworkMode: "none", AutoRemove: false },
      Config: { Image: "bb", Hostname: "here", WorkingDir: "/tmp", Labels: { x: "y" }, StopSignal: "SIGTERM" },
    });
    expect(found.Config["Env"]).toContain("A=b c");
    expect(readFileSync(`/proc/${found.State.Pid}/comm`, "utf8")).toBe("sleep\n");
    expect(await board.ok("inspect", "--format", "{{.State.Pid}}", "known")).toBe(`${found.State.Pid}\n`);
    expect(await board.ok("inspect", "-f", '{{index .Config.Labels "x"}} {{json .Args}}', id)).toBe('y ["1000"]\n');
  });

  test("of what is not there prints an empty list and fails", async () => {
    const { code, out, err } = await board.bunker("inspect", "nobody");
    expect({ code, out }).toEqual({ code: 1, out: "[]\n" });
    expect(err).toContain("nobody");
  });
});
