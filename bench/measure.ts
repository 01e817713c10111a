// Fair times: the contenders take turns, in an order that is shuffled every round, so that a busy moment of the machine,
// or what the kernel still tidies up after one of them, meets them all alike.

import type { Command, Lap } from "./stopwatch.ts";

/** A stopwatch process (stopwatch.ts), on the host or in a namespace. */
export class Stopwatch {
  readonly #process: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #replies: AsyncIterator<string>;

  /** @param wrap a command that becomes the stopwatch, given as its arguments: ["unshare", "-m"], say */
  constructor(directory: string, wrap: readonly string[] = []) {
    const script = `${import.meta.dir}/stopwatch.ts`;
    this.#process = Bun.spawn([...wrap, process.execPath, script, directory], {
      stdin: "pipe",
      stdout: "pipe",
      // An interrupt from the terminal is for the benchmark: it ends the stopwatch when everything is cleaned up.
      detached: true,
    });
    this.#replies = lines(this.#process.stdout);
  }

  /** Runs a command; also one that fails is a lap. */
  async time(command: Command): Promise<Lap> {
    this.#process.stdin.write(`${JSON.stringify(command)}\n`);
    this.#process.stdin.flush();
    const reply = await this.#replies.next();
    if (reply.done === true) throw new Error(`cannot time ${command.argv.join(" ")}: the stopwatch has ended`);
    return JSON.parse(reply.value) as Lap;
  }

  /** Runs a command that has to succeed. Throws Error with what it said otherwise. */
  async must(command: Command): Promise<Lap> {
    const lap = await this.time(command);
    if (lap.exitCode === 0) return lap;
    const said = `${lap.stderr}${lap.stdout}`.trim().slice(0, LONGEST_COMPLAINT);
    throw new Error(`${command.argv.join(" ")} ended with ${lap.exitCode}: ${said}`);
  }

  async end(): Promise<void> {
    this.#process.stdin.end();
    await this.#process.exited;
  }
}

const LONGEST_COMPLAINT = 600;

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n")) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
    }
  }
}

/** Milliseconds by the name of what was measured. */
export type Times = Record<string, number>;

export interface Contender {
  readonly name: string;
  /** Where it fails, the others go on without it. */
  readonly optional: boolean;
  /** One turn. What it returns has the same names every time. */
  readonly turn: (round: number) => Promise<Times>;
}

export interface Absence {
  readonly name: string;
  readonly why: string;
}

export interface Measured {
  /** All times of a measure, in the order of the rounds; the measures in the contenders' order. */
  readonly times: ReadonlyMap<string, readonly number[]>;
  readonly absent: readonly Absence[];
}

export interface Pace {
  readonly rounds: number;
  /** Rounds before that do not count: caches fill, programs are remembered. */
  readonly warmups: number;
  /** Between two turns: what the kernel does later (network namespaces) shall not be the next contender's. */
  readonly pauseMilliseconds: number;
  /** Asked between turns; throws to end the measuring. */
  readonly check?: () => void;
}

/** Lets the contenders take turns. Throws what a contender throws that is not optional. */
export async function takeTurns(contenders: readonly Contender[], pace: Pace): Promise<Measured> {
  const absent: Absence[] = [];
  const random = generator(1);
  const results = new Map(contenders.map((contender) => [contender, new Map<string, number[]>()]));
  for (let round = -pace.warmups; round < pace.rounds; round++) {
    for (const contender of shuffled([...results.keys()], random)) {
      pace.check?.();
      try {
        record(results.get(contender), await contender.turn(round), round >= 0);
      } catch (error) {
        if (!contender.optional) throw error;
        absent.push({ name: contender.name, why: error instanceof Error ? error.message : String(error) });
        results.delete(contender);
      }
      await Bun.sleep(pace.pauseMilliseconds);
    }
  }
  return { times: new Map([...results.values()].flatMap((times) => [...times])), absent };
}

function record(times: Map<string, number[]> | undefined, turn: Times, counts: boolean): void {
  if (!counts) return;
  for (const [name, milliseconds] of Object.entries(turn)) {
    const list = times?.get(name) ?? [];
    list.push(milliseconds);
    times?.set(name, list);
  }
}

/** A new order of the same things. */
export function shuffled<T>(things: readonly T[], random: () => number): T[] {
  return things
    .map((thing) => ({ thing, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ thing }) => thing);
}

/** Numbers from 0 to 1, the same ones for the same seed: two runs of the benchmark take the same turns (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Summary {
  readonly count: number;
  readonly median: number;
  readonly min: number;
}

/** Undefined for nothing. */
export function summarize(values: readonly number[]): Summary | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [min, high] = [sorted[0], sorted[middle]];
  if (min === undefined || high === undefined) return undefined;
  const low = sorted.length % 2 === 1 ? high : (sorted[middle - 1] ?? high);
  return { count: sorted.length, median: (low + high) / 2, min };
}
