// Which processes an engine has left running, and the memory they hold, from /proc.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface ProcessFacts {
  readonly pid: number;
  /** Path of the executable; empty for a process that may not be looked at. */
  readonly executable: string;
  readonly argv: readonly string[];
  readonly environment: readonly string[];
}

/** Kilobytes of 1024 bytes, as the kernel counts them. */
export interface Memory {
  readonly rss: number;
  readonly pss: number;
  /** Page tables: they are not in the other two. */
  readonly tables: number;
}

/** All processes; those that end meanwhile are left out. */
export function listProcesses(): ProcessFacts[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({
      pid: Number(name),
      executable: gone(() => readlinkSync(`/proc/${name}/exe`)) ?? "",
      argv: words(gone(() => readFileSync(`/proc/${name}/cmdline`, "utf8"))),
      environment: words(gone(() => readFileSync(`/proc/${name}/environ`, "utf8"))),
    }));
}

/** A process that ends while it is looked at was not there. */
function gone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

function words(text: string | undefined): string[] {
  return (text ?? "").split("\0").filter(Boolean);
}

/**
 * bunker's own processes: the executable itself at work on this state directory, and launch programs (they run from
 * memory files) of these containers.
 */
export function bunkerProcesses(
  all: readonly ProcessFacts[],
  bunker: string,
  root: string,
  ids: readonly string[],
): ProcessFacts[] {
  return all.filter(({ executable, argv, environment }) => {
    if (executable === bunker) return environment.includes(`BUNKER_ROOT=${root}`) || mentions(argv, ids);
    return executable.startsWith("/memfd:bunker") && mentions(argv, ids);
  });
}

function mentions(argv: readonly string[], ids: readonly string[]): boolean {
  return ids.some((id) => argv.some((word) => word === id || word === id.slice(0, SHORT)));
}

const SHORT = 12;

export function isMonitor({ argv }: ProcessFacts): boolean {
  return argv[0] === "bunker-monitor";
}

/** Undefined for a process that has ended. */
export function memoryOf(pid: number): Memory | undefined {
  return gone(() =>
    parseMemory(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"), readFileSync(`/proc/${pid}/status`, "utf8")),
  );
}

/** From the texts of smaps_rollup and status (proc_pid_smaps(5), proc_pid_status(5)). */
export function parseMemory(rollup: string, status: string): Memory {
  return { rss: kilobytes(rollup, "Rss"), pss: kilobytes(rollup, "Pss"), tables: kilobytes(status, "VmPTE") };
}

function kilobytes(text: string, field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text)?.[1];
  if (found === undefined)
    throw new Error(`cannot read the field ${field}: it is not in ${JSON.stringify(text.slice(0, 80))}`);
  return Number(found);
}

export function sum(memories: readonly Memory[]): Memory {
  const add = (field: keyof Memory) => memories.reduce((total, memory) => total + memory[field], 0);
  return { rss: add("rss"), pss: add("pss"), tables: add("tables") };
}
