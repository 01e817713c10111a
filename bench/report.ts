// bench/RESULTS.md: what was measured, as a page for people. Pure: from results to text.

import type { Facts } from "./machine.ts";
import { type Absence, summarize } from "./measure.ts";
import type { Crowd, Resident } from "./memory.ts";
import type { Memory } from "./processes.ts";
import type { Table } from "./rows.ts";

export interface Goal {
  readonly text: string;
  /** The measured number must not be above it. */
  readonly limit: number;
  readonly unit: "×" | "kB" | "processes";
  /** Undefined where it could not be measured. */
  readonly measured: number | undefined;
}

export interface Results {
  readonly facts: Facts;
  readonly rounds: number;
  readonly goals: readonly Goal[];
  readonly tables: readonly Table[];
  readonly resident: Resident | undefined;
  readonly crowd: (Crowd & { readonly starts: readonly number[] }) | undefined;
  readonly absent: readonly Absence[];
}

export function renderReport(results: Results): string {
  const { facts, rounds, goals, tables } = results;
  const parts = [
    `# Measurements

Written by \`npm run bench\`. The contenders take turns ${rounds} times, in an order that is shuffled every round, after a few
rounds that do not count. A time is what lies between just before and just after one \`Bun.spawnSync\` of the command. Times
differ from machine to machine and with what else it does: the ratios say more.`,
    markdownTable(
      ["", ""],
      facts.map(([name, value]) => [name, cell(value)]),
    ),
    `## Goals\n\n${goalTable(goals)}`,
    ...tables.map(renderTable),
    ...renderResident(results),
    ...renderAbsences([...results.absent, ...tables.flatMap(({ absent }) => absent)]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function goalTable(goals: readonly Goal[]): string {
  const rows = goals.map(({ text, limit, unit, measured }) => [
    text,
    `≤ ${limit} ${unit}`,
    measured === undefined ? "not measured" : `${amount(measured, unit)} ${unit}`,
    measured === undefined ? "" : measured <= limit ? "met" : "**missed**",
  ]);
  return markdownTable(["goal", "limit", "measured", ""], rows);
}

function amount(value: number, unit: Goal["unit"]): string {
  return unit === "×" ? value.toFixed(2) : String(value);
}

function renderTable({ title, intro, baseline, times }: Table): string {
  const base = summarize(times.get(baseline) ?? []);
  const rows = [...times].flatMap(([name, values]) => {
    const summary = summarize(values);
    if (summary === undefined) return [];
    const ratio = base === undefined ? "" : `${(summary.median / base.median).toFixed(2)} ×`;
    return [[name, summary.median.toFixed(2), summary.min.toFixed(2), ratio]];
  });
  return `## ${title}\n\n${intro}\n\n${markdownTable(["", "median ms", "min ms", `÷ ${baseline}`], rows)}`;
}

function renderResident({ resident, crowd }: Results): string[] {
  const row = (name: string, memory: Memory | undefined) =>
    memory === undefined ? [] : [[name, String(memory.rss), String(memory.pss), String(memory.tables)]];
  const rows = [
    ...row("bunker's monitor", resident?.monitor),
    ...row("conmon (podman)", resident?.conmon),
    ...row(`${crowd?.monitors} monitors of bunker's together`, crowd?.memory),
  ];
  if (rows.length === 0) return [];
  const starts = summarize(crowd?.starts ?? []);
  const took =
    crowd === undefined || starts === undefined
      ? ""
      : `\n\n${starts.count} containers with caps, started one after the other: ${starts.median.toFixed(2)} ms each (median), ` +
        `${(crowd.starts.reduce((a, b) => a + b, 0) / 1000).toFixed(1)} s together.`;
  const others = [
    ...(resident === undefined ? [] : [`${resident.others} beside one running container`]),
    ...(crowd === undefined ? [] : [`${crowd.others} beside ${crowd.monitors}`]),
  ];
  const table = markdownTable(["kB", "RSS", "PSS", "page tables"], rows);
  return [`## Resident while containers run\n\n${table}\n\nOther processes of bunker's: ${others.join(", ")}.${took}`];
}

function renderAbsences(absent: readonly Absence[]): string[] {
  if (absent.length === 0) return [];
  return [`## Left out\n\n${absent.map(({ name, why }) => `- ${name}: ${cell(why)}`).join("\n")}`];
}

/** Markdown, with the columns padded for those who read it as text. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? title).length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** What other programs say must not break out of its place. */
function cell(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("|", "\\|");
}
