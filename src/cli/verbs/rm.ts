// `bunker rm`.

import { removeContainer } from "../../cleanup.ts";
import { UserError } from "../../errors.ts";
import { type Container, findContainer, lookUpContainer } from "../../state/find.ts";
import { lockPath, type Paths, paths } from "../../state/paths.ts";
import { sweep } from "../../sweep.ts";
import { lockFile } from "../../sys/lock.ts";
import { stopContainer } from "../../stop.ts";
import { SIGKILL } from "../../sys/abi/consts.gen.ts";
import { parseArgs } from "../args.ts";
import { forEachOperand } from "../each.ts";
import { showHelp } from "../show-help.ts";
import { rm } from "../tables/rm.ts";

/** @returns the exit code */
export async function main(words: string[]): Promise<number> {
  const parsed = parseArgs(rm, words);
  if (parsed.help) return showHelp(rm);
  const at = paths();
  sweep(at);
  const force = parsed.flag("force");
  return forEachOperand(parsed.operands, (word) => {
    const found = force ? lookUpContainer(at, word) : findContainer(at, word);
    if (found !== undefined) remove(at, found, force);
  });
}

function remove(at: Paths, { record, state }: Container, force: boolean): void {
  if (state.status === "running") {
    if (!force) {
      throw new UserError(`cannot remove container ${record.name}: it is running`, {
        remedy: `stop it first with 'bunker stop ${record.name}', or force it with 'bunker rm -f ${record.name}'`,
      });
    }
    stopContainer(at, record, SIGKILL, 0);
  }
  const lock = lockFile(lockPath(at, record.id), { wait: true });
  if (lock === undefined) throw new Error("a lock that was waited for was not given");
  removeContainer(at, record.id, lock);
}
