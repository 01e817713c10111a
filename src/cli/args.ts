// From the words of a command line to the values of a verb's options, with the grammar of Docker's command line (that
// of the Go library pflag), so that what people's fingers and scripts know works unchanged:
//   --name value  --name=value  --flag  --flag=false  -n value  -nvalue  -n=value  -it  -itn value  --  -
// An option that takes a value takes the next word, whatever it looks like.
//
// This runs at every start, once and cold: the engine compiles each built-in written in JavaScript (find, at, filter) when
// it is first called, about 0.1 ms each, so the way of a good command line uses plain loops instead.

import { UsageError } from "../errors.ts";
import type { Command, Option, OptionName } from "./command.ts";
import { nearest } from "./nearest.ts";
import { printable, quoted } from "../text/printable.ts";

/** What a command line said. Asking for an option that the table does not have is a compile error. */
export class Parsed<C extends Command = Command> {
  readonly command: C;
  readonly operands: readonly string[];
  /** `--help` was given: nothing after it was looked at, and the number of operands was not checked. */
  readonly help: boolean;
  private readonly values: ReadonlyMap<string, readonly string[]>;

  constructor(command: C, values: ReadonlyMap<string, readonly string[]>, operands: readonly string[], help: boolean) {
    this.command = command;
    this.values = values;
    this.operands = operands;
    this.help = help;
  }

  /** Whether the option was on the command line at all, with whatever value. */
  given(name: OptionName<C>): boolean {
    return this.values.has(name);
  }

  flag(name: OptionName<C, "flag">): boolean {
    return last(this.values.get(name)) === "true";
  }

  string(name: OptionName<C, "string">): string | undefined {
    return last(this.values.get(name));
  }

  list(name: OptionName<C, "list">): readonly string[] {
    return this.values.get(name) ?? [];
  }

  /**
   * The value as a whole decimal number from `min` to `max`; a UsageError where it is something else.
   * Both bounds have to be safe integers.
   */
  integer(name: OptionName<C, "string">, min: number, max = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.string(name);
    if (text === undefined) return undefined;
    const number = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number === 0 ? 0 : number;
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw invalidValue(this.command, name, text, `a whole number ${range}`);
  }
}

function last(values: readonly string[] | undefined): string | undefined {
  return values?.[values.length - 1];
}

/** A UsageError for a value that an option cannot have: `invalid value "x" for --last: expected a number`. */
export function invalidValue(command: Command, name: string, value: string, expected: string): UsageError {
  return new UsageError(`invalid value ${quoted(value)} for --${name}: expected ${expected}`, command.name);
}

/** Go's strconv.ParseBool, which pflag applies to flags. */
const YES: readonly string[] = ["1", "t", "T", "true", "TRUE", "True"];
const NO: readonly string[] = ["0", "f", "F", "false", "FALSE", "False"];

/** The words still to be read, and what was found in those before. */
class Reader {
  readonly command: Command;
  readonly values = new Map<string, string[]>();
  operands: readonly string[] = [];
  help = false;
  private readonly words: readonly string[];
  private next = 0;

  constructor(command: Command, words: readonly string[]) {
    this.command = command;
    this.words = words;
  }

  read(): void {
    const operands: string[] = [];
    for (let word = this.take(); word !== undefined && !this.help; word = this.take()) {
      if (word === "--") break;
      if (word.startsWith("--")) this.long(word);
      else if (word.startsWith("-") && word !== "-") this.cluster(word);
      else {
        operands.push(word);
        if (this.command.stopAtFirstOperand) break;
      }
    }
    this.operands = [...operands, ...this.words.slice(this.next)];
  }

  private take(): string | undefined {
    return this.words[this.next++];
  }

  /** `--name`, `--name=value`. */
  private long(word: string): void {
    const equals = word.indexOf("=");
    const name = word.slice(2, equals === -1 ? undefined : equals);
    const value = equals === -1 ? undefined : word.slice(equals + 1);
    if (name === "" || name.startsWith("-")) throw this.error(`${quoted(word)} is no option`);
    const option = byName(this.command, name);
    if (option !== undefined) this.store(option, value ?? this.valueAfter(option, `--${name}`));
    else if (name === "help") this.help = boolean(this.command, "help", value ?? "true");
    else throw this.unknown(`--${name}`, name);
  }

  /** `-n`, `-nvalue`, `-n=value`, and flags in one word, of which the last may take a value: `-itn value`. */
  private cluster(word: string): void {
    let rest = word.slice(1);
    while (rest !== "" && !this.help) {
      const letter = String.fromCodePoint(rest.codePointAt(0) ?? 0);
      const option = byLetter(this.command, letter);
      rest = rest.slice(letter.length);
      if (option === undefined) {
        if (letter !== "h") throw this.unknown(word === `-${letter}` ? word : `-${letter} in ${word}`, word.slice(1));
        this.help = true;
        return;
      }
      // pflag: "=" alone at the end is not the start of a value, but the value or the next letter itself.
      const assigned = rest.length > 1 && rest.startsWith("=");
      const value = assigned ? rest.slice(1) : option.kind !== "flag" && rest !== "" ? rest : undefined;
      this.store(option, value ?? this.valueAfter(option, `-${letter}`));
      if (value !== undefined) return;
    }
  }

  /** The value of an option that has none in its own word: a flag is then on, the others take the next word. */
  private valueAfter(option: Option, asTyped: string): string {
    if (option.kind === "flag") return "true";
    const word = this.take();
    if (word === undefined) throw this.error(`option ${asTyped} needs a value: ${asTyped} ${option.value}`);
    return word;
  }

  private store(option: Option, value: string): void {
    const stored = option.kind === "flag" ? String(boolean(this.command, option.name, value)) : value;
    if (option.kind !== "flag" && option.choices?.includes(value) === false) {
      throw invalidValue(this.command, option.name, value, inWords(option.choices));
    }
    const values = this.values.get(option.name);
    if (values === undefined) this.values.set(option.name, [stored]);
    else values.push(stored);
  }

  private unknown(shown: string, name: string): UsageError {
    const meant = nearest(
      name.replace(/=.*$/su, ""),
      this.command.options.filter((option) => option.hidden !== true).map((option) => option.name),
    );
    return this.error(
      `unknown option ${printable(shown)}`,
      meant === undefined ? undefined : `did you mean --${meant}?`,
    );
  }

  private error(message: string, remedy?: string): UsageError {
    return new UsageError(message, this.command.name, remedy);
  }
}

function byName(command: Command, name: string): Option | undefined {
  for (const option of command.options) {
    if (option.name === name || option.aliases?.includes(name) === true) return option;
  }
  return undefined;
}

function byLetter(command: Command, letter: string): Option | undefined {
  for (const option of command.options) if (option.short === letter) return option;
  return undefined;
}

function boolean(command: Command, name: string, value: string): boolean {
  if (YES.includes(value)) return true;
  if (NO.includes(value)) return false;
  throw invalidValue(command, name, value, "true or false");
}

/** "a", "a or b", "a, b or c". */
function inWords(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join("") : `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}

/** The error for a number of operands that the command does not take. */
function miscounted(command: Command, operands: readonly string[]): UsageError {
  const { name, minOperands: min, maxOperands: max, operandName } = command;
  const counted = (count: number): string => `${count} argument${count === 1 ? "" : "s"} (${operandName})`;
  if (operands.length < min) {
    const given = operands.length === 0 ? "none was given" : `only ${operands.length} given`;
    const limit = min === max ? "" : "at least ";
    return new UsageError(`bunker ${name} needs ${limit}${counted(min)}: ${given}`, name);
  }
  const limit = min === max ? "" : "at most ";
  const takes = max === 0 ? "no arguments" : limit + counted(max);
  return new UsageError(`bunker ${name} takes ${takes}: ${quoted(operands[max] ?? "")} is too many`, name);
}

/** The words after the verb. Throws a UsageError that names the option and, where one is near, the one meant. */
export function parseArgs<const C extends Command>(command: C, words: readonly string[]): Parsed<C> {
  // The kernel cannot carry a NUL in an argument, so one here comes from elsewhere, and would cut a path short later.
  for (const word of words) {
    if (word.includes("\0")) throw new UsageError(`argument ${quoted(word)} contains a NUL character`, command.name);
  }
  const reader = new Reader(command, words);
  reader.read();
  const { values, operands, help } = reader;
  const fits = operands.length >= command.minOperands && operands.length <= command.maxOperands;
  if (!help && !fits) throw miscounted(command, operands);
  return new Parsed(command, values, operands, help);
}
