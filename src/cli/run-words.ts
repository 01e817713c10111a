// The words of a `bunker run` command line: parsed, and turned into the request that they mean.

import { parseRun } from "../oci/parse/run.ts";
import type { RunRequest } from "../oci/request.ts";
import { readBytes } from "../sys/file.ts";
import { parseArgs } from "./args.ts";
import { run } from "./tables/run.ts";

export interface RunWords {
  readonly request: RunRequest;
  readonly explain: boolean;
  /** Whether the same words always mean the same request: not where they name a file's or a variable's content. */
  readonly lasting: boolean;
}

/** @throws UsageError */
export function understand(words: readonly string[]): RunWords | "help" {
  const parsed = parseArgs(run, words);
  if (parsed.help) return "help";
  const request = parseRun(parsed, { cwd: process.cwd(), env: process.env, readFile: readBytes });
  const fromElsewhere =
    parsed.given("env-file") ||
    parsed.given("label-file") ||
    [...parsed.list("env"), ...parsed.list("label")].some((text) => !text.includes("="));
  return { request, explain: parsed.flag("explain"), lasting: !fromElsewhere };
}
