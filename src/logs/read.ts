// `bunker logs`, the whole story: which files, from which line on, and then, if asked to, what comes after.

import { UserError } from "../errors.ts";
import type { ContainerRecord } from "../state/record.ts";
import { logPath, type Paths } from "../state/paths.ts";
import { SIGPIPE } from "../sys/abi/consts.gen.ts";
import { close } from "../sys/file.ts";
import { changeOf, FileFrames, type LogFile, openLogFiles, openNewerFiles } from "./files.ts";
import { Watch } from "./follow.ts";
import type { Frame } from "./frame.ts";
import { LineCount, Printer, type Sinks } from "./print.ts";
import { compareTimes, type Time } from "./time.ts";

export interface LogOptions {
  readonly timestamps: boolean;
  /** Only the last lines, of what `since` and `until` leave; absent: all. */
  readonly tail?: number;
  /** Only what was written then or later. */
  readonly since?: Time;
  /** Only what was written before then. */
  readonly until?: Time;
  /** Go on until the container ends, or until `until`. */
  readonly follow: boolean;
}

/**
 * Prints what a container wrote, as far as it is kept.
 * @returns the exit code: 0, or that of a program whose reader has gone
 * @throws UserError where the container keeps no log
 */
export function printLog(paths: Paths, record: ContainerRecord, options: LogOptions, sinks: Sinks): number {
  if (record.log === undefined) {
    throw new UserError("configured logging driver does not support reading", {
      remedy: `container ${record.name} was started with --log-driver none: its output is not kept`,
    });
  }
  const log: Log = { path: logPath(paths, record.id), maxFiles: record.log.maxFiles, options };
  if (!options.follow) {
    printFiles(log, sinks);
    return 0;
  }
  using watch = new Watch(paths, record.id);
  return followFiles(log, sinks, watch);
}

interface Log {
  readonly path: string;
  readonly maxFiles: number;
  readonly options: LogOptions;
}

/** What is there now; what is written meanwhile is left, or a busy container would never be done with. */
function printFiles(log: Log, sinks: Sinks): void {
  const files = openLogFiles(log.path, log.maxFiles);
  try {
    const { first, printer } = begin(log, files, sinks);
    for (const file of files.slice(first)) {
      for (const frame of wanted(new FileFrames(file, file.size).frames(true), log.options)) printer.print(frame);
    }
    printer.flush();
  } finally {
    for (const file of files) close(file.fd);
  }
}

/** Which file to begin with, and a printer that leaves out what stands before the wanted lines. */
function begin(log: Log, files: readonly LogFile[], sinks: Sinks): { first: number; printer: Printer } {
  const { tail, timestamps } = log.options;
  if (tail === undefined) return { first: 0, printer: new Printer(sinks, { timestamps, skip: 0 }) };
  const count = new LineCount();
  let first = files.length;
  // One line more than wanted: the first of a file may be the end of one that began in the file before.
  while (first > 0 && count.lines <= tail) {
    first--;
    const file = files[first];
    if (file !== undefined) count.countFile(wanted(new FileFrames(file, file.size).frames(true), log.options));
  }
  return { first, printer: new Printer(sinks, { timestamps, skip: Math.max(0, count.lines - tail) }) };
}

function* wanted(frames: Iterable<Frame>, { since, until }: LogOptions): Generator<Frame> {
  for (const frame of frames) {
    if (since !== undefined && compareTimes(frame, since) < 0) continue;
    if (until !== undefined && compareTimes(frame, until) >= 0) continue;
    yield frame;
  }
}

function followFiles(log: Log, sinks: Sinks, watch: Watch): number {
  const files = openLogFiles(log.path, log.maxFiles);
  try {
    const { first, printer } = begin(log, files, sinks);
    closeAll(files.splice(0, Math.min(first, files.length - 1)));
    const follower = new Follower(log, files, printer);
    for (;;) {
      // Asked before reading: what was written before the end is then read after it.
      const ended = watch.ended || isOver(log.options.until);
      follower.printNew(ended);
      if (ended) return 0;
      if (watch.wait(timeLeft(log.options.until)) === "unread") return 128 + SIGPIPE;
    }
  } finally {
    closeAll(files);
  }
}

function closeAll(files: readonly LogFile[]): void {
  for (const file of files) close(file.fd);
}

/** Milliseconds until then; for ever where there is no end. */
function timeLeft(until: Time | undefined): number {
  return until === undefined ? Infinity : until.seconds * 1000 + until.nanoseconds / 1e6 - Date.now();
}

function isOver(until: Time | undefined): boolean {
  return timeLeft(until) <= 0;
}

/** Goes along with a log while it grows and is rotated. */
class Follower {
  readonly #log: Log;
  /** Those to be read, the oldest first; the first one is being read. Whoever made the array closes them. */
  readonly #files: LogFile[];
  readonly #printer: Printer;
  #current: FileFrames | undefined;

  constructor(log: Log, files: LogFile[], printer: Printer) {
    this.#log = log;
    this.#files = files;
    this.#printer = printer;
  }

  /** Prints what has been written since. With `final`, also what there is of an unfinished frame. */
  printNew(final: boolean): void {
    for (;;) {
      this.#current ??= this.#open();
      if (this.#current === undefined) break;
      this.#print(this.#current, final && this.#files.length === 1);
      if (!this.#goOn(this.#current)) break;
    }
    this.#printer.flush();
  }

  #open(): FileFrames | undefined {
    if (this.#files.length === 0) this.#files.push(...openLogFiles(this.#log.path, this.#log.maxFiles));
    const [file] = this.#files;
    return file === undefined ? undefined : new FileFrames(file);
  }

  #print(current: FileFrames, final: boolean): void {
    for (const frame of wanted(current.frames(final), this.#log.options)) this.#printer.print(frame);
  }

  /** Goes to the next file where there is one; false where the current one is the newest. */
  #goOn(current: FileFrames): boolean {
    const { path, maxFiles } = this.#log;
    if (this.#files.length === 1) {
      const change = changeOf(current.file, path, current.offset);
      if (change === undefined) return false;
      if (change === "restarted") {
        this.#current = undefined;
        return true;
      }
      this.#files.push(...openNewerFiles(current.file, path, maxFiles));
      // Renamed away just now, and the next not begun yet.
      if (this.#files.length === 1) return false;
    }
    // Its last frame may have been written after it was read and before it was renamed.
    this.#print(current, true);
    close(current.file.fd);
    this.#files.shift();
    this.#current = undefined;
    return true;
  }
}
