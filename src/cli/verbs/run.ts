// `bunker run`: the story is in src/run.ts. What it takes to understand the command line is loaded only where these words
// are new.

import { EXIT, UserError } from "../../errors.ts";
import { run, runRemembered } from "../../run.ts";
import { paths } from "../../state/paths.ts";

/** @returns the exit code, where no container was started; otherwise this process has become the container's front */
export async function main(words: string[]): Promise<number> {
  try {
    runRemembered(paths(), words);
    const { understand } = await import("../run-words.ts");
    const meaning = understand(words);
    if (meaning === "help") return await showRunHelp();
    if (!meaning.explain) return await run(paths(), meaning.lasting ? words : undefined, meaning.request);
    const { explain } = await import("../../run/explain.ts");
    return await explain(paths(), meaning.request);
  } catch (error) {
    throw asRunError(error);
  }
}

async function showRunHelp(): Promise<number> {
  const [{ showHelp }, { run: table }] = await Promise.all([import("../show-help.ts"), import("../tables/run.ts")]);
  return showHelp(table);
}

/** Docker's `run` ends with 125 where the fault is not the container's. */
function asRunError(error: unknown): unknown {
  if (error instanceof UserError && error.exitCode !== EXIT.failure) return error;
  const remedy = error instanceof UserError ? error.remedy : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return new UserError(message, { exitCode: EXIT.usage, cause: error, ...(remedy === undefined ? {} : { remedy }) });
}
