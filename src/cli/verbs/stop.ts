// `bunker stop`.

import { parseSignal } from "../../oci/parse/signal.ts";
import { findContainer } from "../../state/find.ts";
import { paths } from "../../state/paths.ts";
import { sweep } from "../../sweep.ts";
import { stopContainer } from "../../stop.ts";
import { parseArgs } from "../args.ts";
import { forEachOperand } from "../each.ts";
import { showHelp } from "../show-help.ts";
import { stop } from "../tables/stop.ts";

/** @returns the exit code */
export async function main(words: string[]): Promise<number> {
  const parsed = parseArgs(stop, words);
  if (parsed.help) return showHelp(stop);
  const signal = parsed.string("signal");
  const asked = signal === undefined ? undefined : parseSignal("--signal", signal, "stop");
  const timeout = parsed.integer("timeout", -1);
  const at = paths();
  sweep(at);
  return forEachOperand(parsed.operands, (word) => {
    const { record } = findContainer(at, word);
    stopContainer(at, record, asked ?? record.stopSignal, timeout ?? record.stopTimeout);
  });
}
