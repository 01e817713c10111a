// `bunker ps`: which containers, in which form. Reads the state directory and changes nothing.

import { ago, commandText, psRow, type PsRow, shownId, statusText } from "../../state/describe.ts";
import { type Container, listContainers } from "../../state/find.ts";
import { paths } from "../../state/paths.ts";
import { type Parsed, parseArgs } from "../args.ts";
import { out } from "../../text/out.ts";
import { makeFilter } from "../ps-filter.ts";
import { showHelp } from "../show-help.ts";
import { formatTable } from "../../text/table.ts";
import { ps } from "../tables/ps.ts";

const HEADERS = ["container id", "image", "command", "created", "status", "ports", "names"] as const;

/** @returns the exit code */
export function main(words: string[]): number | Promise<number> {
  const parsed = parseArgs(ps, words);
  if (parsed.help) return showHelp(ps);
  const found = choose(parsed);
  const format = parsed.string("format") ?? "table";
  if (format !== "table" && format !== "json") return printTemplate(found, parsed.flag("no-trunc"), format);
  out(print(found, parsed, Date.now()));
  return 0;
}

function choose(parsed: Parsed<typeof ps>): Container[] {
  const filter = makeFilter(parsed.list("filter"));
  const last = parsed.flag("latest") ? 1 : (parsed.integer("last", -1) ?? -1);
  const all = parsed.flag("all") || last > 0 || filter.anyStatus;
  const found = listContainers(paths(), { running: !all }).filter(
    (container) => (all || container.state.status === "running") && filter.matches(container),
  );
  return last > 0 ? found.slice(0, last) : found;
}

function print(found: readonly Container[], parsed: Parsed<typeof ps>, now: number): string {
  const full = parsed.flag("no-trunc");
  if (parsed.string("format") === "json") return lines(rowsOf(found, full, now).map((row) => JSON.stringify(row)));
  if (parsed.flag("quiet")) return lines(found.map(({ record }) => shownId(record.id, full)));
  return formatTable(
    HEADERS,
    found.map((container) => cells(container, full, now)),
  );
}

async function printTemplate(found: readonly Container[], full: boolean, format: string): Promise<number> {
  const { applyTemplate } = await import("../ps-template.ts");
  out(applyTemplate(rowsOf(found, full, Date.now()), format));
  return 0;
}

function rowsOf(found: readonly Container[], full: boolean, now: number): PsRow[] {
  return found.map(({ record, state }) => psRow(record, state, full, now));
}

/** Only what the table shows is worked out. */
function cells({ record, state }: Container, full: boolean, now: number): string[] {
  return [
    shownId(record.id, full),
    record.image.name,
    commandText(record.command, full),
    ago(record.created, now),
    statusText(state, now),
    "",
    record.name,
  ];
}

function lines(rows: readonly string[]): string {
  return rows.map((row) => `${row}\n`).join("");
}
