// What bunker knows of a container: one JSON file, written once when the container is made, and the few bytes that the
// monitor writes: who runs (in the lock file) and how it ended (the exit record). Readers take no lock.

import type { CgroupHandle } from "../cg/types.ts";
import { UserError } from "../errors.ts";
import { EXIT_RECORD, LIVE } from "../plan/memory.ts";
import { readBytes, readTextIfThere, exists } from "../sys/file.ts";
import { CLD_EXITED } from "../sys/abi/consts.gen.ts";
import { exitPath, lockPath, type Paths, recordPath } from "./paths.ts";

const decoder = new TextDecoder();

export interface ContainerRecord {
  readonly version: 1;
  readonly id: string;
  readonly name: string;
  /** As it was named on the command line, and its digest. */
  readonly image: { readonly name: string; readonly id: string };
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly autoRemove: boolean;
  readonly attached: boolean;
  readonly interactive: boolean;
  readonly terminal: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly network: string;
  readonly privileged: boolean;
  readonly stopSignal: number;
  /** Seconds. */
  readonly stopTimeout: number;
  readonly cgroup: CgroupHandle;
  readonly log?: { readonly maxSize: number; readonly maxFiles: number };
  readonly command: readonly string[];
}

/** Who runs, as the monitor wrote it into the lock file; zeros before it has started anything. */
export interface Live {
  readonly initPid: number;
  readonly monitorPid: number;
  /** Milliseconds since 1970. */
  readonly started: number;
  /** The launch program's operation that failed, -1 for "killed during set-up"; undefined where none did. */
  readonly failure?: { readonly op: number; readonly errno: number };
}

export interface Exit {
  /** As a shell has it: the command's own status, or 128 + the signal. */
  readonly code: number;
  readonly signal?: number;
  /** Milliseconds since 1970. */
  readonly finished: number;
  readonly oomKilled: boolean;
}

export type Status = "created" | "running" | "exited" | "dead";

export interface ContainerState {
  readonly status: Status;
  readonly live?: Live;
  readonly exit?: Exit;
}

/** The record, or undefined where there is none: a container that was never finished or is being removed. */
export function readRecord(paths: Paths, id: string): ContainerRecord | undefined {
  const path = recordPath(paths, id);
  const text = readTextIfThere(path);
  if (text === undefined) return undefined;
  try {
    const record: unknown = JSON.parse(text);
    if (isRecord(record)) return record;
  } catch {
    // said below
  }
  throw new UserError(`cannot read the record of container ${id.slice(0, 12)}: ${path} is damaged`, {
    remedy: `remove the container with 'bunker rm -f ${id.slice(0, 12)}'`,
  });
}

/** The copy in the lock file, which is there before anything else of the container; undefined where it is not whole. */
export function readRecordInLock(paths: Paths, id: string): ContainerRecord | undefined {
  try {
    const record: unknown = JSON.parse(new TextDecoder().decode(readBytes(lockPath(paths, id)).subarray(LIVE.record)));
    return isRecord(record) && record.id === id ? record : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is ContainerRecord {
  if (typeof value !== "object" || value === null) return false;
  const { version, id, name, created } = value as Partial<ContainerRecord>;
  return version === 1 && typeof id === "string" && typeof name === "string" && typeof created === "number";
}

/** A 64-bit number; bigints would cost a list of a hundred containers a millisecond. */
const word = (view: DataView, at: number) => view.getUint32(at, true) + view.getInt32(at + 4, true) * 2 ** 32;

/** Parses the lock file's content; undefined where the monitor has not written it. */
export function parseLive(bytes: Uint8Array): Live | undefined {
  if (bytes.length < LIVE.size) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const failure = { op: word(view, LIVE.failedOp), errno: word(view, LIVE.failedErrno) };
  const failed = failure.op !== 0 || failure.errno !== 0;
  // Zeros stand before the copy of the record as long as the monitor has not written.
  if (!failed && word(view, LIVE.initPid) === 0) return undefined;
  return {
    initPid: word(view, LIVE.initPid),
    monitorPid: word(view, LIVE.monitorPid),
    started: word(view, LIVE.startedSeconds) * 1000 + Math.floor(word(view, LIVE.startedNanoseconds) / 1e6),
    ...(failed ? { failure } : {}),
  };
}

/** Parses an exit record; undefined where it is torn. */
export function parseExit(bytes: Uint8Array): Exit | undefined {
  if (bytes.length < EXIT_RECORD.size) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [code, status] = [word(view, EXIT_RECORD.code), word(view, EXIT_RECORD.status)];
  const finished = word(view, EXIT_RECORD.seconds) * 1000 + Math.floor(word(view, EXIT_RECORD.nanoseconds) / 1e6);
  // "oom_kill 1" in memory.events (v2) and memory.oom_control (v1)
  const counters = decoder.decode(bytes.subarray(EXIT_RECORD.size));
  const oomKilled = /^oom_kill [1-9]/m.test(counters);
  if (code === CLD_EXITED) return { code: status, finished, oomKilled };
  return { code: 128 + status, signal: status, finished, oomKilled };
}

export function readLive(paths: Paths, id: string): Live | undefined {
  const path = lockPath(paths, id);
  return exists(path) ? parseLive(readBytes(path)) : undefined;
}

export function readExit(paths: Paths, id: string): Exit | undefined {
  const path = exitPath(paths, id);
  return exists(path) ? parseExit(readBytes(path)) : undefined;
}
