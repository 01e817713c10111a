// The exit verb: what a container's monitor becomes when its end needs more thought than a constant path. Nobody types it.
//
//   bunker __exit ID PROGRAM LOCK     two descriptors: the launch program's memory file, with the notes of its
//                                     operations, and the container's lock, which goes when the container is gone
//
// It inherits the container's lock, and the standard streams of whoever started the container: a launch that failed is
// explained there. Its exit code is what `bunker run` ends with.

import { removeContainer, removeGroups } from "../../cleanup.ts";
import { EXIT, formatError, UserError } from "../../errors.ts";
import { launchError } from "../../run/failure.ts";
import { type Paths, paths } from "../../state/paths.ts";
import { type Live, readExit, readLive, readRecord } from "../../state/record.ts";
import { err } from "../../text/out.ts";

/** @returns the exit code of the run */
export function main(words: string[]): number {
  const [id = ""] = words;
  const [program = -1, lock = -1] = words.slice(1).map(Number);
  if (!/^[0-9a-f]{64}$/.test(id)) throw new UserError("__exit is called by bunker itself, at the end of a container");
  const at = paths();
  const live = readLive(at, id);
  if (live?.failure !== undefined) return failed(at, id, live.failure, { program, lock });
  const record = readRecord(at, id);
  const exit = readExit(at, id);
  // Without a record, the monitor had begun to remove it and met something that it could not.
  if (record === undefined || record.autoRemove) removeContainer(at, id, lock);
  else removeGroups(record);
  return exit?.code ?? EXIT.usage;
}

interface Inherited {
  readonly program: number;
  readonly lock: number;
}

/** A container that was never started leaves nothing. */
function failed(at: Paths, id: string, failure: NonNullable<Live["failure"]>, fds: Inherited): number {
  const record = readRecord(at, id);
  const error = launchError(record, failure, fds.program);
  removeContainer(at, id, fds.lock);
  err(`${formatError(error)}\n`);
  return error.exitCode;
}
