// A foreground container's streams: what goes in comes in, what comes out goes out, byte for byte, as with a program that
// the shell had started itself.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { writeFileSync } from "node:fs";

import { type Board, Watched } from "../helpers/board.ts";
import { testWith } from "../helpers/needs.ts";
import { busyboxBoard } from "../helpers/rootfs.ts";
import { until } from "../helpers/until.ts";
import { generator, noise } from "../squashfs/trees.ts";

const test = testWith("root", "tool:mksquashfs", "file:/bin/busybox", "fs:overlay", "fs:squashfs");
let board: Board;
beforeAll(async () => {
  board = await busyboxBoard();
});
afterAll(() => board[Symbol.asyncDispose]());

const sha256 = (bytes: Uint8Array) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

describe("input and output", () => {
  test("every byte value goes through, in both directions", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
    const child = board.start(["run", "--rm", "-i", "bb", "cat"], { stdin: bytes });
    expect(await child.stdout.bytes()).toEqual(bytes);
    expect(await child.exited).toBe(0);
  });

  test("50 MB from a file through the container into a file", async () => {
    const bytes = noise(1, 50_000_000);
    writeFileSync(board.path("in"), bytes);
    const { code, out } = await board.shell(
      `bunker run --rm -i --log-driver none bb cat < ${board.path("in")} > ${board.path("out")}; code=$?
       sha256sum < ${board.path("out")}; exit $code`,
    );
    expect(out).toStartWith(sha256(bytes));
    expect(code).toBe(0);
  });

  test("50 MB of output, while the log is kept too", async () => {
    const { code, out } = await board.shell(
      `bunker run --rm bb sh -c 'yes 0123456789abcde | head -c 50000000' | sha256sum; exit \${PIPESTATUS[0]}`,
    );
    const bytes = Buffer.alloc(50_000_000, "0123456789abcde\n");
    expect(out).toStartWith(sha256(bytes));
    expect(code).toBe(0);
  });

  test("through pipes on both sides", async () => {
    const bytes = noise(2, 3_000_000);
    writeFileSync(board.path("in"), bytes);
    const { out } = await board.shell(`cat ${board.path("in")} | bunker run --rm -i bb cat | sha256sum`);
    expect(out).toStartWith(sha256(bytes));
  });

  test("standard output and error stay apart, each in its order", async () => {
    const script = "i=0; while [ $i -lt 3000 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done";
    const { code, out, err } = await board.bunker("run", "--rm", "bb", "sh", "-c", script);
    const numbered = (letter: string) => Array.from({ length: 3000 }, (_, n) => `${letter}${n}\n`).join("");
    expect(out).toBe(numbered("o"));
    expect(err).toBe(numbered("e"));
    expect(code).toBe(0);
  });

  test("nothing is added to an output without a line's end", async () => {
    expect(await board.bunker("run", "--rm", "bb", "printf", "abc")).toEqual({ code: 0, out: "abc", err: "" });
    expect(await board.bunker("run", "--rm", "bb", "true")).toEqual({ code: 0, out: "", err: "" });
  });

  test("the end of the input is passed on, and output after it arrives", async () => {
    const child = board.start(["run", "--rm", "-i", "bb", "sh", "-c", "cat; echo after; exit 3"], { stdin: "pipe" });
    const output = new Watched(child.stdout);
    const input = child.stdin as Bun.FileSink;
    input.write("first\n");
    await input.flush();
    await output.seen("first\n");
    await input.end();
    expect(await output.end()).toBe("first\nafter\n");
    expect(await child.exited).toBe(3);
  });

  test("a container that reads nothing ends while its client still has something to say", async () => {
    const child = board.start(["run", "--rm", "-i", "bb", "true"], { stdin: "pipe" });
    expect(await child.exited).toBe(0);
  });

  test("more input than anybody reads does not hold up the end", async () => {
    const { code, out } = await board.shell("yes | bunker run --rm -i bb head -c 4");
    expect({ code, out }).toEqual({ code: 0, out: "y\ny\n" });
  });

  test("without -i the container's input is empty", async () => {
    expect(await board.shell("echo words | bunker run --rm bb cat")).toEqual({ code: 0, out: "", err: "" });
  });

  test("what bunker does not read stays for the next command of the shell", async () => {
    const { out } = await board.shell("printf 'one\\ntwo\\n' | { bunker run --rm bb true; cat; }");
    expect(out).toBe("one\ntwo\n");
  });

  test("a closed standard input, output or error", async () => {
    const { code, out, err } = await board.shell(
      "bunker run --rm -i bb sh -c 'cat; echo in' <&-; bunker run --rm bb echo out >&-; bunker run --rm bb sh -c 'echo e >&2; echo x' 2>&-",
    );
    expect({ code, out, err }).toEqual({ code: 0, out: "in\nx\n", err: "" });
  });
});

describe("readers", () => {
  test("a slow one gets everything", async () => {
    const random = generator(7);
    const child = board.start(["run", "--rm", "bb", "sh", "-c", "yes 0123456789abcde | head -c 2000000"]);
    const hash = new Bun.CryptoHasher("sha256");
    let chunks = 0;
    for await (const chunk of child.stdout) {
      hash.update(chunk);
      if (chunks++ % 8 === 0) await Bun.sleep(random(20));
    }
    expect(hash.digest("hex")).toBe(sha256(Buffer.alloc(2_000_000, "0123456789abcde\n")));
    expect(await child.exited).toBe(0);
  });

  test("one that stops early ends the client as SIGPIPE does, and the container goes on", async () => {
    const { code, out } = await board.shell(
      "bunker run --name early bb sh -c 'seq 1 200000; exit 6' | head -n 1; exit ${PIPESTATUS[0]}",
    );
    expect({ code, out }).toEqual({ code: 141, out: "1\n" });
    await until("its end", async () => (await board.inspect("early")).State.Status === "exited");
    expect((await board.inspect("early")).State.ExitCode).toBe(6);
    const { out: logged } = await board.bunker("logs", "-n", "1", "early");
    expect(logged).toBe("200000\n");
    await board.ok("rm", "early");
  });

  test("a pipeline whose reader has seen enough of an endless output ends", async () => {
    const { out } = await board.shell("bunker run --name endless bb yes | head -n 2");
    expect(out).toBe("y\ny\n");
    await board.ok("rm", "-f", "endless");
  });
});

describe("the streams' names inside", () => {
  const script = "echo a >/dev/stdout; echo b >/dev/stderr; echo c >/proc/self/fd/1; echo d >>/dev/fd/2";

  test("/dev/stdout and /dev/stderr can be opened", async () => {
    expect(await board.bunker("run", "--rm", "bb", "sh", "-c", script)).toEqual({
      code: 0,
      out: "a\nc\n",
      err: "b\nd\n",
    });
  });

  test("also by a user who is not root", async () => {
    const ran = await board.bunker("run", "--rm", "-u", "1000", "bb", "sh", "-c", script);
    expect(ran).toEqual({ code: 0, out: "a\nc\n", err: "b\nd\n" });
  });

  test("/dev/stdin can be opened, also by another user", async () => {
    for (const user of ["0", "1000"]) {
      const words = ["run", "--rm", "-i", "-u", user, "bb", "sh", "-c", "cat </dev/stdin"];
      expect(await board.with({ stdin: Buffer.from("words\n") }, ...words)).toEqual({
        code: 0,
        out: "words\n",
        err: "",
      });
    }
  });

  test("they are pipes, not sockets", async () => {
    const out = await board.ok(
      "run",
      "--rm",
      "-i",
      "bb",
      "sh",
      "-c",
      "readlink /proc/1/fd/0; readlink /proc/1/fd/1; readlink /proc/1/fd/2",
    );
    expect(out).toMatch(/^(pipe:\[\d+\]\n){3}$/);
  });

  test("no other descriptor is open", async () => {
    // The last command keeps the shell from becoming ls, which opens the directory.
    const out = await board.ok("run", "--rm", "bb", "sh", "-c", "ls /proc/1/fd; true");
    expect(out).toBe("0\n1\n2\n");
  });
});
