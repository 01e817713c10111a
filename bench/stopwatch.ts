// Times commands for the benchmark: a process of its own, so that the peers' commands can be timed from inside the mount
// namespace they need, and bunker's outside of it by the very same code.
//
// One JSON line in ({ argv, env }), one JSON line out (a Lap): what stands between start and end of a time is
// Bun.spawnSync and nothing else. Its own share is what the row "plain /bin/true" shows. The command's output goes to
// files, because a container that stays would keep a pipe open.

import { closeSync, openSync, readFileSync } from "node:fs";

/** What to start. */
export interface Command {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** How it went. */
export interface Lap {
  readonly milliseconds: number;
  /** Of a shell's kind: 128 + n where a signal ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const SIGNALLED = 128;

/** Runs a command to its end. `directory` holds its output meanwhile. */
export function time({ argv, env }: Command, directory: string): Lap {
  const files = [`${directory}/stdout`, `${directory}/stderr`] as const;
  const [stdout, stderr] = [openSync(files[0], "w"), openSync(files[1], "w")];
  try {
    const start = Bun.nanoseconds();
    const ended = Bun.spawnSync([...argv], { env, cwd: "/", stdin: "ignore", stdout, stderr });
    const milliseconds = (Bun.nanoseconds() - start) / 1e6;
    const [out, err] = files.map((file) => readFileSync(file, "utf8"));
    return { milliseconds, exitCode: ended.exitCode ?? SIGNALLED, stdout: out ?? "", stderr: err ?? "" };
  } finally {
    closeSync(stdout);
    closeSync(stderr);
  }
}

if (import.meta.main) {
  const [directory = "/tmp"] = process.argv.slice(2);
  for await (const line of console) {
    // The end of the input arrives as an empty line.
    if (line !== "") console.log(JSON.stringify(time(JSON.parse(line) as Command, directory)));
  }
}
