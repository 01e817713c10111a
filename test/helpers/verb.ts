// Runs a verb in a process of its own, as the command line does, with the state directories of a test.

import { join } from "node:path";

import type { Paths } from "../../src/state/paths.ts";

const MAIN = join(import.meta.dir, "..", "..", "src", "main.ts");

export interface Ran {
  readonly output: string;
  readonly errors: string;
  readonly code: number;
}

/** The words of the command line; what the process prints and how it ends. */
export function runVerb(paths: Paths, words: readonly string[], env: Readonly<Record<string, string>> = {}): Ran {
  const ran = Bun.spawnSync([process.execPath, MAIN, ...words], {
    env: { ...process.env, BUNKER_ROOT: paths.root, BUNKER_RUN: paths.run, COLUMNS: "80", ...env },
    stderr: "pipe",
  });
  return { output: ran.stdout.toString(), errors: ran.stderr.toString(), code: ran.exitCode };
}
