// The files of a container's log while the monitor may be rotating them: log is renamed to log.1, log.1 to log.2, and so
// on, and a new log begun (plan/steps/relay.ts). A file that is open stays readable whatever becomes of its name.

import { AT_EMPTY_PATH, O_RDONLY, SEEK_SET } from "../sys/abi/consts.gen.ts";
import { call, must } from "../sys/call.ts";
import { close, openIfThere, read, statAt, statIfThere } from "../sys/file.ts";
import { type Frame, FrameReader } from "./frame.ts";

export interface LogFile {
  readonly path: string;
  readonly fd: number;
  /** The file behind the descriptor, whatever its name is now. */
  readonly dev: number;
  readonly ino: number;
  /** Bytes when it was opened. */
  readonly size: number;
}

/** A log that is rotated this often while it is opened is rotated faster than it could be read. */
const ATTEMPTS = 20;

/**
 * Opens all files of a log, the oldest first; the caller closes them. They are opened from the newest to the oldest, the
 * way they move: a file that is renamed meanwhile is met again under its next name, and never missed. Two rotations could
 * still put a newer file where an older one was expected, so a rotation means to begin again.
 */
export function openLogFiles(path: string, maxFiles: number): LogFile[] {
  for (let attempt = 1; ; attempt++) {
    const files = openOnce(path, maxFiles);
    const now = statIfThere(path);
    const newest = files.at(-1);
    // With nothing under the first name, a rotation is between its last two steps, or there is no log at all.
    const settled = now === undefined ? newest?.path !== path : newest !== undefined && isSameFile(newest, now);
    if (settled || attempt === ATTEMPTS) return files;
    for (const file of files) close(file.fd);
  }
}

function openOnce(path: string, maxFiles: number): LogFile[] {
  const files: LogFile[] = [];
  for (let n = 0; n < maxFiles; n++) {
    const file = openLogFile(n === 0 ? path : `${path}.${n}`);
    if (file === undefined) continue;
    if (files.some((other) => isSameFile(other, file))) close(file.fd);
    else files.unshift(file);
  }
  return files;
}

function openLogFile(path: string): LogFile | undefined {
  const fd = openIfThere(path, O_RDONLY);
  if (fd === undefined) return undefined;
  const { dev = 0, ino = 0, size = 0 } = statAt(fd, "", AT_EMPTY_PATH) ?? {};
  return { path, fd, dev, ino, size };
}

function isSameFile(a: { dev: number; ino: number }, b: { dev: number; ino: number }): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

/**
 * What has become of the newest file since it was opened: another one has taken its place, it was cut to nothing and
 * begun anew (where only one file is kept), or it is still the one to read.
 * @param read how many of its bytes have been read
 */
export function changeOf(file: LogFile, path: string, read: number): "replaced" | "restarted" | undefined {
  const now = statIfThere(path);
  // Nothing there: between two steps of a rotation, or removed with the container.
  if (now === undefined) return undefined;
  if (!isSameFile(file, now)) return "replaced";
  return now.size < read ? "restarted" : undefined;
}

/** The files that follow `file`, the oldest first; all, where it is gone. Closes the others. */
export function openNewerFiles(file: LogFile, path: string, maxFiles: number): LogFile[] {
  const files = openLogFiles(path, maxFiles);
  const older = files.splice(0, files.findIndex((each) => isSameFile(each, file)) + 1);
  for (const each of older) close(each.fd);
  return files;
}

/** Reads the frames of one file, from its beginning. */
export class FileFrames {
  readonly file: LogFile;
  /** Bytes read so far. */
  offset = 0;
  readonly #reader: FrameReader;

  /** @param limit bytes after which the file counts as ended: what is written later is not waited for */
  constructor(file: LogFile, limit = Infinity) {
    this.file = file;
    must(call("lseek", file.fd, 0, SEEK_SET), `rewind ${file.path}`);
    this.#reader = new FrameReader((into) => {
      const room = into.subarray(0, Math.min(into.length, limit - this.offset));
      const got = read(file.fd, room, file.path);
      this.offset += got;
      return got;
    });
  }

  /** The frames that are there now. With `final`, also what there is of an unfinished one. */
  *frames(final: boolean): Generator<Frame> {
    for (let frame = this.#reader.next(final); frame !== undefined; frame = this.#reader.next(final)) yield frame;
  }
}
