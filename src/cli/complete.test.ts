// The scripts are given to the shells themselves, as far as they are installed: bash, zsh and fish read them, and bash
// and fish are asked what they would complete. A stand-in for bunker answers `__complete`.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { UsageError } from "../errors.ts";
import type { Command } from "./command.ts";
import { completionScript } from "./complete.ts";
import { COMMANDS } from "./tables/all.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bunker-complete-"));
  const names = `#!/bin/sh
case "$2" in
  containers) printf 'web\\ndb\\n$(touch %s/executed)\\n' "${folder}" ;;
  images) printf 'alpine:3.20\\nbusybox:1.36\\nbusybox:1.37\\n' ;;
esac
`;
  writeFileSync(join(folder, "bunker"), names);
  chmodSync(join(folder, "bunker"), 0o755);
  for (const shell of SHELLS) writeFileSync(join(folder, `script.${shell}`), completionScript(shell, COMMANDS));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a shell in the folder, with the stand-in first on PATH. */
function shell(words: string[], input = ""): { output: string; errors: string; status: number } {
  const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}`, HOME: folder, XDG_CONFIG_HOME: folder };
  const ran = Bun.spawnSync(words, { cwd: folder, env, stdin: Buffer.from(input), stderr: "pipe" });
  return { output: ran.stdout.toString(), errors: ran.stderr.toString(), status: ran.exitCode };
}

for (const name of SHELLS) {
  test.skipIf(Bun.which(name) === null)(`${name} -n accepts the script`, () => {
    expect(shell([name, "-n", `script.${name}`])).toEqual({ output: "", errors: "", status: 0 });
  });
}

test("no place is left unfilled, and verbs and options of all tables are there", () => {
  for (const name of SHELLS) {
    const script = completionScript(name, COMMANDS);
    expect(script).not.toMatch(/@[A-Z]+@/);
    for (const command of COMMANDS) {
      expect(script).toContain(command.name);
      for (const option of command.options) expect(script).toContain(option.name);
    }
  }
});

test("hidden options are not completed", () => {
  const [run] = COMMANDS;
  const options = [{ name: "sesame", kind: "flag", help: "Open", hidden: true }] as const;
  const commands: Command[] = run === undefined ? [] : [{ ...run, options }];
  for (const name of SHELLS) expect(completionScript(name, commands)).not.toContain("sesame");
});

test("another shell is refused", () => {
  expect(() => completionScript("tcsh", COMMANDS)).toThrow(UsageError);
  expect(() => completionScript("__proto__", COMMANDS)).toThrow('no completion for the shell "__proto__"');
});

/** Lines (the cursor at their end) and what is offered there. `bash` where bash replaces only the last piece. */
const OFFERED: { line: string; offers: string[]; bash?: string[] }[] = [
  { line: "bunker ru", offers: ["run"] },
  { line: "bunker im", offers: ["images", "import"] },
  { line: "bunker run --mem", offers: ["--memory", "--memory-high", "--memory-reservation", "--memory-swap"] },
  { line: "bunker run --network ", offers: ["host", "none"] },
  { line: "bunker run --network=h", offers: ["--network=host"], bash: ["host"] },
  { line: "bunker run --network=", offers: ["--network=host", "--network=none"], bash: ["host", "none"] },
  { line: "bunker run --network none --memory-h", offers: ["--memory-high"] },
  { line: "bunker run --rm al", offers: ["alpine:3.20"] },
  { line: "bunker run -it al", offers: ["alpine:3.20"] },
  { line: "bunker run -e A=b al", offers: ["alpine:3.20"] },
  { line: "bunker run -eA al", offers: ["alpine:3.20"] },
  { line: "bunker run --rm busybox:1.37", offers: ["busybox:1.37"], bash: ["1.37"] },
  { line: "bunker run --rm busybox:", offers: ["busybox:1.36", "busybox:1.37"], bash: ["1.36", "1.37"] },
  // After the image everything is the container's.
  { line: "bunker run alpine --mem", offers: [] },
  { line: "bunker run -- alpine --mem", offers: [] },
  { line: "bunker run -itm al", offers: [] },
  { line: "bunker stop w", offers: ["web"] },
  { line: "bunker stop web d", offers: ["db"] },
  { line: "bunker stop -s SIGH", offers: ["SIGHUP"] },
  { line: "bunker rm -- w", offers: ["web"] },
  { line: "bunker logs web d", offers: [] },
  { line: "bunker inspect busybox:1.37 w", offers: ["web"] },
  { line: "bunker inspect al", offers: ["alpine:3.20"] },
  { line: "bunker ps --filter status=e", offers: ["status=exited"], bash: ["exited"] },
  { line: "bunker run --ulimit nof", offers: ["nofile="] },
  { line: "bunker completion ", offers: ["bash", "fish", "zsh"] },
  { line: "bunker bogus x", offers: [] },
];

/** Words as readline cuts them, with its default COMP_WORDBREAKS. */
function pieces(line: string): string[] {
  const found = line.match(/[=:]+|[^=:\s]+/g) ?? [];
  return line.endsWith(" ") ? [...found, ""] : found;
}

describe.skipIf(Bun.which("bash") === null)("bash, sourced", () => {
  /** What COMPREPLY holds, in alphabetical order. */
  function reply(line: string, point = line.length): string[] {
    const words = pieces(line);
    const script = `
      set -u
      source ./script.bash
      COMP_LINE=$1 COMP_POINT=$2 COMP_CWORD=$3
      COMP_WORDS=("\${@:4}")
      _bunker
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const last = point === line.length ? words.length - 1 : pieces(line.slice(0, point)).length - 1;
    const ran = shell(["bash", "--norc", "-c", script, "bash", line, String(point), String(last), ...words]);
    expect(ran.errors).toBe("");
    return ran.output.split("\n").filter(Boolean).toSorted();
  }

  for (const { line, offers, bash } of OFFERED) test(line, () => expect(reply(line)).toEqual(bash ?? offers));

  test("only what stands before the cursor counts", () => {
    expect(reply("bunker run --netxxx alpine", "bunker run --net".length)).toEqual(["--network"]);
    expect(reply("bunker run  --rm   al")).toEqual(["alpine:3.20"]);
  });

  test("a name is never executed", () => {
    expect(reply("bunker stop $")).toEqual([`$(touch ${folder}/executed)`]);
    expect(existsSync(join(folder, "executed"))).toBe(false);
  });
});

test.skipIf(Bun.which("fish") === null)("fish, sourced, offers the same", () => {
  for (const { line, offers } of OFFERED) {
    const ran = shell(["fish", "--no-config", "-c", "source ./script.fish; complete -C $argv[1]", line]);
    expect(ran.errors).toBe("");
    const words = ran.output.split("\n").filter(Boolean);
    expect([line, ...words.map((word) => word.replace(/\t.*/, "")).toSorted()]).toEqual([line, ...offers]);
  }
});
