// `import --change`: Dockerfile instructions applied to an image's configuration.
//
// Source: the Dockerfile reference. Those instructions are accepted that only change the configuration of the image.

import { UsageError } from "../errors.ts";
import type { ImageConfig } from "./image.ts";
import { exposedPorts } from "./ports.ts";
import { quote } from "./parse/fault.ts";
import { parseLabel } from "./parse/label.ts";
import { resolvePath } from "./parse/path.ts";
import { parseSignal } from "./parse/signal.ts";
import { parseUser } from "./parse/user.ts";
import { expand, type Lookup, splitWords, WordFault } from "./words.ts";

const FLAG = "--change";
const VERB = "import";

/** What the instructions have come to so far. */
interface State {
  config: ImageConfig;
  /** Whether a CMD was among them: an ENTRYPOINT drops the one from before, but not that. */
  cmdSet: boolean;
}

/** One instruction: the rest of its line, with the variables of the image's environment. */
type Instruction = (rest: string, state: State, lookup: Lookup) => Partial<ImageConfig>;

const INSTRUCTIONS: Readonly<Record<string, Instruction>> = {
  CMD: (rest, state) => {
    state.cmdSet = true;
    return { Cmd: commandOf(rest, state.config) };
  },
  ENTRYPOINT: (rest, state) => {
    return { Entrypoint: commandOf(rest, state.config), ...(state.cmdSet ? {} : { Cmd: null }) };
  },
  ENV: (rest, { config }, lookup) => {
    const env = new Map((config.Env ?? []).map(cut));
    for (const [name, value] of pairsOf("ENV", rest, lookup)) env.set(name, value);
    return { Env: Array.from(env, ([name, value]) => `${name}=${value}`) };
  },
  LABEL: (rest, { config }, lookup) => {
    const labels = pairsOf("LABEL", rest, lookup).map(([name, value]) => parseLabel(`${name}=${value}`));
    return { Labels: { ...config.Labels, ...Object.fromEntries(labels) } };
  },
  USER: (rest, _state, lookup) => {
    const user = parseUser(oneWord("USER", rest, lookup), `${FLAG} USER`);
    return user === undefined ? {} : { User: user };
  },
  WORKDIR: (rest, { config }, lookup) => {
    return { WorkingDir: resolvePath(`/${config.WorkingDir ?? ""}`, oneWord("WORKDIR", rest, lookup)) };
  },
  EXPOSE: (rest, { config }, lookup) => {
    const ports = splitWords(rest, lookup).flatMap((word) => exposedPorts(`${FLAG} EXPOSE`, word));
    return { ExposedPorts: { ...config.ExposedPorts, ...Object.fromEntries(ports.map((port) => [port, {}])) } };
  },
  STOPSIGNAL: (rest, _state, lookup) => {
    const signal = oneWord("STOPSIGNAL", rest, lookup);
    parseSignal(`${FLAG} STOPSIGNAL`, signal, VERB);
    return { StopSignal: signal };
  },
  VOLUME: (rest, { config }, lookup) => {
    const paths = execForm(rest) ?? splitWords(rest, lookup);
    if (paths.includes("")) throw fault("VOLUME", "an empty path");
    return { Volumes: { ...config.Volumes, ...Object.fromEntries(paths.map((path) => [path, {}])) } };
  },
};

/**
 * @param changes each one instruction or several on lines of their own
 * @throws UsageError naming the instruction and what is wrong with it
 */
export function applyChanges(config: ImageConfig, changes: readonly string[]): ImageConfig {
  const state: State = { config, cmdSet: false };
  for (const line of changes.flatMap(linesOf)) {
    const [, word = "", rest = ""] = /^(\S+)\s*(.*)$/s.exec(line) ?? [];
    const name = word.toUpperCase();
    const apply = Object.hasOwn(INSTRUCTIONS, name) ? INSTRUCTIONS[name] : undefined;
    if (apply === undefined) {
      const known = Object.keys(INSTRUCTIONS).join(", ");
      throw new UsageError(`invalid value ${quote(line)} for ${FLAG}: expected one of ${known}`, VERB);
    }
    if (rest === "") throw fault(name, "nothing follows it");
    if (rest.includes("\0")) throw fault(name, "contains a NUL character");
    state.config = { ...state.config, ...carryOut(name, () => apply(rest, state, lookupIn(state.config))) };
  }
  return state.config;
}

function carryOut(name: string, apply: () => Partial<ImageConfig>): Partial<ImageConfig> {
  try {
    return apply();
  } catch (error) {
    if (error instanceof WordFault) throw fault(name, error.message);
    throw error;
  }
}

function fault(name: string, text: string): UsageError {
  return new UsageError(`${FLAG} ${name}: ${text}`, VERB);
}

/** Lines as a Dockerfile has them: a backslash at the end goes on, comments and empty lines are skipped. */
function linesOf(change: string): string[] {
  const lines = change.replace(/\\[ \t]*\r?\n/g, "").split("\n");
  return lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
}

function lookupIn(config: ImageConfig): Lookup {
  const env = new Map((config.Env ?? []).map(cut));
  return (name) => env.get(name);
}

function cut(entry: string): readonly [name: string, value: string] {
  const equals = entry.indexOf("=");
  return equals < 0 ? [entry, ""] : [entry.slice(0, equals), entry.slice(equals + 1)];
}

/** The words of the form ["a", "b"]; undefined where it is not of that form, which then is for the shell. */
function execForm(rest: string): string[] | undefined {
  if (!rest.startsWith("[")) return undefined;
  try {
    const words: unknown = JSON.parse(rest);
    return Array.isArray(words) && words.every((word) => typeof word === "string") ? words : undefined;
  } catch {
    return undefined;
  }
}

function commandOf(rest: string, config: ImageConfig): string[] {
  const words = execForm(rest);
  if (words?.some((word) => word.includes("\0")) === true) throw fault("command", "contains a NUL character");
  return words ?? [...(config.Shell ?? ["/bin/sh", "-c"]), rest];
}

/** `a=b c="d e"`, or the old form `a b c`, which is one pair. */
function pairsOf(name: string, rest: string, lookup: Lookup): (readonly [name: string, value: string])[] {
  const words = splitWords(rest, lookup);
  if (words[0]?.includes("=") !== true) {
    const [, key, value] = /^(\S+)\s+(.+)$/s.exec(rest) ?? [];
    if (key === undefined || value === undefined) throw fault(name, "expected NAME=VALUE");
    return [[expand(key, lookup), expand(value, lookup)]];
  }
  const pairs = words.map((word) => {
    if (!word.includes("=")) throw fault(name, `expected NAME=VALUE, found ${quote(word)}`);
    return cut(word);
  });
  if (pairs.some(([key]) => key === "")) throw fault(name, "a name is empty");
  return pairs;
}

function oneWord(name: string, rest: string, lookup: Lookup): string {
  const word = expand(rest, lookup);
  if (word === "") throw fault(name, "nothing follows it");
  return word;
}
