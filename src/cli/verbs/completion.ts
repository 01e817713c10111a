// `bunker completion SHELL`: prints the script.

import { parseArgs } from "../args.ts";
import { completionScript } from "../complete.ts";
import { out } from "../../text/out.ts";
import { showHelp } from "../show-help.ts";
import { COMMANDS } from "../tables/all.ts";
import { completion } from "../tables/completion.ts";

/** @returns the exit code */
export function main(words: string[]): number | Promise<number> {
  const parsed = parseArgs(completion, words);
  if (parsed.help) return showHelp(completion);
  out(completionScript(parsed.operands[0] ?? "", COMMANDS));
  return 0;
}
