// `bunker VERB --help`. The help's text is made by code that a start without --help has no use for.

import type { Command } from "./command.ts";
import { columns, isColourful, out } from "../text/out.ts";

/** Prints a verb's help; the exit code is 0. */
export async function showHelp(command: Command): Promise<number> {
  const { commandHelp } = await import("./help.ts");
  out(commandHelp(command, { width: columns(), bold: isColourful() }));
  return 0;
}
