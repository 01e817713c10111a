// The grammar is pflag's. The table of accepted and refused lines below was compared with what Docker's own command
// line (28.2) does with them.

import { describe, expect, test } from "bun:test";

import { UsageError } from "../errors.ts";
import { type Parsed, parseArgs } from "./args.ts";
import type { Command } from "./command.ts";

const base = {
  name: "try",
  summary: "Try",
  group: "main",
  usage: ["bunker try [OPTIONS] THING [ARG...]"],
  options: [
    { name: "interactive", short: "i", kind: "flag", help: "" },
    { name: "tty", short: "t", kind: "flag", help: "" },
    { name: "rm", kind: "flag", help: "" },
    { name: "memory", short: "m", kind: "string", value: "BYTES", help: "" },
    { name: "memory-swap", kind: "string", value: "BYTES", help: "" },
    { name: "hostname", short: "h", kind: "string", value: "NAME", help: "" },
    { name: "env", short: "e", kind: "list", value: "NAME", help: "" },
    { name: "network", aliases: ["net"], kind: "string", value: "MODE", choices: ["none", "host"], help: "" },
    { name: "secret", kind: "flag", help: "", hidden: true },
  ],
  stopAtFirstOperand: true,
  minOperands: 0,
  maxOperands: Infinity,
  operandName: "THING",
  examples: [],
} as const satisfies Command;

const loose = { ...base, name: "loose", stopAtFirstOperand: false } as const;
const plain = { ...loose, options: [{ name: "all", short: "a", kind: "flag", help: "" }] } as const satisfies Command;

/** Everything given, as one comparable object. */
function seen(parsed: Parsed<typeof base>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, kind } of base.options) {
    if (!parsed.given(name)) continue;
    if (kind === "flag") values[name] = parsed.flag(name);
    else values[name] = kind === "list" ? parsed.list(name) : parsed.string(name);
  }
  return { ...values, operands: parsed.operands };
}

function refusal(run: () => unknown): UsageError {
  try {
    run();
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error("not refused");
}

describe("accepted", () => {
  const accepted: [words: string[], values: Record<string, unknown>][] = [
    [[], { operands: [] }],
    [["--memory", "5m", "x"], { memory: "5m", operands: ["x"] }],
    [["--memory=5m"], { memory: "5m", operands: [] }],
    [["--memory="], { memory: "", operands: [] }],
    [["--memory=a=b"], { memory: "a=b", operands: [] }],
    [["-m", "5m"], { memory: "5m", operands: [] }],
    [["-m5m"], { memory: "5m", operands: [] }],
    [["-m=5m"], { memory: "5m", operands: [] }],
    // pflag takes "=" for the start of a value only where something follows.
    [["-m="], { memory: "=", operands: [] }],
    [["-m", ""], { memory: "", operands: [] }],
    [["-it", "x"], { interactive: true, tty: true, operands: ["x"] }],
    [["-itm5m", "x"], { interactive: true, tty: true, memory: "5m", operands: ["x"] }],
    [["-itm", "5m", "x"], { interactive: true, tty: true, memory: "5m", operands: ["x"] }],
    [["-it=false"], { interactive: true, tty: false, operands: [] }],
    [["-i=0"], { interactive: false, operands: [] }],
    [["--rm=T"], { rm: true, operands: [] }],
    [["--rm=F"], { rm: false, operands: [] }],
    [["--rm=True"], { rm: true, operands: [] }],
    [["--rm=FALSE"], { rm: false, operands: [] }],
    // A flag never takes the next word.
    [["--rm", "false"], { rm: true, operands: ["false"] }],
    [["--rm", "--rm=false"], { rm: false, operands: [] }],
    // An option that takes a value takes the next word, whatever it is.
    [["--memory-swap", "-1", "x"], { "memory-swap": "-1", operands: ["x"] }],
    [["-m", "--rm", "x"], { memory: "--rm", operands: ["x"] }],
    [["-m", "--", "x"], { memory: "--", operands: ["x"] }],
    [["-m", "1", "-m", "2"], { memory: "2", operands: [] }],
    [["-e", "A=1", "--env=B", "-eC=3"], { env: ["A=1", "B", "C=3"], operands: [] }],
    [["-e", ""], { env: [""], operands: [] }],
    [["-h", "box"], { hostname: "box", operands: [] }],
    [["--net", "host"], { network: "host", operands: [] }],
    [["--secret"], { secret: true, operands: [] }],
    [["--", "--rm", "x"], { operands: ["--rm", "x"] }],
    [["--", "--"], { operands: ["--"] }],
    [["-", "-i"], { operands: ["-", "-i"] }],
    [["", "-i"], { operands: ["", "-i"] }],
    // Everything after the first operand is the container's, also `--` and things that look like options.
    [["x", "--rm", "-m", "5m", "--", "--nope"], { operands: ["x", "--rm", "-m", "5m", "--", "--nope"] }],
    [["-i", "x", "--help"], { interactive: true, operands: ["x", "--help"] }],
  ];
  for (const [words, values] of accepted) {
    test(JSON.stringify(words), () => {
      const parsed = parseArgs(base, words);
      expect(seen(parsed)).toEqual(values);
      expect(parsed.help).toBe(false);
    });
  }

  test("options after operands where the verb does not stop", () => {
    const parsed = parseArgs(loose, ["a", "--rm", "b", "-m", "1", "--", "-i", "--nope"]);
    expect(parsed.operands).toEqual(["a", "b", "-i", "--nope"]);
    expect(parsed.flag("rm")).toBe(true);
    expect(parsed.string("memory")).toBe("1");
    expect(parsed.flag("interactive")).toBe(false);
  });

  test("what is not given", () => {
    const parsed = parseArgs(base, []);
    expect(parsed.given("rm")).toBe(false);
    expect(parsed.flag("rm")).toBe(false);
    expect(parsed.string("memory")).toBeUndefined();
    expect(parsed.list("env")).toEqual([]);
  });
});

describe("refused", () => {
  const refused: [words: string[], message: string, remedy?: string][] = [
    [["--memor", "1"], "unknown option --memor", "did you mean --memory?"],
    [["--mem=1"], "unknown option --mem", "did you mean --memory?"],
    [["--memroy", "1"], "unknown option --memroy", "did you mean --memory?"],
    [["--Memory"], "unknown option --Memory", "did you mean --memory?"],
    [["--publish", "80"], "unknown option --publish"],
    [["--secre"], "unknown option --secre"],
    [["--constructor"], "unknown option --constructor"],
    [["-z"], "unknown option -z"],
    [["-itz", "x"], "unknown option -z in -itz"],
    [["-rm", "x"], "unknown option -r in -rm", "did you mean --rm?"],
    [["-network=host"], "unknown option -n in -network=host", "did you mean --network?"],
    [["-=x"], "unknown option -= in -=x"],
    [["-i="], "unknown option -= in -i="],
    [["-é"], "unknown option -é"],
    [["-i😀"], "unknown option -😀 in -i😀"],
    [["---rm"], '"---rm" is no option'],
    [["--=x"], '"--=x" is no option'],
    [["--rm=maybe"], 'invalid value "maybe" for --rm: expected true or false'],
    [["--rm="], 'invalid value "" for --rm: expected true or false'],
    [["--rm=tRue"], 'invalid value "tRue" for --rm: expected true or false'],
    [["-i=yes"], 'invalid value "yes" for --interactive: expected true or false'],
    [["--rm=toString"], 'invalid value "toString" for --rm: expected true or false'],
    [["--memory"], "option --memory needs a value: --memory BYTES"],
    [["-itm"], "option -m needs a value: -m BYTES"],
    [["--network", "bridge"], 'invalid value "bridge" for --network: expected none or host'],
    [["--net="], 'invalid value "" for --network: expected none or host'],
    [["a\0b"], 'argument "a\\u0000b" contains a NUL character'],
    [["x", "/etc/passwd\0.safe"], 'argument "/etc/passwd\\u0000.safe" contains a NUL character'],
    [["-m", "1\0"], 'argument "1\\u0000" contains a NUL character'],
  ];
  for (const [words, message, remedy] of refused) {
    test(JSON.stringify(words), () => {
      const error = refusal(() => parseArgs(base, words));
      expect(error.message).toBe(message);
      expect(error.remedy).toBe(remedy);
      expect(error.verb).toBe("try");
      expect(error.exitCode).toBe(125);
    });
  }

  test("a terminal's control characters do not reach the message raw", () => {
    expect(refusal(() => parseArgs(base, ["--rm=\x1b[2J"])).message).not.toContain("\x1b");
    expect(refusal(() => parseArgs(base, ["--\x1b[2J"])).message).not.toContain("\x1b");
    expect(refusal(() => parseArgs(base, ["-\x1b[2J"])).message).not.toContain("\x1b");
    expect(refusal(() => parseArgs(base, ["-i\nx"])).message).not.toContain("\n");
    expect(refusal(() => parseArgs(base, ["--rm=\u009b2J"])).message).toContain('"\\x9b2J"');
  });

  test("a megabyte of nonsense", () => {
    const long = "x".repeat(1 << 20);
    expect(refusal(() => parseArgs(base, [`--${long}`])).remedy).toBeUndefined();
    expect(parseArgs(base, [`-m${long}`]).string("memory")).toBe(long);
    expect(parseArgs(base, [`-${"i".repeat(100_000)}`]).flag("interactive")).toBe(true);
  });
});

describe("help", () => {
  test("--help ends the parsing, whatever follows and however many operands there are", () => {
    const needy = { ...base, minOperands: 1 } as const;
    expect(parseArgs(needy, ["--rm", "--help", "--nope"]).help).toBe(true);
    expect(parseArgs(needy, ["--help=false", "x"]).help).toBe(false);
    expect(refusal(() => parseArgs(needy, ["--help=maybe"])).message).toContain("for --help");
    expect(refusal(() => parseArgs(needy, ["--nope", "--help"])).message).toBe("unknown option --nope");
  });

  test("-h is help only where no option has that letter", () => {
    expect(parseArgs(plain, ["-h"]).help).toBe(true);
    expect(parseArgs(plain, ["-ah"]).help).toBe(true);
    expect(parseArgs(plain, ["x", "-h"]).help).toBe(true);
    expect(parseArgs(plain, ["--", "-h"]).help).toBe(false);
    expect(refusal(() => parseArgs(base, ["-h"])).message).toBe("option -h needs a value: -h NAME");
  });
});

describe("operands", () => {
  const counted = (minOperands: number, maxOperands: number) =>
    ({ ...plain, name: "rm", operandName: "CONTAINER", minOperands, maxOperands }) satisfies Command;

  test("too few", () => {
    const messages = (min: number, max: number, ...words: string[]) =>
      refusal(() => parseArgs(counted(min, max), words)).message;
    expect(messages(1, Infinity)).toBe("bunker rm needs at least 1 argument (CONTAINER): none was given");
    expect(messages(1, 1)).toBe("bunker rm needs 1 argument (CONTAINER): none was given");
    expect(messages(2, 2, "a")).toBe("bunker rm needs 2 arguments (CONTAINER): only 1 given");
    expect(messages(1, 1, "--")).toBe("bunker rm needs 1 argument (CONTAINER): none was given");
  });

  test("too many", () => {
    const message = (max: number, ...words: string[]) => refusal(() => parseArgs(counted(0, max), words)).message;
    expect(message(0, "a")).toBe('bunker rm takes no arguments: "a" is too many');
    expect(message(1, "a", "b", "c")).toBe('bunker rm takes at most 1 argument (CONTAINER): "b" is too many');
    expect(refusal(() => parseArgs(counted(1, 1), ["a", "b"])).message).toBe(
      'bunker rm takes 1 argument (CONTAINER): "b" is too many',
    );
  });
});

describe("integer", () => {
  const read = (value: string) => parseArgs(base, ["-m", value]).integer("memory", -1, 1000);

  test("whole numbers within the bounds", () => {
    expect(parseArgs(base, []).integer("memory", 0)).toBeUndefined();
    expect(["-1", "0", "7", "+7", "007", "1000"].map(read)).toEqual([-1, 0, 7, 7, 7, 1000]);
    expect(Object.is(read("-0"), 0)).toBe(true);
  });

  test("everything else", () => {
    for (const bad of [
      "",
      " ",
      "x",
      "1.5",
      "1e2",
      "0x10",
      " 1",
      "1 ",
      "-2",
      "1001",
      "٣",
      "NaN",
      "Infinity",
      "1_000",
      "--1",
    ]) {
      expect(refusal(() => read(bad)).message).toBe(
        `invalid value ${JSON.stringify(bad)} for --memory: expected a whole number from -1 to 1000`,
      );
    }
    expect(refusal(() => parseArgs(base, ["-m", "-5"]).integer("memory", 0)).message).toEndWith("of at least 0");
    expect(() => parseArgs(base, ["-m", "9007199254740993"]).integer("memory", 0)).toThrow(UsageError);
  });
});

test("asking for an option that is not there, or is of another kind, does not compile", () => {
  const parsed = parseArgs(base, []);
  // @ts-expect-error: no such option
  expect(parsed.string("memroy")).toBeUndefined();
  // @ts-expect-error: not a flag
  expect(parsed.flag("memory")).toBe(false);
  // @ts-expect-error: not a list
  expect(parsed.list("memory")).toEqual([]);
});
