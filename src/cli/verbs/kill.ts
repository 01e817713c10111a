// `bunker kill`.

import { UserError } from "../../errors.ts";
import { parseSignal } from "../../oci/parse/signal.ts";
import { findContainer } from "../../state/find.ts";
import { paths } from "../../state/paths.ts";
import { sweep } from "../../sweep.ts";
import { signalContainer, stopContainer } from "../../stop.ts";
import { SIGKILL } from "../../sys/abi/consts.gen.ts";
import { parseArgs } from "../args.ts";
import { forEachOperand } from "../each.ts";
import { showHelp } from "../show-help.ts";
import { kill } from "../tables/kill.ts";

/** @returns the exit code */
export async function main(words: string[]): Promise<number> {
  const parsed = parseArgs(kill, words);
  if (parsed.help) return showHelp(kill);
  const signal = parseSignal("--signal", parsed.string("signal") ?? "KILL", "kill");
  const at = paths();
  sweep(at);
  return forEachOperand(parsed.operands, (word) => {
    const { record } = findContainer(at, word);
    const done = signal === SIGKILL ? stopContainer(at, record, signal, 0) : signalContainer(at, record.id, signal);
    if (!done) throw new UserError(`cannot kill container ${word}: it is not running`);
  });
}
