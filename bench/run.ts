// `npm run bench`: measures bunker beside other engines on this machine and writes bench/RESULTS.md.
//
//   npm run bench                        all parts, 40 rounds
//   npm run bench -- --quick             10 rounds
//   npm run bench -- --rows=cold,memory  some parts: cold, ps, memory, background
//   npm run bench -- --bunker=FILE       another executable than dist/bunker      --out=FILE  another report
//
// Needs root and busybox-static; crun, runc, podman and bwrap where they are installed. What it makes, it removes.

import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { exitCodeOf, formatError, UserError } from "../src/errors.ts";
import { machineFacts } from "./machine.ts";
import { Stopwatch, summarize } from "./measure.ts";
import { crowdMemory, resident } from "./memory.ts";
import { findPeers, PEER, type Peers } from "./peers.ts";
import { intoPrivate } from "./private.ts";
import { type Goal, renderReport, type Results } from "./report.ts";
import { background, type Bench, coldStart, CROWD, disperse, listing, NAME, type Table } from "./rows.ts";
import { bunker, IMAGE, makeWorkspace, removeWorkspace, type Workspace } from "./workspace.ts";

const ROOT = join(import.meta.dir, "..");
const ROWS = ["cold", "ps", "memory", "background"] as const;
type Row = (typeof ROWS)[number];

interface Options {
  readonly rounds: number;
  readonly rows: readonly Row[];
  readonly bunker: string;
  readonly out: string;
}

function parseOptions(words: readonly string[]): Options {
  const options = {
    rounds: 40,
    rows: ROWS as readonly Row[],
    bunker: `${ROOT}/dist/bunker`,
    out: `${ROOT}/bench/RESULTS.md`,
  };
  for (const word of words) {
    const [name = "", value = ""] = word.split(/=(.*)/s);
    if (word === "--quick") options.rounds = 10;
    else if (name === "--rows") options.rows = value.split(",").map(parseRow);
    else if (name === "--bunker" && value !== "") options.bunker = resolve(value);
    else if (name === "--out" && value !== "") options.out = resolve(value);
    else
      throw new UserError(`unknown option ${word}`, {
        remedy: "use --quick, --rows=LIST, --bunker=FILE or --out=FILE",
      });
  }
  return options;
}

function parseRow(name: string): Row {
  const row = ROWS.find((known) => known === name);
  if (row === undefined)
    throw new UserError(`unknown row ${JSON.stringify(name)}`, { remedy: `the rows are ${ROWS.join(", ")}` });
  return row;
}

async function measure(bench: Bench, rows: readonly Row[]): Promise<Pick<Results, "tables" | "resident" | "crowd">> {
  const tables: Table[] = [];
  const wants = (row: Row) => rows.includes(row);
  if (wants("cold")) tables.push(await coldStart(bench));
  const alone = wants("memory") ? await resident(bench) : undefined;
  let crowd: Results["crowd"];
  if (wants("ps")) {
    const listed = await listing(bench);
    tables.push(...listed.tables);
    crowd = { ...(await crowdMemory(bench)), starts: listed.crowd };
    await disperse(bench);
  }
  if (wants("background")) tables.push(...(await background(bench)));
  return { tables, resident: alone, crowd };
}

/** The goals of the project, each beside what was measured. */
function goalsOf({ tables, resident: alone, crowd }: Pick<Results, "tables" | "resident" | "crowd">): Goal[] {
  const median = (name: string, table?: Table) => {
    const found = table ?? tables.find(({ times }) => times.has(name));
    return summarize(found?.times.get(name) ?? [])?.median;
  };
  const ratio = (a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? undefined : a / b;
  const run = `\`${NAME.capped}\``;
  const start = median(NAME.capped);
  const many = tables.find(({ title }) => title === `List ${CROWD} containers`);
  const others = alone === undefined && crowd === undefined ? undefined : (alone?.others ?? 0) + (crowd?.others ?? 0);
  return [
    { text: `${run} ÷ ${PEER.crun}`, limit: 1, unit: "×", measured: ratio(start, median(PEER.crun)) },
    { text: `${run} ÷ ${PEER.crunFull}`, limit: 0.5, unit: "×", measured: ratio(start, median(PEER.crunFull)) },
    {
      text: `${run} ÷ podman run --rm --network none`,
      limit: 0.1,
      unit: "×",
      measured: ratio(start, median(PEER.podman)),
    },
    { text: "the monitor of a running container, RSS", limit: 16, unit: "kB", measured: alone?.monitor?.rss },
    { text: "other processes of bunker's after `bunker run -d`", limit: 0, unit: "processes", measured: others },
    {
      text: `\`bunker ps\` with ${CROWD} containers ÷ \`bunker version\``,
      limit: 1.5,
      unit: "×",
      measured: ratio(median(NAME.ps, many), median(NAME.version, many)),
    },
  ];
}

/** An interrupt ends the measuring at the next turn, so that everything is removed. */
function watchInterrupts(): () => void {
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => (interrupted = true));
  return () => {
    if (interrupted) throw new UserError("interrupted: nothing was written");
  };
}

async function bench(options: Options, space: Workspace): Promise<Results> {
  mkdirSync(`${space.dir}/cgroups`);
  const host = new Stopwatch(`${space.dir}/host`);
  const inside = new Stopwatch(`${space.dir}/inside`, intoPrivate(`${space.dir}/cgroups`));
  let peers: Peers | undefined;
  try {
    await host.must(bunker(space, "import", space.rootfs, IMAGE));
    peers = await findPeers(space, inside);
    const facts = machineFacts(space, peers.versions);
    const pace = { rounds: options.rounds, warmups: 3, pauseMilliseconds: 20, check: watchInterrupts() };
    const measured = await measure({ space, host, inside, peers, pace }, options.rows);
    return { facts, rounds: options.rounds, goals: goalsOf(measured), absent: peers.absent, ...measured };
  } finally {
    for (const command of peers?.cleanup ?? []) await inside.time(command);
    await inside.end();
    await host.end();
  }
}

try {
  const options = parseOptions(process.argv.slice(2));
  const space = makeWorkspace(options.bunker);
  try {
    const text = renderReport(await bench(options, space));
    writeFileSync(options.out, text);
    console.log(text);
  } finally {
    removeWorkspace(space);
  }
} catch (error) {
  console.error(formatError(error).replace(/^bunker: /, "bench: "));
  process.exitCode = exitCodeOf(error);
}
