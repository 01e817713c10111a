// What every table has to keep to, so that parser, help and completions can rely on it.

import { describe, expect, test } from "bun:test";

import { parseArgs } from "../args.ts";
import type { Command } from "../command.ts";
import { commandHelp, overviewHelp } from "../help.ts";
import { COMMANDS } from "./all.ts";

/** The words of a simple shell line: quotes are honoured; pipes, redirections and what follows them are cut off. */
function words(line: string): string[] {
  const simple = line.replace(/^source <\((.*)\)$/, "$1").replaceAll(/\$\([^)]*\)/g, "X");
  const found = [...simple.matchAll(/'([^']*)'|([^\s']+)/g)].map((match) => match[1] ?? match[2] ?? "");
  const end = found.findIndex((word) => ["|", "||", ">"].includes(word));
  return end === -1 ? found : found.slice(0, end);
}

function isSentence(text: string): boolean {
  return text !== "" && !text.endsWith(".") && text.trim() === text && !text.includes("\n");
}

test("names are unique, and all verbs are there", () => {
  const names = COMMANDS.map((command) => command.name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.toSorted()).toEqual(
    [
      "completion",
      "doctor",
      "images",
      "import",
      "info",
      "inspect",
      "kill",
      "logs",
      "ps",
      "rm",
      "rmi",
      "run",
      "stop",
    ].concat(["version"]),
  );
});

for (const command of COMMANDS) {
  describe(command.name, () => {
    test("option names do not clash", () => {
      const long = command.options.flatMap((option) => [option.name, ...(option.aliases ?? [])]);
      const short = command.options.flatMap((option) => (option.short === undefined ? [] : [option.short]));
      expect(new Set(long).size).toBe(long.length);
      expect(new Set(short).size).toBe(short.length);
      expect(long).not.toContain("help");
      expect(long.every((name) => /^[a-z][a-z0-9-]+$/.test(name))).toBe(true);
      expect(short.every((letter) => /^[a-zA-Z]$/.test(letter))).toBe(true);
    });

    test("texts are one line without a full stop", () => {
      expect(isSentence(command.summary)).toBe(true);
      for (const option of command.options) expect([option.name, isSentence(option.help)]).toEqual([option.name, true]);
      for (const example of command.examples)
        expect([example.does, isSentence(example.does)]).toEqual([example.does, true]);
      for (const line of command.usage) expect(line).toStartWith(`bunker ${command.name}`);
    });

    test("operands are named where there may be any", () => {
      expect(command.operandName === "").toBe(command.maxOperands === 0);
      expect(command.minOperands).toBeLessThanOrEqual(command.maxOperands);
    });

    test("three to six examples, and the parser takes each of them", () => {
      expect(command.examples.length).toBeGreaterThanOrEqual(3);
      expect(command.examples.length).toBeLessThanOrEqual(6);
      for (const example of command.examples) {
        const [program, ...rest] = words(example.command);
        expect(program).toBe("bunker");
        if (rest[0] === "--version") continue;
        expect(rest[0]).toBe(command.name);
        expect(() => parseArgs(command, rest.slice(1))).not.toThrow();
      }
    });

    test("the help fits a page of 80 cells and names every option", () => {
      const text = commandHelp(command, { width: 80, bold: false });
      for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
      for (const option of command.options) expect(text).toContain(`--${option.name}`);
    });
  });
}

test("the overview fits a page of 80 cells and names every verb", () => {
  const text = overviewHelp(COMMANDS, { width: 80, bold: false });
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  for (const command of COMMANDS) expect(text).toContain(`  ${command.name} `);
});

test("what Docker's users type", () => {
  const parse = (name: string, line: string) => {
    const command = COMMANDS.find((each) => each.name === name) as Command;
    return parseArgs(command, line.split(" "));
  };
  const run = parse("run", "-itd --rm -m=64m -c 512 -h box --net host -v /a:/b -e A -l x -w /w -u 1 alpine sh -c true");
  expect(run.operands).toEqual(["alpine", "sh", "-c", "true"]);
  expect(["memory", "cpu-shares", "hostname", "network", "workdir", "user"].map((name) => run.string(name))).toEqual([
    "64m",
    "512",
    "box",
    "host",
    "/w",
    "1",
  ]);
  expect(["volume", "env", "label"].map((name) => run.list(name))).toEqual([["/a:/b"], ["A"], ["x"]]);
  expect(parse("stop", "--time 3 web").string("timeout")).toBe("3");
  expect(parse("ps", "-an5").integer("last", -1)).toBe(5);
  expect(parse("rm", "-fv web").flag("volumes")).toBe(true);
  expect(parse("logs", "-ftn 10 web").string("tail")).toBe("10");
});
