// The help texts, made from the same tables that the parser reads. Pure: the caller says how wide the page is and
// whether headings may be bold (out.ts knows both).

import { type Command, COMMAND_GROUPS, type Option } from "./command.ts";
import { pad } from "../text/table.ts";

export interface Page {
  /** Character cells; narrower than 40 or wider than 100 is not made use of. */
  readonly width: number;
  /** Whether headings are bold. */
  readonly bold: boolean;
}

/** The widest left column; what is longer has its text on the next line. */
const WIDEST_TERM = 31;

/** A term and what it means; the meaning is wrapped to the right of it. */
type Entry = readonly [term: string, meaning: string];

/** What `bunker VERB --help` prints. */
export function commandHelp(command: Command, page: Page): string {
  const paragraphs = [command.summary, ...(command.description ?? [])].map((text) => wrap(text, widthOf(page), ""));
  const groups = groupedOptions(command);
  const widest = termWidth([...groups.values()].flat());
  const sections = [...groups].map(([title, entries]) => section(title, list(entries, widest, page), page));
  const examples = command.examples.map(
    ({ command: line, does }) => `  ${line}\n${wrap(does, widthOf(page), "      ")}`,
  );
  if (examples.length > 0) sections.push(section("Examples", examples.join(""), page));
  return [usage(command.usage, page), ...paragraphs, ...sections].join("\n");
}

/** What `bunker --help` prints. */
export function overviewHelp(commands: readonly Command[], page: Page): string {
  const shown = Object.entries(COMMAND_GROUPS).map(([group, title]) => {
    const entries = commands.filter((each) => each.group === group).map((each): Entry => [each.name, each.summary]);
    return { title, entries };
  });
  const options: Entry[] = [
    ["    --help", "Print this page"],
    ["-v, --version", "Print bunker's version"],
  ];
  const widest = termWidth([...shown.flatMap((each) => each.entries), ...options]);
  return [
    usage(["bunker COMMAND [OPTIONS] [ARG...]"], page),
    wrap("A container engine for edge and embedded Linux hosts, in one executable", widthOf(page), ""),
    ...shown
      .filter((each) => each.entries.length > 0)
      .map((each) => section(each.title, list(each.entries, widest, page), page)),
    section("Options", list(options, widest, page), page),
    wrap("'bunker COMMAND --help' describes a command.", widthOf(page), ""),
  ].join("\n");
}

/** The options under their headings, in the table's order; --help ends the first heading. */
function groupedOptions(command: Command): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>([["Options", []]]);
  for (const option of command.options) {
    if (option.hidden === true) continue;
    const title = option.group ?? "Options";
    const entries = groups.get(title) ?? [];
    entries.push(entryOf(option));
    groups.set(title, entries);
  }
  const taken = command.options.some((option) => option.short === "h");
  groups.get("Options")?.push([taken ? "    --help" : "-h, --help", "Print this page"]);
  return groups;
}

function entryOf(option: Option): Entry {
  const names = `${option.short === undefined ? "   " : `-${option.short},`} --${option.name}`;
  if (option.kind === "flag") return [names, option.help];
  return [`${names} ${option.value}`, option.kind === "list" ? `${option.help} (repeatable)` : option.help];
}

function usage(lines: readonly string[], page: Page): string {
  const indent = " ".repeat("Usage: ".length);
  return `${heading("Usage:", page)} ${lines.join(`\n${indent}`)}\n`;
}

function section(title: string, body: string, page: Page): string {
  return `${heading(`${title}:`, page)}\n${body}`;
}

function heading(text: string, page: Page): string {
  return page.bold ? `\x1b[1m${text}\x1b[0m` : text;
}

function widthOf(page: Page): number {
  return Math.min(100, Math.max(40, page.width));
}

function termWidth(entries: readonly Entry[]): number {
  return entries.reduce((widest, [term]) => (term.length > WIDEST_TERM ? widest : Math.max(widest, term.length)), 0);
}

/** Terms on the left, their meanings aligned on the right. */
function list(entries: readonly Entry[], widest: number, page: Page): string {
  // A narrow page has no room for two columns.
  const column = widest + 4 <= widthOf(page) / 2 ? widest + 4 : 8;
  return entries
    .map(([term, meaning]) => {
      const left = `  ${term}`;
      const text = wrap(meaning, widthOf(page), " ".repeat(column));
      return left.length + 2 > column ? `${left}\n${text}` : pad(left, column) + text.slice(column);
    })
    .join("");
}

/** Breaks a text at its spaces into lines of at most `width` cells, each with `indent` before it. */
export function wrap(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && indent.length + Bun.stringWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].map((each) => `${indent}${each}\n`).join("");
}
