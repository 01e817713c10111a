// Every test runs a process of its own: what is tested is what happens to its standard output.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";

const SYS = join(import.meta.dir, "..", "sys");
const OUT = join(import.meta.dir, "out.ts");

/** A program that has out.ts's functions at hand, as the words of a command. */
function program(code: string): string[] {
  return [process.execPath, "-e", `import { out, err, isTerminal, isColourful, columns } from "${OUT}";\n${code}`];
}

/** Runs a program as "$@" of a bash script. */
function bash(script: string, code: string): { output: string; errors: string; status: number } {
  const ran = Bun.spawnSync(["bash", "-c", script, "bash", ...program(code)], { stderr: "pipe" });
  return { output: ran.stdout.toString(), errors: ran.stderr.toString(), status: ran.exitCode };
}

describe("out and err", () => {
  test("text and bytes, each to its own descriptor", () => {
    const ran = bash('"$@"', `out("ä€😀\\n"); out(new Uint8Array([65, 10])); out(""); err("oops\\n");`);
    expect(ran).toEqual({ output: "ä€😀\nA\n", errors: "oops\n", status: 0 });
  });

  test("a megabyte and a bit arrives whole at a slow reader, also through a pipe that does not block", () => {
    const code = `
      import { call } from "${SYS}/call.ts";
      import { F_SETFL, O_NONBLOCK } from "${SYS}/abi/consts.gen.ts";
      if (call("fcntl", 1, F_SETFL, O_NONBLOCK) !== 0) throw new Error("fcntl");
      out(Array.from({ length: 150_001 }, (_, line) => String(line).padStart(6, "0")).join("\\n"));`;
    const ran = bash('set -o pipefail; "$@" | { sleep 0.1; sha256sum; }', code);
    const whole = Array.from({ length: 150_001 }, (_, line) => String(line).padStart(6, "0")).join("\n");
    expect(ran.errors).toBe("");
    expect(ran.output).toStartWith(new Bun.CryptoHasher("sha256").update(whole).digest("hex"));
    expect(ran.status).toBe(0);
  });

  test("a reader that has gone ends the program quietly, as SIGPIPE would", () => {
    const ran = bash('set -o pipefail; "$@" | true', `out("x".repeat(1 << 20)); err("not reached");`);
    expect(ran).toEqual({ output: "", errors: "", status: 141 });
  });

  test("a full disk is an error on standard output, and nothing on standard error", () => {
    const code = `try { out("x"); } catch (error) { err(error.name + ": " + error.message); process.exit(3); }`;
    const ran = bash('"$@" > /dev/full', code);
    expect(ran.errors).toBe("SysError: write standard output: No space left on device (ENOSPC)");
    expect(ran.status).toBe(3);
    expect(bash('"$@" 2> /dev/full', `err("x"); out("on");`)).toEqual({ output: "on", errors: "", status: 0 });
  });
});

/** What a program prints on a terminal of so many columns. */
async function onTerminal(code: string, cols: number, env: Record<string, string>): Promise<string> {
  const chunks: Uint8Array[] = [];
  const ended = Promise.withResolvers<void>();
  const child = Bun.spawn(program(code), {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    terminal: { cols, rows: 24, data: (_, chunk) => void chunks.push(chunk.slice()), exit: () => ended.resolve() },
  });
  expect(await child.exited).toBe(0);
  await ended.promise;
  return Buffer.concat(chunks).toString().trim();
}

describe("the terminal", () => {
  const report = `out([isTerminal(0), isTerminal(1), isTerminal(99), isColourful(), columns()].join(" "));`;

  test("is recognised, with its width", async () => {
    expect(await onTerminal(report, 123, { TERM: "xterm" })).toBe("true true false true 123");
    expect(await onTerminal(report, 123, { TERM: "xterm", COLUMNS: "99" })).toBe("true true false true 99");
  });

  test("is not coloured against the user's will", async () => {
    expect(await onTerminal(report, 90, { TERM: "dumb" })).toBe("true true false false 90");
    expect(await onTerminal(report, 90, { TERM: "xterm", NO_COLOR: "1" })).toBe("true true false false 90");
    expect(await onTerminal(report, 90, { TERM: "xterm", NO_COLOR: "" })).toBe("true true false true 90");
  });

  test("a pipe, a file and /dev/null are none", () => {
    const quiet = "env -u COLUMNS ";
    expect(bash(`${quiet}"$@" < /dev/null`, report).output).toBe("false false false false 80");
    expect(bash(`${quiet}"$@" < /etc/passwd | cat`, report).output).toBe("false false false false 80");
  });

  test("a nonsensical COLUMNS is not believed", () => {
    for (const bad of ["0", "-1", "x", "80x", "999999", ""]) {
      expect(bash(`COLUMNS='${bad}' "$@"`, "out(String(columns()));").output).toBe("80");
    }
  });
});
