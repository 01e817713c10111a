// The command line's entry. A verb's code is loaded when it is called: what a start does not need costs it nothing.

import { formatError, exitCodeOf, UsageError } from "./errors.ts";
import { err, out } from "./text/out.ts";
import { VERSION_LINE } from "./version.ts";

interface Verb {
  main(words: string[]): number | Promise<number>;
}

const VERBS: Readonly<Record<string, () => Promise<Verb>>> = {
  run: () => import("./cli/verbs/run.ts"),
  ps: () => import("./cli/verbs/ps.ts"),
  stop: () => import("./cli/verbs/stop.ts"),
  kill: () => import("./cli/verbs/kill.ts"),
  rm: () => import("./cli/verbs/rm.ts"),
  logs: () => import("./cli/verbs/logs.ts"),
  inspect: () => import("./cli/verbs/inspect.ts"),
  import: () => import("./cli/verbs/import.ts"),
  images: () => import("./cli/verbs/images.ts"),
  rmi: () => import("./cli/verbs/rmi.ts"),
  version: () => import("./cli/verbs/version.ts"),
  info: () => import("./cli/verbs/info.ts"),
  doctor: () => import("./cli/verbs/doctor.ts"),
  completion: () => import("./cli/verbs/completion.ts"),
  __complete: () => import("./cli/verbs/__complete.ts"),
  __exit: () => import("./cli/verbs/__exit.ts"),
};

async function main(words: string[]): Promise<number> {
  const [verb, ...rest] = words;
  if (verb === undefined || verb === "help" || verb === "--help" || verb === "-h") return showOverview(rest);
  if (verb === "--version" || verb === "-v") {
    out(VERSION_LINE);
    return 0;
  }
  const load = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (load === undefined) throw await unknownVerb(verb);
  return (await load()).main(rest);
}

/** `bunker`, `bunker --help`, `bunker help VERB`. */
async function showOverview(words: string[]): Promise<number> {
  const [verb] = words;
  if (verb !== undefined && Object.hasOwn(VERBS, verb)) return main([verb, "--help"]);
  if (verb !== undefined) throw await unknownVerb(verb);
  const [{ overviewHelp }, { COMMANDS }, { columns, isColourful }] = await Promise.all([
    import("./cli/help.ts"),
    import("./cli/tables/all.ts"),
    import("./text/out.ts"),
  ]);
  out(overviewHelp(COMMANDS, { width: columns(), bold: isColourful() }));
  return 0;
}

async function unknownVerb(verb: string): Promise<UsageError> {
  const { nearest } = await import("./cli/nearest.ts");
  const close = nearest(
    verb,
    Object.keys(VERBS).filter((name) => !name.startsWith("__")),
  );
  const hint = close === undefined ? "run 'bunker --help' for the list of verbs" : `did you mean '${close}'?`;
  return new UsageError(`unknown verb ${JSON.stringify(verb)}`, "", hint);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  err(`${formatError(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
