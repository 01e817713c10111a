// What stays in memory while a container runs: bunker's monitor, whatever else of bunker is still there (nothing should
// be), and podman's conmon beside it.

import { type Bench, CAPS } from "./rows.ts";
import { podmanRun } from "./peers.ts";
import {
  bunkerProcesses,
  isMonitor,
  listProcesses,
  type Memory,
  memoryOf,
  type ProcessFacts,
  sum,
} from "./processes.ts";
import { bunker, IMAGE, type Workspace } from "./workspace.ts";

export interface Resident {
  /** One monitor. */
  readonly monitor: Memory | undefined;
  /** Processes of bunker's beside the monitor. */
  readonly others: number;
  /** podman's monitor process. */
  readonly conmon: Memory | undefined;
}

export interface Crowd {
  readonly monitors: number;
  readonly others: number;
  /** Of all monitors together. */
  readonly memory: Memory;
}

const SLEEP = ["sleep", "100000"] as const;
/** Until a detached start's front has left and the monitor waits. */
const SETTLE_MILLISECONDS = 500;

/** Starts one container with each engine, looks, and removes them. */
export async function resident({ space, host, inside, peers }: Bench): Promise<Resident> {
  const name = `${space.tag}-resident`;
  const started = await host.must(bunker(space, "run", "-d", "--name", name, ...CAPS, IMAGE, ...SLEEP));
  if (peers.podman !== undefined) await inside.must(peers.podman(...podmanRun(space, name, SLEEP)));
  await Bun.sleep(SETTLE_MILLISECONDS);
  const all = listProcesses();
  const { monitors, others } = split(all, space, [started.stdout.trim()]);
  const conmon = all.find(({ executable, argv }) => executable.endsWith("/conmon") && argv.includes(name));
  const found = {
    monitor: monitors[0] === undefined ? undefined : memoryOf(monitors[0].pid),
    others: others.length,
    conmon: conmon === undefined ? undefined : memoryOf(conmon.pid),
  };
  await host.must(bunker(space, "rm", "-f", name));
  if (peers.podman !== undefined) await inside.must(peers.podman("rm", "-f", "-t", "0", name));
  return found;
}

/** The memory of all monitors while the crowd runs. */
export async function crowdMemory({ space, host }: Bench): Promise<Crowd> {
  const { stdout } = await host.must(bunker(space, "ps", "-q", "--no-trunc"));
  const { monitors, others } = split(listProcesses(), space, stdout.split("\n").filter(Boolean));
  const memory = sum(monitors.flatMap(({ pid }) => memoryOf(pid) ?? []));
  return { monitors: monitors.length, others: others.length, memory };
}

function split(all: readonly ProcessFacts[], space: Workspace, ids: readonly string[]) {
  const own = bunkerProcesses(all, space.bunker, `${space.dir}/bunker`, ids);
  return { monitors: own.filter(isMonitor), others: own.filter((process) => !isMonitor(process)) };
}
