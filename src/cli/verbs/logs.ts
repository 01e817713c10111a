// `bunker logs`: from the words of the command line to the log's reader.

import { STDERR, STDOUT } from "../../logs/frame.ts";
import { type LogOptions, printLog } from "../../logs/read.ts";
import { parseTime } from "../../logs/time.ts";
import { findContainer } from "../../state/find.ts";
import { paths } from "../../state/paths.ts";
import { invalidValue, type Parsed, parseArgs } from "../args.ts";
import { err, out } from "../../text/out.ts";
import { showHelp } from "../show-help.ts";
import { logs } from "../tables/logs.ts";

/** @returns the exit code */
export function main(words: string[]): number | Promise<number> {
  const parsed = parseArgs(logs, words);
  if (parsed.help) return showHelp(logs);
  const options = readOptions(parsed, Date.now());
  const at = paths();
  const { record, fault } = findContainer(at, parsed.operands[0] ?? "");
  if (fault !== undefined) throw fault;
  return printLog(at, record, options, { [STDOUT]: out, [STDERR]: err });
}

function readOptions(parsed: Parsed<typeof logs>, now: number): LogOptions {
  const since = parsed.string("since");
  const until = parsed.string("until");
  const tail = readTail(parsed.string("tail"));
  return {
    timestamps: parsed.flag("timestamps"),
    follow: parsed.flag("follow"),
    ...(tail === undefined ? {} : { tail }),
    ...(since === undefined ? {} : { since: parseTime("since", since, now) }),
    ...(until === undefined ? {} : { until: parseTime("until", until, now) }),
  };
}

/** undefined for all lines, which Docker also calls -1. */
function readTail(text: string | undefined): number | undefined {
  if (text === undefined || text === "all" || text === "-1") return undefined;
  const lines = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(lines)) throw invalidValue(logs, "tail", text, "a number of lines, or all");
  return lines;
}
