// Finding containers: all of them for a list, or the one that a word of the command line means. Readers take no lock and
// containers come and go meanwhile, so what vanishes while it is looked at was never there, and a record that cannot be
// read becomes a row like the others, with the fault in it.

import { UserError } from "../errors.ts";
import { LIVE } from "../plan/memory.ts";
import { LOCK_NB, LOCK_SH, O_RDONLY, SIGTERM } from "../sys/abi/consts.gen.ts";
import { EAGAIN } from "../sys/abi/errno.gen.ts";
import { call, must } from "../sys/call.ts";
import { close, exists, openIfThere, readdirIfThere, readlinkIfThere, readRest, statIfThere } from "../sys/file.ts";
import { reserve, scratch, scratchBase } from "../sys/memory.ts";
import { SHORT_ID } from "./describe.ts";
import {
  containerDir,
  containersDir,
  exitPath,
  lockPath,
  locksDir,
  namePath,
  namesDir,
  type Paths,
  recordPath,
} from "./paths.ts";
import { type ContainerRecord, type ContainerState, type Live, parseExit, parseLive } from "./record.ts";

export interface Container {
  /** Where there is a `fault`: only the id, the name and the time are true, the rest is empty or Docker's default. */
  readonly record: ContainerRecord;
  /** "dead" where there is a `fault`, unless the container runs. */
  readonly state: ContainerState;
  /** Why the record cannot be used. */
  readonly fault?: UserError;
}

/** Read at once: enough for a record with an ordinary command line. */
const SMALL = 16 * 1024;
const decoder = new TextDecoder();

const ID_LENGTH = 64;
const FULL_ID = /^[0-9a-f]{64}$/;
const ID_PREFIX = /^[0-9a-f]{1,64}$/;
/** Docker's grammar of names (oci/parse/name.ts): nothing of it can lead out of the directory of names. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}$/;

/**
 * The containers of this machine, the newest first. With `running`, only those that run: one file is read for each, and
 * the others are not looked at.
 */
export function listContainers(paths: Paths, options: { running?: boolean } = {}): Container[] {
  const found: Container[] = [];
  const ids = options.running === true ? lockedIds(paths) : allIds(paths);
  for (const id of ids) {
    const container = options.running === true ? readRunning(paths, id) : readContainer(paths, id);
    if (container !== undefined) found.push(container);
  }
  return found.sort((a, b) => b.record.created - a.record.created || (a.record.id < b.record.id ? -1 : 1));
}

function lockedIds(paths: Paths): string[] {
  const ids: string[] = [];
  for (const { name } of readdirIfThere(locksDir(paths)) ?? []) if (name.length === ID_LENGTH) ids.push(name);
  return ids;
}

/** A container that runs, from its lock file alone; undefined where it does not. */
function readRunning(paths: Paths, id: string): Container | undefined {
  const { locked, live, record: copy } = readLock(lockPath(paths, id), SMALL);
  if (!locked || live === undefined || live.initPid <= 0) return undefined;
  const record = copy === undefined ? undefined : parseRecord(copy, id);
  return record === undefined ? readContainer(paths, id) : { record, state: { status: "running", live } };
}

/** The names of all containers, for the shell to complete: cheaper than their records. */
export function listNames(paths: Paths): string[] {
  const links = (readdirIfThere(namesDir(paths)) ?? []).filter(({ kind }) => kind === "symlink" || kind === "unknown");
  return links.map(({ name }) => name).sort();
}

/**
 * The container that `word` means: by its name, its id, or the beginning of its id, in this order.
 * @throws UserError where there is none, or where several ids begin so
 */
export function findContainer(paths: Paths, word: string): Container {
  const found = lookUpContainer(paths, word);
  if (found === undefined) throw new UserError(`no such container: ${word}`);
  return found;
}

/** Like `findContainer`, but undefined where there is none. */
export function lookUpContainer(paths: Paths, word: string): Container | undefined {
  // A name may look like an id; the id itself comes first.
  const byId = FULL_ID.test(word) ? readContainer(paths, word) : undefined;
  if (byId !== undefined) return byId;
  // `inspect` prints names with a slash before them, and people paste that.
  const name = word.startsWith("/") ? word.slice(1) : word;
  const named = NAME.test(name) ? readlinkIfThere(namePath(paths, name)) : undefined;
  const byName = named !== undefined && FULL_ID.test(named) ? readContainer(paths, named) : undefined;
  if (byName !== undefined) return byName;
  return ID_PREFIX.test(word) ? findByPrefix(paths, word) : undefined;
}

function findByPrefix(paths: Paths, prefix: string): Container | undefined {
  const matches = allIds(paths)
    .filter((id) => id.startsWith(prefix))
    .map((id) => readContainer(paths, id))
    .filter((container) => container !== undefined);
  if (matches.length < 2) return matches[0];
  const listed = matches.map(({ record }) => `${record.id.slice(0, SHORT_ID)} (${record.name})`).sort();
  throw new UserError(`several containers have an ID that begins with ${prefix}: ${listed.join(", ")}`, {
    remedy: "give more of the ID, or the name",
  });
}

function allIds(paths: Paths): string[] {
  return (readdirIfThere(containersDir(paths)) ?? []).map(({ name }) => name).filter((name) => FULL_ID.test(name));
}

/** undefined where there is no record: the container is not finished yet, or is being removed. */
function readContainer(paths: Paths, id: string): Container | undefined {
  const text = readSmall(recordPath(paths, id));
  if (text === undefined) return undefined;
  const record = parseRecord(decoder.decode(text), id);
  if (record === undefined) return damaged(paths, id);
  const state = readState(paths, id);
  // One that is removed between the two looks as if its monitor had been lost.
  return state.status === "dead" && !exists(recordPath(paths, id)) ? undefined : { record, state };
}

/** undefined where not everything is there that readers go through without looking. */
function parseRecord(text: string, id: string): ContainerRecord | undefined {
  let record: Partial<ContainerRecord> | null;
  try {
    record = JSON.parse(text) as Partial<ContainerRecord> | null;
  } catch {
    return undefined;
  }
  if (typeof record !== "object" || record?.version !== 1 || record.id !== id) return undefined;
  const { name, created, image, labels, command, cgroup } = record;
  if (typeof name !== "string" || typeof created !== "number" || !isDate(created)) return undefined;
  if (typeof image?.name !== "string" || typeof image.id !== "string") return undefined;
  if (!isTexts(command) || !isTexts(cgroup?.dirs) || !isTexts(cgroup?.joinFiles)) return undefined;
  if (typeof labels !== "object" || labels === null || !isTexts(Object.values(labels))) return undefined;
  return record as ContainerRecord;
}

/** Beyond these bounds a Date cannot be printed (ECMAScript, "Time Values"). */
function isDate(milliseconds: number): boolean {
  return Math.abs(milliseconds) <= 8.64e15;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

/**
 * What a container is doing, from its lock and the monitor's bytes. The lock is tested and read through one descriptor: a
 * list of a hundred containers is mostly this.
 */
export function readState(paths: Paths, id: string): ContainerState {
  const { locked, live } = readLock(lockPath(paths, id), LIVE.size);
  // A launch that failed leaves its reason in the lock file, and no process.
  if (locked && (live === undefined || live.initPid <= 0)) return { status: "created" };
  const bytes = readSmall(exitPath(paths, id));
  const exit = bytes === undefined ? undefined : parseExit(bytes);
  const ran = live === undefined ? {} : { live };
  // A command that removes an ended container holds its lock too: then the end that was written down counts.
  if (exit !== undefined && (!locked || live === undefined || exit.finished >= live.started)) {
    return { status: "exited", exit, ...ran };
  }
  // Without a lock nobody watches it any more, and nobody saw it end: its monitor was killed, or the machine went down.
  return { status: locked ? "running" : "dead", ...ran };
}

interface Lock {
  readonly locked: boolean;
  readonly live?: Live;
  /** The copy of the record, where so much of the file was read. */
  readonly record?: string;
}

/** Tests a lock and reads up to `most` bytes of its file. */
function readLock(path: string, most: number): Lock {
  const fd = openIfThere(path, O_RDONLY);
  if (fd === undefined) return { locked: false };
  try {
    const tested = call("flock", fd, LOCK_SH | LOCK_NB);
    if (tested !== -EAGAIN) must(tested, `test the lock of ${path}`);
    const at = reserve(most);
    const got = must(call("read", fd, scratchBase + at, most), `read ${path}`);
    const live = parseLive(scratch.subarray(at, at + got));
    const locked = tested === -EAGAIN;
    if (live === undefined) return { locked };
    if (got <= LIVE.record || got === most) return { locked, live };
    return { locked, live, record: decoder.decode(scratch.subarray(at + LIVE.record, at + got)) };
  } finally {
    close(fd);
  }
}

/** A file's content, which is only good until the next call that reads; undefined where it is not there. */
function readSmall(path: string): Uint8Array | undefined {
  const fd = openIfThere(path, O_RDONLY);
  if (fd === undefined) return undefined;
  try {
    const at = reserve(SMALL);
    const got = must(call("read", fd, scratchBase + at, SMALL), `read ${path}`);
    if (got < SMALL) return scratch.subarray(at, at + got);
    const start = scratch.slice(at, at + got);
    return Buffer.concat([start, readRest(fd, path)]);
  } finally {
    close(fd);
  }
}

/** What can be said of a container without its record. */
function damaged(paths: Paths, id: string): Container {
  const state = readState(paths, id);
  const short = id.slice(0, SHORT_ID);
  const fault = new UserError(`cannot use the record of container ${short}: ${recordPath(paths, id)} is damaged`, {
    remedy: `remove the container with 'bunker rm -f ${short}'`,
  });
  const record: ContainerRecord = {
    version: 1,
    id,
    name: nameOf(paths, id),
    image: { name: "", id: "" },
    created: (statIfThere(containerDir(paths, id))?.mtime ?? 0) * 1000,
    autoRemove: false,
    attached: false,
    interactive: false,
    terminal: false,
    labels: {},
    network: "",
    privileged: false,
    stopSignal: SIGTERM,
    stopTimeout: 10,
    cgroup: { dirs: [], joinFiles: [], namespaceMounts: [] },
    command: [],
  };
  return { record, state: state.status === "running" ? state : { status: "dead" }, fault };
}

/** The name that was reserved for an id; empty where there is none. */
function nameOf(paths: Paths, id: string): string {
  return listNames(paths).find((name) => readlinkIfThere(namePath(paths, name)) === id) ?? "";
}
