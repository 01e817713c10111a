// `@bun`, the image that every bunker carries: scripts and commands in it, and the executable, which is the host's own and
// must not be reached for writing.

import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import { createReadStream, mkdirSync, statSync, writeFileSync } from "node:fs";

import { Board, EXE, finished, lines } from "../helpers/board.ts";
import { testWith } from "../helpers/needs.ts";

const test = testWith("root", "fs:overlay");
let board: Board;
beforeAll(() => {
  board = new Board();
});
afterEach(() => board.clear());
afterAll(() => board[Symbol.asyncDispose]());

function script(name: string, text: string): string {
  writeFileSync(board.path(name), text);
  return board.path(name);
}

describe("a script of the host", () => {
  test("runs with its arguments, typed or not, and ends with its status", async () => {
    const path = script(
      "app.ts",
      "const words: string[] = process.argv.slice(1); console.log(JSON.stringify(words)); console.error('err'); process.exit(7);",
    );
    for (let n = 0; n < 2; n++) {
      const ran = await board.bunker("run", "--rm", "@bun", path, "one", "two words", "--three");
      expect(ran).toEqual({ code: 7, out: '["/app/app.ts","one","two words","--three"]\n', err: "err\n" });
    }
  });

  test("by a path from here, with input, and as another user", async () => {
    script("cat.js", "process.stdout.write((await Bun.stdin.text()).toUpperCase() + process.getuid());");
    const child = board.start(["run", "--rm", "-i", "-u", "1000", "@bun", "./cat.js"], {
      cwd: board.dir,
      stdin: new TextEncoder().encode("typed "),
    });
    expect(await finished(child, "run cat.js")).toEqual({ code: 0, out: "TYPED 1000", err: "" });
  });

  test("that appears later, and that changes, is noticed", async () => {
    const run = () => board.with({ cwd: board.dir }, "run", "--rm", "@bun", "later.ts");
    for (let n = 0; n < 2; n++) expect((await run()).code).toBe(127);
    script("later.ts", "console.log('it is there')");
    for (let n = 0; n < 2; n++) expect(await run()).toEqual({ code: 0, out: "it is there\n", err: "" });
    script("later.ts", "console.log('changed')");
    expect(await run()).toEqual({ code: 0, out: "changed\n", err: "" });
  });

  test("cannot be changed from inside", async () => {
    const path = script("self.ts", "require('fs').writeFileSync('/app/self.ts', '')");
    const { code, err } = await board.bunker("run", "--rm", "@bun", path);
    expect(code).toBe(1);
    expect(err).toContain("EROFS");
    expect(statSync(path).size).toBeGreaterThan(0);
  });
});

describe("a command", () => {
  test("-e, exec with Bun's shell, and none", async () => {
    const evaluated = await board.bunker(
      "run",
      "--rm",
      "@bun",
      "bun",
      "-e",
      "console.log(6 * 7, process.argv[1])",
      "x",
    );
    expect(evaluated).toEqual({ code: 0, out: "42 x\n", err: "" });
    const listed = lines(await board.ok("run", "--rm", "@bun", "bun", "exec", "ls /"));
    expect(listed.sort()).toEqual(expect.arrayContaining(["app", "dev", "etc", "proc", "root", "sys", "tmp", "usr"]));
    expect(await board.ok("run", "--rm", "@bun")).toStartWith(`Bun ${Bun.version}`);
  });

  test("sees nothing of the host", async () => {
    const code =
      "const { readdirSync, existsSync } = require('fs'); console.log(existsSync('/home'), readdirSync('/proc').filter((n) => +n).length, process.pid, Object.keys(process.env).filter((n) => n.startsWith('BUNKER')).length)";
    expect(await board.ok("run", "--rm", "@bun", "bun", "-e", code)).toBe("false 1 1 0\n");
  });

  test("writes where it may", async () => {
    mkdirSync(board.path("data"));
    const code = "await Bun.write('/data/x', 'kept'); await Bun.write('/tmp/y', 'gone')";
    await board.ok("run", "--rm", "-v", `${board.path("data")}:/data`, "@bun", "bun", "-e", code);
    expect(await Bun.file(board.path("data/x")).text()).toBe("kept");
  });
});

describe("the executable", () => {
  test("cannot be written, replaced or removed from inside, not even with all privileges", async () => {
    const before = await identity();
    const path = script(
      "attack.ts",
      `const fs = require("fs");
       const attempt = (name, action) => { try { action(); console.log(name, "done"); } catch (e) { console.log(name, e.code); } };
       for (const path of ["/usr/local/bin/bun", "/proc/self/exe"]) {
         for (const flags of ["r+", "w", "a"]) attempt(path, () => fs.openSync(path, flags));
         attempt(path, () => fs.truncateSync(path, 0));
         attempt(path, () => fs.chmodSync(path, 0o777));
         attempt(path, () => fs.utimesSync(path, 0, 0));
       }
       attempt("unlink", () => fs.unlinkSync("/usr/local/bin/bun"));
       attempt("rename", () => fs.renameSync("/usr/local/bin/bun", "/usr/local/bin/nub"));`,
    );
    for (const more of [[], ["--privileged"]]) {
      const tried = lines(await board.ok("run", "--rm", ...more, "@bun", path));
      expect(tried).toHaveLength(14);
      for (const line of tried) expect(line).toMatch(/ (EROFS|ETXTBSY|EBUSY)$/);
    }
    expect(await identity()).toEqual(before);
  });
});

/** The host's file: its bytes, and when and as what it was written. */
async function identity(): Promise<unknown> {
  const { size, mode, uid, gid, ino, mtimeMs, nlink } = statSync(EXE);
  const hash = new Bun.CryptoHasher("sha256");
  for await (const chunk of createReadStream(EXE)) hash.update(chunk as Uint8Array);
  return { size, mode, uid, gid, ino, mtimeMs, nlink, sha256: hash.digest("hex") };
}
