// How a foreground run ends: with the container's status, or with one of bunker's own and a message that says why; and
// the signals that it passes on meanwhile.

import { afterAll, beforeAll, describe, expect } from "bun:test";

import { type Board, finished, statusOf, Watched } from "../helpers/board.ts";
import { testWith } from "../helpers/needs.ts";
import { busyboxBoard } from "../helpers/rootfs.ts";

const test = testWith("root", "tool:mksquashfs", "file:/bin/busybox", "fs:overlay", "fs:squashfs");
let board: Board;
beforeAll(async () => {
  board = await busyboxBoard();
});
afterAll(() => board[Symbol.asyncDispose]());

describe("the container's own status", () => {
  test("0, 7 and 255", async () => {
    for (const code of [0, 7, 255]) {
      expect((await board.bunker("run", "--rm", "bb", "sh", "-c", `exit ${code}`)).code).toBe(code);
    }
  });

  test("128 and the signal, of a process below an init", async () => {
    for (const [signal, code] of [
      ["KILL", 137],
      ["TERM", 143],
      ["SEGV", 139],
    ] as const) {
      const ran = await board.bunker("run", "--rm", "--init", "bb", "sh", "-c", `kill -${signal} $$`);
      expect(ran.code).toBe(code);
    }
  });

  test("137 of one that bunker kill ended", async () => {
    const child = board.start(["run", "--name", "killed", "bb", "sh", "-c", "echo ready; sleep 1000"]);
    await new Watched(child.stdout).seen("ready");
    expect(await board.ok("kill", "killed")).toBe("killed\n");
    expect(await child.exited).toBe(137);
    expect((await board.inspect("killed")).State).toMatchObject({ Status: "exited", ExitCode: 137, OOMKilled: false });
    await board.ok("rm", "killed");
  });
});

describe("a command that cannot be started leaves nothing behind", () => {
  const cases: readonly (readonly [command: string, code: number, says: string])[] = [
    ["no-such-command", 127, "execute no-such-command: No such file or directory"],
    ["/no/such/path", 127, "execute /no/such/path: No such file or directory"],
    ["/bin/busybox/x", 127, "execute /bin/busybox/x: Not a directory"],
    ["lost-interpreter", 127, "execute lost-interpreter: No such file or directory"],
    ["plain-file", 126, "execute plain-file: Permission denied"],
    ["/bin/plain-file", 126, "execute /bin/plain-file: Permission denied"],
    ["/etc", 126, "execute /etc: Permission denied"],
    ["no-program", 126, "execute no-program: Exec format error"],
  ];
  for (const [command, code, says] of cases) {
    test(`${command}: ${code}`, async () => {
      for (const more of [[], ["-d"], ["--rm"]]) {
        const ran = await board.bunker("run", "--name", "unstarted", ...more, "bb", command);
        expect(ran.err).toContain(says);
        expect({ code: ran.code, out: ran.out }).toEqual({ code, out: "" });
        expect(await board.ids()).toEqual([]);
      }
      // An init has started then: the container has run, and has ended.
      const ran = await board.bunker("run", "--name", "unstarted", "--init", "bb", command);
      expect(ran.err).toContain(command);
      expect({ code: ran.code, out: ran.out }).toEqual({ code, out: "" });
      await board.clear();
    });
  }

  test("a working directory that is a file: 125, or Docker's 126 or 127", async () => {
    const { code, err } = await board.bunker("run", "-w", "/etc/passwd", "bb", "true");
    expect(err).toContain("/etc/passwd: Not a directory (ENOTDIR)");
    expect([125, 126, 127]).toContain(code);
    await board.clear();
  });
});

describe("bunker's own errors end with 125", () => {
  const cases: readonly (readonly [name: string, words: readonly string[], says: string])[] = [
    ["an unknown option", ["--no-such-option", "bb"], "--no-such-option"],
    ["no image", [], "IMAGE"],
    ["an image that is not there", ["no-such-image", "true"], "no-such-image"],
    ["a size that is none", ["-m", "12q", "bb", "true"], 'invalid value "12q" for --memory: expected'],
    ["a number that is none", ["--cpus", "many", "bb", "true"], 'invalid value "many" for --cpus: expected'],
    ["too little memory", ["-m", "1m", "bb", "true"], "--memory"],
    ["more processors than there are", ["--cpuset-cpus", "5000", "bb", "true"], "5000"],
    ["a name that is none", ["--name", "../up", "bb", "true"], '"../up" for --name'],
    ["a user who is not there", ["-u", "nobody-here", "bb", "true"], "nobody-here"],
    ["a device that is not there", ["--device", "/dev/no-such", "bb", "true"], "/dev/no-such: no such device"],
    ["a mount source that is not there", ["--mount", "type=bind,source=/no/such,target=/x", "bb", "true"], "/no/such"],
    ["an env-file that is not there", ["--env-file", "/no/such", "bb", "true"], "/no/such"],
    ["a capability that there is not", ["--cap-add", "FLY", "bb", "true"], '"FLY" for --cap-add'],
    ["a sysctl of the host's", ["--sysctl", "kernel.panic=1", "bb", "true"], "kernel.panic"],
    ["-t with input from a pipe", ["-it", "bb", "true"], "not a terminal"],
  ];
  for (const [name, words, says] of cases) {
    test(name, async () => {
      const { code, out, err } = await board.with({ stdin: "pipe" }, "run", ...words);
      expect(err).toContain(says);
      expect(err).toStartWith("bunker: ");
      expect({ code, out }).toEqual({ code: 125, out: "" });
      await board.clear();
    });
  }

  test("an unknown verb is explained with the one that was meant", async () => {
    const { code, err } = await board.bunker("rnu", "bb");
    expect(err).toContain("did you mean 'run'?");
    expect(code).not.toBe(0);
  });
});

describe("signals of the foreground", () => {
  const trapping = (names: readonly string[]) =>
    `${names.map((name) => `trap 'echo got ${name}; exit 42' ${name}`).join("\n")}\necho ready; while :; do sleep 0.05; done`;

  for (const name of ["TERM", "INT", "HUP", "QUIT", "USR1", "USR2"] as const) {
    test(`SIG${name} reaches the command`, async () => {
      const child = board.start(["run", "--rm", "bb", "sh", "-c", trapping([name])]);
      const output = new Watched(child.stdout);
      await output.seen("ready");
      child.kill(`SIG${name}`);
      expect(await output.end()).toBe(`ready\ngot ${name}\n`);
      expect(await child.exited).toBe(42);
    });
  }

  test("through an init, which ends with the command's status", async () => {
    const child = board.start(["run", "--rm", "--init", "bb", "sh", "-c", trapping(["TERM"])]);
    const output = new Watched(child.stdout);
    await output.seen("ready");
    child.kill("SIGTERM");
    expect(await output.end()).toBe("ready\ngot TERM\n");
    expect(await child.exited).toBe(42);
  });

  test("without a handler, a command below an init dies of it", async () => {
    const child = board.start(["run", "--rm", "--init", "bb", "sh", "-c", "echo ready; exec sleep 1000"]);
    await new Watched(child.stdout).seen("ready");
    child.kill("SIGTERM");
    expect(await child.exited).toBe(143);
  });

  test("many in a row all arrive", async () => {
    const script = "n=0; trap 'n=$((n+1)); echo $n' USR1; trap 'exit 0' TERM; echo ready; while :; do sleep 0.02; done";
    const child = board.start(["run", "--rm", "bb", "sh", "-c", script]);
    const output = new Watched(child.stdout);
    await output.seen("ready\n");
    for (let n = 1; n <= 10; n++) {
      child.kill("SIGUSR1");
      await output.seen(`\n${n}\n`);
    }
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
  });

  test("one that comes while the container is being made does not get lost in a half-made state", async () => {
    const child = board.start(["run", "--rm", "--init", "bb", "sleep", "1000"]);
    child.kill("SIGTERM");
    const { code } = await finished(child, "run, terminated at once");
    expect(code).toBe(143);
    expect(statusOf(child)).toBe(143);
    await board.clear();
  });
});
