// `run -t` under a real terminal: what the container sees of it, keys and sizes on their way in, and the client's terminal
// as it was before, however the run ends.

import { afterAll, afterEach, beforeAll, expect } from "bun:test";

import { type Board, EXE, statusOf } from "../helpers/board.ts";
import { testWith } from "../helpers/needs.ts";
import { busyboxBoard } from "../helpers/rootfs.ts";
import { until } from "../helpers/until.ts";

const test = testWith("root", "tool:mksquashfs", "tool:setsid", "file:/bin/busybox", "fs:overlay", "fs:squashfs");
let board: Board;
beforeAll(async () => {
  board = await busyboxBoard();
});
afterEach(() => board.clear());
afterAll(() => board[Symbol.asyncDispose]());

/** A terminal of 100 columns and 30 rows, in which bunker is started. */
class Screen implements AsyncDisposable {
  readonly #decoder = new TextDecoder();
  readonly terminal: Bun.Terminal;
  readonly #before: readonly number[];
  text = "";

  constructor() {
    this.terminal = new Bun.Terminal({
      cols: 100,
      rows: 30,
      data: (_, bytes) => {
        // What the container writes before the client's terminal is raw gets a second carriage return there.
        this.text = (this.text + this.#decoder.decode(bytes, { stream: true })).replaceAll("\r\r\n", "\r\n");
      },
    });
    this.#before = this.settings;
  }

  /** In a session of its own, as after a login: only a session's own terminal tells of its changes. */
  start(...args: readonly string[]): Bun.Subprocess {
    return Bun.spawn(["setsid", "--ctty", EXE, ...args], { env: board.env, cwd: "/", terminal: this.terminal });
  }

  /** Runs a command to its end; what it printed is there then. */
  async run(...args: readonly string[]): Promise<number> {
    const child = this.start(...args);
    await child.exited;
    return statusOf(child);
  }

  async seen(part: string): Promise<void> {
    await until(`${JSON.stringify(part)} on the screen`, () => this.text.includes(part)).catch((cause: unknown) => {
      throw new Error(`the screen shows ${JSON.stringify(this.text)}`, { cause });
    });
  }

  /** Waits for the container's word, and until keys go to it unchanged. */
  async ready(word: string): Promise<void> {
    await this.seen(word);
    await until("the terminal is raw", () => String(this.settings) !== String(this.#before));
  }

  /** The terminal's settings: input, output, control and local flags. */
  get settings(): readonly number[] {
    const { inputFlags, outputFlags, controlFlags, localFlags } = this.terminal;
    return [inputFlags, outputFlags, controlFlags, localFlags];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.terminal.close();
    await board.clear();
  }
}

test("the command has a terminal of its own, as large as the client's, and a console", async () => {
  await using screen = new Screen();
  const script = "tty; stty size; [ -c /dev/console ] && echo console; [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo all";
  expect(await screen.run("run", "--rm", "-it", "bb", "sh", "-c", `${script}; echo error >&2; exit 7`)).toBe(7);
  await screen.seen("error\r\n");
  expect(screen.text).toBe("/dev/pts/0\r\n30 100\r\nconsole\r\nall\r\nerror\r\n");
});

test("what is written to the console appears", async () => {
  await using screen = new Screen();
  expect(await screen.run("run", "--rm", "-it", "bb", "sh", "-c", "echo there >/dev/console")).toBe(0);
  await screen.seen("there\r\n");
});

test("a change of the client's size is followed", async () => {
  await using screen = new Screen();
  const script = "trap 'stty size' WINCH; trap 'exit 3' USR1; echo ready; while :; do sleep 0.02; done";
  const child = screen.start("run", "--rm", "--name", "sized", "-it", "bb", "sh", "-c", script);
  await screen.seen("ready");
  for (const [columns, rows] of [
    [132, 50],
    [40, 12],
  ] as const) {
    screen.terminal.resize(columns, rows);
    await screen.seen(`${rows} ${columns}\r\n`);
  }
  await board.ok("kill", "-s", "USR1", "sized");
  expect(await child.exited).toBe(3);
});

test("Ctrl-C reaches the process in the foreground of the container, and not bunker", async () => {
  await using screen = new Screen();
  const child = screen.start("run", "--rm", "-it", "bb", "sh");
  await screen.ready("# ");
  screen.terminal.write("echo be''gin; sleep 1000; echo status $?\r");
  await screen.seen("begin\r\n");
  screen.terminal.write("\x03");
  await screen.seen("^C");
  screen.terminal.write("\recho st''ill here\r");
  await screen.seen("still here\r\n");
  expect(screen.text).not.toContain("status 0");
  screen.terminal.write("exit 5\r");
  expect(await child.exited).toBe(5);
});

test("a command that traps it decides for itself", async () => {
  await using screen = new Screen();
  const script = "trap 'echo got INT; exit 9' INT; echo ready; while :; do sleep 0.02; done";
  const child = screen.start("run", "--rm", "-it", "bb", "sh", "-c", script);
  await screen.ready("ready");
  screen.terminal.write("\x03");
  await screen.seen("got INT");
  expect(await child.exited).toBe(9);
});

test("Ctrl-D ends the input", async () => {
  await using screen = new Screen();
  const child = screen.start("run", "--rm", "-it", "bb", "sh", "-c", "echo ready; cat; echo end of input");
  await screen.ready("ready");
  screen.terminal.write("typed\r\x04");
  await screen.seen("end of input");
  expect(screen.text).toBe("ready\r\ntyped\r\ntyped\r\nend of input\r\n");
  expect(await child.exited).toBe(0);
});

test("the client's terminal is raw meanwhile, and as before after the end", async () => {
  await using screen = new Screen();
  const before = screen.settings;
  const child = screen.start("run", "--rm", "-it", "bb", "sh", "-c", "echo ready; read line; exit 4");
  await screen.ready("ready");
  expect(screen.settings).not.toEqual(before);
  screen.terminal.write("\r");
  expect(await child.exited).toBe(4);
  expect(screen.settings).toEqual(before);
});

test("it is as before after a start that failed", async () => {
  await using screen = new Screen();
  const before = screen.settings;
  expect(await screen.run("run", "--rm", "-it", "bb", "no-such-command")).toBe(127);
  expect(screen.settings).toEqual(before);
  await screen.seen("execute no-such-command: No such file or directory");
  expect(await screen.run("run", "--rm", "-it", "no-such-image", "true")).toBe(125);
  expect(screen.settings).toEqual(before);
  expect(await screen.run("run", "--rm", "-it", "-w", "/etc/passwd", "bb", "true")).not.toBe(0);
  expect(screen.settings).toEqual(before);
  // Every line begins at the left: none was written while the terminal was raw.
  await screen.seen("/etc/passwd");
  expect(screen.text.replaceAll("\r\n", "")).not.toContain("\n");
});

test("it is as before after the container was killed or stopped from elsewhere", async () => {
  for (const [words, code] of [
    [["kill", "ended"], 137],
    [["stop", "ended"], 143],
    [["rm", "-f", "ended"], 137],
  ] as const) {
    await using screen = new Screen();
    const before = screen.settings;
    const child = screen.start(
      "run",
      "--rm",
      "--init",
      "--name",
      "ended",
      "-it",
      "bb",
      "sh",
      "-c",
      "echo ready; sleep 1000",
    );
    await screen.ready("ready");
    await board.ok(...words);
    expect(await child.exited).toBe(code);
    expect(screen.settings).toEqual(before);
  }
});

test("-t alone takes no input, and needs no terminal", async () => {
  const ran = await board.bunker("run", "--rm", "-t", "bb", "sh", "-c", "tty; stty size");
  expect(ran).toEqual({ code: 0, out: "/dev/pts/0\r\n24 80\r\n", err: "" });
});

test("-it without a terminal is refused and leaves nothing", async () => {
  for (const stdin of ["pipe", "ignore"] as const) {
    const { code, out, err } = await board.with({ stdin }, "run", "--rm", "-it", "bb", "true");
    expect({ code, out }).toEqual({ code: 125, out: "" });
    expect(err).toContain("the input device is not a terminal");
  }
  expect(await board.ids()).toEqual([]);
});

test("in the background, the terminal's output is logged", async () => {
  await board.ok("run", "-d", "-t", "--name", "hidden", "bb", "sh", "-c", "tty; echo error >&2");
  expect(await board.bunker("logs", "-f", "hidden")).toEqual({ code: 0, out: "/dev/pts/0\r\nerror\r\n", err: "" });
});
