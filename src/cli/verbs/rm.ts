// `bunker rm`.

import { removeContainer } from "../../cleanup.ts";
import { UserError } from "../../errors.ts";
import { type Container, findContainer, lookUpContainer, readState } from "../../state/find.ts";
import { lockPath, type Paths, paths } from "../../state/paths.ts";
import { sweep } from "../../sweep.ts";
import { lockFile } from "../../sys/lock.ts";
import { endContainer } from "../../stop.ts";
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

/** Between two looks at a lock that somebody else holds, milliseconds. */
const STEP = 5;

function remove(at: Paths, { record }: Container, force: boolean): void {
  for (;;) {
    const lock = lockFile(lockPath(at, record.id), { wait: false });
    if (lock !== undefined) {
      removeContainer(at, record.id, lock);
      return;
    }
    // A monitor has it, perhaps of a container that is only being started, or a command that is done soon.
    if (readState(at, record.id).status === "running") {
      if (!force) throw stillRunning(record.name);
      endContainer(at, record);
    }
    Bun.sleepSync(STEP);
  }
}

function stillRunning(name: string): UserError {
  return new UserError(`cannot remove container ${name}: it is running`, {
    remedy: `stop it first with 'bunker stop ${name}', or force it with 'bunker rm -f ${name}'`,
  });
}
