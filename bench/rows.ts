// What is measured, a function for each part of the report: starting and ending a container, listing, staying in the
// background. bunker's commands run on the host as it is, the peers' inside of their namespace.

import { chmodSync, writeFileSync } from "node:fs";

import { floorExecutable } from "./floor.ts";
import { type Absence, type Contender, type Pace, type Stopwatch, takeTurns } from "./measure.ts";
import { crunDelete, crunServer, type Peers, podmanRun } from "./peers.ts";
import type { Command } from "./stopwatch.ts";
import { bunker, foreign, IMAGE, type Workspace } from "./workspace.ts";

export interface Bench {
  readonly space: Workspace;
  readonly host: Stopwatch;
  readonly inside: Stopwatch;
  readonly peers: Peers;
  readonly pace: Pace;
}

/** One table of the report: times by name, and the name that the others are compared with. */
export interface Table {
  readonly title: string;
  readonly intro: string;
  readonly baseline: string;
  readonly times: ReadonlyMap<string, readonly number[]>;
  readonly absent: readonly Absence[];
}

export const NAME = {
  capped: "bunker run --rm, with caps",
  plain: "bunker run --rm",
  floor: "the floor: clone, overlay, exec",
  exec: "true, without a container",
  version: "bunker version",
  ps: "bunker ps",
  started: "bunker run -d",
  stopped: "bunker stop",
} as const;

export const CAPS = ["-m", "64m", "--cpus", "0.5", "--pids-limit", "64"] as const;
export const CROWD = 100;

/** Waits like a server that ends when it is told to. */
export const SERVER = ["sh", "-c", "trap 'exit 0' TERM; sleep 100000 & wait"] as const;
/** Until the server's shell has set its trap: what a process 1 does not handle does not reach it. */
const SETTLE_MILLISECONDS = 150;

function contender(name: string, stopwatch: Stopwatch, command: Command, optional: boolean): Contender {
  return { name, optional, turn: async () => ({ [name]: (await stopwatch.must(command)).milliseconds }) };
}

/** From the start of the command to its end. */
export async function coldStart({ space, host, inside, peers, pace }: Bench): Promise<Table> {
  const floor = `${space.dir}/floor`;
  writeFileSync(floor, floorExecutable(space.rootfs, `${space.dir}/stage`));
  chmodSync(floor, 0o755);
  const contenders = [
    contender(NAME.capped, host, bunker(space, "run", "--rm", ...CAPS, IMAGE, "true"), false),
    contender(NAME.plain, host, bunker(space, "run", "--rm", IMAGE, "true"), false),
    ...[...peers.cold].map(([name, command]) => contender(name, inside, command, true)),
    contender(NAME.floor, host, foreign(space, [floor]), true),
    contender(NAME.exec, host, foreign(space, [`${space.rootfs}/bin/true`]), true),
  ];
  return {
    title: "Start `true`, wait for it, remove the container",
    intro: `From the start of the engine's command to its end. Caps: \`${CAPS.join(" ")}\`.`,
    baseline: NAME.capped,
    ...(await takeTurns(contenders, pace)),
  };
}

/** `ps` beside `version`, which does nothing: without containers, and with a crowd of them. */
export async function listing(bench: Bench): Promise<{ tables: Table[]; crowd: readonly number[] }> {
  const none = await listingTable(bench, 0);
  const crowd: number[] = [];
  const { space, host, pace } = bench;
  const names = Array.from({ length: CROWD }, (_, index) => `${space.tag}-crowd-${index}`);
  for (const name of names) {
    pace.check?.();
    const command = bunker(space, "run", "-d", "--name", name, ...CAPS, IMAGE, "sleep", "100000");
    crowd.push((await host.must(command)).milliseconds);
  }
  const many = await listingTable(bench, CROWD);
  return { tables: [none, many], crowd };
}

async function listingTable({ space, host, pace }: Bench, running: number): Promise<Table> {
  const { stdout } = await host.must(bunker(space, "ps", "-q"));
  const found = stdout.split("\n").filter(Boolean).length;
  if (found !== running) throw new Error(`cannot measure bunker ps: it shows ${found} containers, not ${running}`);
  const contenders = [
    contender(NAME.version, host, bunker(space, "version"), false),
    contender(NAME.ps, host, bunker(space, "ps"), false),
  ];
  return {
    title: `List ${running === 0 ? "no" : running} containers`,
    intro: "`version` is what any start of the executable costs.",
    baseline: NAME.version,
    ...(await takeTurns(contenders, pace)),
  };
}

/** Takes the crowd away. */
export async function disperse({ space, host }: Bench): Promise<void> {
  const names = Array.from({ length: CROWD }, (_, index) => `${space.tag}-crowd-${index}`);
  await host.must(bunker(space, "rm", "-f", ...names));
}

/** Start in the background, then stop with SIGTERM; removing is not measured. */
export async function background(bench: Bench): Promise<Table[]> {
  const { space, host, inside, peers, pace } = bench;
  const contenders = [bunkerTurn(space, host)];
  if (peers.podman !== undefined) contenders.push(podmanTurn(space, inside, peers.podman));
  const crun = peers.crun?.("crun-server", SERVER);
  if (crun !== undefined) contenders.push(crunTurn(space, inside, crun));
  const { times, absent } = await takeTurns(contenders, pace);
  const choose = (ending: RegExp) => new Map([...times].filter(([name]) => ending.test(name)));
  const intro = `The container runs \`sh -c "${SERVER[2]}"\``;
  return [
    {
      title: "Start in the background",
      intro: `${intro}. bunker with caps, the others without.`,
      baseline: NAME.started,
      times: choose(/ run /),
      absent,
    },
    { title: "Stop with SIGTERM", intro: `${intro}.`, baseline: NAME.stopped, times: choose(/ stop$/), absent: [] },
  ];
}

function bunkerTurn(space: Workspace, host: Stopwatch): Contender {
  const name = `${space.tag}-server`;
  const turn = async () => {
    const started = await host.must(bunker(space, "run", "-d", "--name", name, ...CAPS, IMAGE, ...SERVER));
    await Bun.sleep(SETTLE_MILLISECONDS);
    const stopped = await host.must(bunker(space, "stop", name));
    await host.must(bunker(space, "rm", name));
    return { [NAME.started]: started.milliseconds, [NAME.stopped]: stopped.milliseconds };
  };
  return { name: "bunker", optional: false, turn };
}

function podmanTurn(space: Workspace, inside: Stopwatch, podman: NonNullable<Peers["podman"]>): Contender {
  const name = `${space.tag}-server`;
  const turn = async () => {
    const started = await inside.must(podman(...podmanRun(space, name, SERVER)));
    await Bun.sleep(SETTLE_MILLISECONDS);
    const stopped = await inside.must(podman("stop", name));
    await inside.must(podman("rm", name));
    return { "podman run -d --network none": started.milliseconds, "podman stop": stopped.milliseconds };
  };
  return { name: "podman", optional: true, turn };
}

/** crun has no `stop`: its containers end by a signal and are deleted by hand. */
function crunTurn(space: Workspace, inside: Stopwatch, run: (id: string, ...options: string[]) => Command): Contender {
  const turn = async () => {
    const started = await inside.must(run(crunServer(space), "--detach"));
    await inside.must(crunDelete(space));
    return { "crun run --detach, bare bundle": started.milliseconds };
  };
  return { name: "crun", optional: true, turn };
}
