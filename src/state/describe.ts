// Containers in words: the columns of `ps`, with Docker's wording, because scripts look for "Up " and "Exited (0)".
// Pure: the caller says what time it is.

import type { ContainerRecord, ContainerState } from "./record.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Cells of the terminal that the command may take. */
const COMMAND_WIDTH = 20;
export const SHORT_ID = 12;

export function shownId(id: string, full: boolean): string {
  return full ? id : id.slice(0, SHORT_ID);
}

/**
 * A length of time in milliseconds, as coarse as people want it: "Less than a second", "42 seconds", "About an hour".
 * A negative one (the clock was set back) is less than a second. Source: go-units, HumanDuration.
 */
export function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / SECOND);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.floor(milliseconds / MINUTE);
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.floor(milliseconds / HOUR + 0.5);
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  const days = Math.floor(hours / 24);
  if (days < 7 * 2) return `${days} days`;
  if (days < 30 * 2) return `${Math.floor(days / 7)} weeks`;
  if (days < 365 * 2) return `${Math.floor(days / 30)} months`;
  return `${Math.floor(milliseconds / HOUR / 24 / 365)} years`;
}

/** "3 minutes ago"; times in milliseconds since 1970. */
export function ago(time: number, now: number): string {
  return `${duration(now - time)} ago`;
}

/** The STATUS column: "Up 3 minutes", "Exited (137) 2 hours ago", "Created", "Dead: monitor lost". */
export function statusText(state: ContainerState, now: number): string {
  switch (state.status) {
    case "running":
      return `Up ${duration(now - (state.live?.started ?? now))}`;
    case "exited":
      return `Exited (${state.exit?.code ?? 0}) ${ago(state.exit?.finished ?? now, now)}`;
    case "created":
      return "Created";
    case "dead":
      return "Dead: monitor lost";
  }
}

/** The command as one line: words with spaces in them stand in single quotes, as Docker has it. */
export function commandLine(command: readonly string[]): string {
  let line = command[0] ?? "";
  for (let n = 1; n < command.length; n++)
    line += command[n]?.includes(" ") === true ? ` '${command[n]}'` : ` ${command[n]}`;
  return line;
}

/** The COMMAND column: cut to 20 cells unless `full`, then quoted. */
export function commandText(command: readonly string[], full: boolean): string {
  const line = commandLine(command);
  return quote(full ? line : ellipsis(line, COMMAND_WIDTH));
}

/** The text, or as much of it as fits with an ellipsis into `width` cells of the terminal. */
export function ellipsis(text: string, width: number): string {
  // Measuring letter by letter is slow, and nearly every text is plain.
  if (/^[ -~]*$/.test(text)) return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
  // A command may be a megabyte long.
  const start = text.slice(0, width * 16);
  if (start === text && Bun.stringWidth(text) <= width) return text;
  let cut = "";
  for (const letter of start) {
    if (Bun.stringWidth(cut + letter) > width - 1) break;
    cut += letter;
  }
  return `${cut}…`;
}

/** In double quotes, with what is not printable as an escape (Go's strconv.Quote). */
function quote(text: string): string {
  const escaped = text.replace(/["\\]/g, "\\$&").replace(/\p{Cc}/gu, (control) => {
    const short = { "\n": "\\n", "\t": "\\t", "\r": "\\r" }[control];
    return short ?? `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `"${escaped}"`;
}

/** "2027-01-31 12:00:00 +0000 UTC"; milliseconds since 1970. */
export function dateText(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`;
}

/** "a=1,b=2", in the order of their names. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}=${labels[name]}`)
    .join(",");
}

/** A row of `ps` under Docker's names: what `--format json` prints and what a template may ask for. */
export interface PsRow {
  readonly Command: string;
  readonly CreatedAt: string;
  readonly ID: string;
  readonly Image: string;
  readonly Labels: string;
  readonly LocalVolumes: string;
  readonly Mounts: string;
  readonly Names: string;
  readonly Networks: string;
  readonly Ports: string;
  readonly RunningFor: string;
  readonly Size: string;
  readonly State: string;
  readonly Status: string;
}

export function psRow(record: ContainerRecord, state: ContainerState, full: boolean, now: number): PsRow {
  return {
    Command: commandText(record.command, full),
    CreatedAt: dateText(record.created),
    ID: shownId(record.id, full),
    Image: record.image.name,
    Labels: labelText(record.labels),
    LocalVolumes: "0",
    Mounts: "",
    Names: record.name,
    Networks: record.network,
    // Containers have no network of their own with ports to publish, or the host's, where nothing is mapped.
    Ports: "",
    RunningFor: ago(record.created, now),
    Size: "0B",
    State: state.status,
    Status: statusText(state, now),
  };
}
