// Runs a verb in a process of its own, as the command line does, with the state directories of a test.

import { join } from "node:path";

import type { Paths } from "../../src/state/paths.ts";

const MAIN = join(import.meta.dir, "..", "..", "src", "main.ts");

export interface Ran {
  readonly output: string;
  readonly errors: string;
  readonly code: number;
}

function environment(paths: Paths, more: Readonly<Record<string, string>>): Record<string, string | undefined> {
  return { ...process.env, BUNKER_ROOT: paths.root, BUNKER_RUN: paths.run, COLUMNS: "80", ...more };
}

/** The words of the command line; what the process prints and how it ends. */
export function runVerb(
  paths: Paths,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  encoding: "utf8" | "latin1" = "utf8",
): Ran {
  const command = [process.execPath, MAIN, ...words];
  const ran = Bun.spawnSync(command, { env: environment(paths, env), stderr: "pipe" });
  return { output: ran.stdout.toString(encoding), errors: ran.stderr.toString(), code: ran.exitCode };
}

/** A verb that goes on running. */
export interface Running extends AsyncDisposable {
  /** Waits until exactly this has been printed; fails when the verb ends or prints something else. */
  until(output: string): Promise<void>;
  /** Everything it printed, once it has ended. */
  ended(): Promise<Ran>;
  /** Closes the reading end of its standard output. */
  stopReading(): Promise<void>;
  exited(): Promise<number>;
}

export function startVerb(paths: Paths, words: readonly string[]): Running {
  const child = Bun.spawn([process.execPath, MAIN, ...words], { env: environment(paths, {}), stderr: "pipe" });
  const errors = child.stderr.text();
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let output = "";
  const more = async (): Promise<boolean> => {
    const { done, value } = await reader.read();
    if (!done) output += decoder.decode(value, { stream: true });
    return !done;
  };
  return {
    async until(wanted) {
      while (output !== wanted) {
        if (!wanted.startsWith(output))
          throw new Error(`printed ${JSON.stringify(output)}, not ${JSON.stringify(wanted)}`);
        if (!(await more())) throw new Error(`ended after ${JSON.stringify(output)}: ${await errors}`);
      }
    },
    async ended() {
      while (await more());
      return { output, errors: await errors, code: await child.exited };
    },
    stopReading: () => reader.cancel(),
    exited: () => child.exited,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
