// `bunker run`: words to a request, then the story in src/run.ts.

import { parseRun } from "../../oci/parse/run.ts";
import { run as runContainer } from "../../run.ts";
import { paths } from "../../state/paths.ts";
import { readBytes } from "../../sys/file.ts";
import { EXIT, UserError } from "../../errors.ts";
import { parseArgs } from "../args.ts";
import { showHelp } from "../show-help.ts";
import { run } from "../tables/run.ts";

/** @returns the exit code, where no container was started; otherwise this process has become the container's front */
export async function main(words: string[]): Promise<number> {
  const parsed = parseArgs(run, words);
  if (parsed.help) return showHelp(run);
  const request = parseRun(parsed, { cwd: process.cwd(), env: process.env, readFile: readBytes });
  try {
    if (!parsed.flag("explain")) return await runContainer(paths(), request);
    const { explain } = await import("../../run/explain.ts");
    return await explain(paths(), request);
  } catch (error) {
    throw asRunError(error);
  }
}

/** Docker's `run` ends with 125 where the fault is not the container's. */
function asRunError(error: unknown): unknown {
  if (error instanceof UserError && error.exitCode !== EXIT.failure) return error;
  const remedy = error instanceof UserError ? error.remedy : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return new UserError(message, { exitCode: EXIT.usage, cause: error, ...(remedy === undefined ? {} : { remedy }) });
}
