// `bunker rmi`.

import { EXIT, formatError, UserError } from "../../errors.ts";
import { removeImage } from "../../fs/remove.ts";
import { sweepLayers } from "../../fs/sweep.ts";
import { makeDirectories, type Paths, paths } from "../../state/paths.ts";
import { parseArgs } from "../args.ts";
import { err, out } from "../../text/out.ts";
import { showHelp } from "../show-help.ts";
import { rmi } from "../tables/rmi.ts";

/** @returns the exit code */
export function main(words: string[]): number | Promise<number> {
  const parsed = parseArgs(rmi, words);
  if (parsed.help) return showHelp(rmi);
  const at = paths();
  makeDirectories(at);
  sweepLayers(at);
  const force = parsed.flag("force");
  let code: number = EXIT.ok;
  for (const word of parsed.operands) {
    try {
      out(removeOne(at, word, force));
    } catch (error) {
      err(`${formatError(error)}\n`);
      code = EXIT.failure;
    }
  }
  return code;
}

/** What was removed, in Docker's words. */
function removeOne(at: Paths, word: string, force: boolean): string {
  const removed = removeImage(at, word, force);
  if (removed !== undefined) {
    const untagged = removed.untagged.map((name) => `Untagged: ${name}\n`);
    return [...untagged, ...removed.deleted.map((digest) => `Deleted: ${digest}\n`)].join("");
  }
  if (force) return "";
  throw new UserError(`no such image: ${word}`, { remedy: "list the images with 'bunker images'" });
}
