// Completion scripts for bash, zsh and fish. The logic of each stands in completion/, as the shell reads it; this file
// fills in what follows from the tables: verbs, options, and what belongs after them. Names of containers and images
// are asked from bunker itself when the user presses the key: `bunker __complete containers|images`, one name a line.

import { UsageError } from "../errors.ts";
import type { Command, Completion, Option } from "./command.ts";
import bashText from "./completion/bash.txt" with { type: "text" };
import fishText from "./completion/fish.txt" with { type: "text" };
import zshText from "./completion/zsh.txt" with { type: "text" };
import { quoted } from "../text/printable.ts";

/** The script for a shell; a UsageError for one that there is none for. */
export function completionScript(shell: string, commands: readonly Command[]): string {
  switch (shell) {
    case "bash":
      return bashScript(commands);
    case "zsh":
      return zshScript(commands);
    case "fish":
      return fishScript(commands);
    default:
      throw new UsageError(`no completion for the shell ${quoted(shell)}: expected bash, zsh or fish`, "completion");
  }
}

/** --help like any other option; its short name is not offered, for run has another use for it. */
const HELP: Option = { name: "help", kind: "flag", help: "Print help" };

function optionsOf(command: Command): readonly Option[] {
  return [...command.options.filter((option) => option.hidden !== true), HELP];
}

/** "--memory", "-m". */
function spellings(option: Option): string[] {
  return [`--${option.name}`, ...(option.short === undefined ? [] : [`-${option.short}`])];
}

function completionOf(option: Option): Completion | undefined {
  return option.kind === "flag" ? undefined : (option.choices ?? option.complete);
}

/** A word for any shell: as it is where nothing in it is special, else in single quotes. */
function quote(word: string): string {
  return /^[\w=,./:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function fill(template: string, parts: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(parts).reduce(
    (text, [name, lines]) => text.replace(`@${name}@`, () => lines.join("\n")),
    template,
  );
}

// bash

function bashScript(commands: readonly Command[]): string {
  const verbs = commands.map((command) => {
    const options = optionsOf(command);
    const valued = options.filter((option) => option.kind !== "flag").flatMap(spellings);
    const names = options.map((option) => `--${option.name}`).join(" ");
    const stops = command.stopAtFirstOperand ? 1 : 0;
    return `    ${command.name}) options=(${names}) valued=' ${valued.join(" ")} ' stops=${stops} ;;`;
  });
  return fill(bashText, {
    VERBS: verbs,
    KINDS: commands.flatMap(bashKinds),
    NAMES: [commands.map((command) => command.name).join(" ")],
  });
}

function bashKinds(command: Command): string[] {
  const kind = (completion: Completion): string =>
    typeof completion === "string" ? `kind=${completion}` : `kind=words choices=(${completion.map(quote).join(" ")})`;
  const options = optionsOf(command).flatMap((option) => {
    const completion = completionOf(option);
    const places = spellings(option).map((spelling) => `${command.name}/${spelling}`);
    return completion === undefined ? [] : [`    ${places.join(" | ")}) ${kind(completion)} ;;`];
  });
  const positions = operandsOf(command).map(({ first, last, completion }) => {
    const place = `${command.name}/${first === last ? first : "[0-9]*"}`;
    return `    ${place}) ${kind(completion)} ;;`;
  });
  return [...options, ...positions];
}

/** What belongs at which positions, from 1; the last entry may go on for ever. */
function operandsOf(command: Command): { first: number; last: number; completion: Completion }[] {
  const all = command.completeOperands ?? [];
  return all.map((completion, index) => ({
    first: index + 1,
    last: index === all.length - 1 ? command.maxOperands : index + 1,
    completion,
  }));
}

// zsh

function zshScript(commands: readonly Command[]): string {
  return fill(zshText, {
    NAMES: commands.map(
      (command) => `        ${quoteAlways(`${command.name}:${command.summary.replaceAll(":", "\\:")}`)}`,
    ),
    VERBS: commands.flatMap((command) => [
      `        ${command.name})`,
      `          _arguments -s -S ${command.stopAtFirstOperand ? "-A '-*' " : ""}: \\`,
      ...[...optionsOf(command).map(zshOption), ...zshOperands(command)].map((spec) => `            ${spec} \\`),
      "            && ret=0",
      "          ;;",
    ]),
  });
}

function quoteAlways(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** One spec of _arguments(1): `'(-m --memory)'{-m+,--memory=}'[help]:BYTES:action'`. */
function zshOption(option: Option): string {
  const help = option.help.replaceAll(/[\][\\]/g, "\\$&");
  const names = spellings(option).reverse();
  const marked =
    option.kind === "flag" ? names : names.map((name) => (name.startsWith("--") ? `${name}=` : `${name}+`));
  const alternatives = marked.length === 1 ? marked[0] : `{${marked.join(",")}}`;
  const before = option.kind === "list" ? "'*'" : `'(${names.join(" ")})'`;
  const value =
    option.kind === "flag" ? "" : `:${option.value.replaceAll(":", "\\:")}:${zshAction(completionOf(option))}`;
  return `${before}${alternatives}${quoteAlways(`[${help}]${value}`)}`;
}

function zshOperands(command: Command): string[] {
  return operandsOf(command).map(({ first, last, completion }) => {
    const position = first === last ? String(first) : "*";
    return quoteAlways(`${position}:${typeof completion === "string" ? completion : "value"}:${zshAction(completion)}`);
  });
}

function zshAction(completion: Completion | undefined): string {
  if (completion === undefined) return " ";
  if (completion === "file") return "_files";
  if (completion === "dir") return "_files -/";
  if (typeof completion === "string") return `_bunker_${completion}`;
  return completion.some((word) => word.endsWith("="))
    ? ` _bunker_open ${completion.join(" ")}`
    : `(${completion.join(" ")})`;
}

// fish

function fishScript(commands: readonly Command[]): string {
  const valued = commands.map((command) => {
    const names = optionsOf(command)
      .filter((option) => option.kind !== "flag")
      .flatMap(spellings);
    return names.length === 0
      ? []
      : [`        case ${command.name}`, `            string split ' ' -- ${quoteFish(names.join(" "))}`];
  });
  return fill(fishText, { VALUED: valued.flat(), RULES: commands.flatMap(fishRules) });
}

function fishRules(command: Command): string[] {
  const verb = `complete -c bunker -n '__bunker_is ""' -a ${command.name} -d ${quoteFish(command.summary)}`;
  // Options stand anywhere, or only before the first operand.
  const open = command.stopAtFirstOperand
    ? `__bunker_operands ${command.name} 0 0 values`
    : `__bunker_is ${command.name}`;
  const options = optionsOf(command).map((option) => {
    const short = option.short === undefined ? "" : ` -s ${option.short}`;
    const value = option.kind === "flag" ? "" : ` ${fishValue(completionOf(option), "-r")}`;
    return `complete -c bunker -n '${open}'${short} -l ${option.name}${value} -d ${quoteFish(option.help)}`;
  });
  const operands = operandsOf(command).map(({ first, last, completion }) => {
    const most = Number.isFinite(last) ? last - 1 : 999999;
    return `complete -c bunker -n '__bunker_operands ${command.name} ${first - 1} ${most}' ${fishValue(completion, "")}`;
  });
  return [verb, ...options, ...operands];
}

function fishValue(completion: Completion | undefined, required: string): string {
  if (completion === "file") return `${required} -F`.trim();
  const names = (what: string): string => `(bunker __complete ${what} 2>/dev/null)`;
  const words = {
    dir: "(__fish_complete_directories)",
    image: names("images"),
    container: names("containers"),
    object: `${names("containers")} ${names("images")}`,
  };
  const known = typeof completion === "string" ? words[completion] : completion?.join(" ");
  return `${required} -f${known === undefined ? "" : ` -a ${quoteFish(known)}`}`.trim();
}

/** In fish's single quotes a backslash escapes itself and the quote. */
function quoteFish(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}
