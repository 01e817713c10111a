// Why a launch failed, in words: from the number of the operation and its errno to the note that the plan gave it.

import { EXIT, UserError } from "../errors.ts";
import { findNote } from "../plan/notes.ts";
import type { ContainerRecord } from "../state/record.ts";
import { EACCES, EINVAL, ENODEV, ENOENT, ENOEXEC, ENOSPC, ENOTDIR, EPERM } from "../sys/abi/errno.gen.ts";
import { describeErrno } from "../sys/numbers.ts";
import { readRest } from "../sys/file.ts";
import { call } from "../sys/call.ts";

/**
 * @param fd the launch program's memory file
 * @returns an error with Docker's exit code: 127 for a command that is not there, 126 for one that cannot be run, else 125
 */
export function launchError(
  record: Pick<ContainerRecord, "name" | "command"> | undefined,
  failure: { readonly op: number; readonly errno: number },
  fd: number,
): UserError {
  const name = record?.name ?? "the container";
  if (failure.op === -1) {
    return new UserError(`cannot start container ${name}: it was killed while it was being set up`, {
      remedy: "its memory limit may be too small even for the start: try a larger --memory",
      exitCode: EXIT.usage,
    });
  }
  const note = readNote(fd, failure.op) ?? `operation ${failure.op} of the launch`;
  const [code, text] = describeErrno(failure.errno);
  const remedy = remedyFor(note, failure.errno);
  return new UserError(`cannot start container ${name}: ${note}: ${text} (${code})`, {
    exitCode: exitCodeFor(note, failure.errno),
    ...(remedy === undefined ? {} : { remedy }),
  });
}

function readNote(fd: number, op: number): string | undefined {
  if (!Number.isInteger(fd) || fd < 3) return undefined;
  try {
    call("lseek", fd, 0, 0);
    return findNote(readRest(fd, "the launch program"), op);
  } catch {
    return undefined; // the number of the operation has to do
  }
}

const EXECUTE = "execute ";

function exitCodeFor(note: string, errno: number): number {
  if (!note.startsWith(EXECUTE)) return EXIT.usage;
  return errno === ENOENT || errno === ENOTDIR ? EXIT.notFound : EXIT.notExecutable;
}

/** What to do about the failures that users meet. */
function remedyFor(note: string, errno: number): string | undefined {
  if (note.startsWith(EXECUTE)) {
    if (errno === ENOENT) return "the image has no such command (or not the interpreter or loader that it needs)";
    if (errno === EACCES)
      return "the file is there but may not be executed: is it a directory, or without the x permission?";
    if (errno === ENOEXEC) return "the file is no program of this architecture, and no script that begins with #!";
  }
  if (note.startsWith("mount layer") && errno === EINVAL)
    return "the kernel lacks the layer's compressor: see 'bunker doctor'";
  if (errno === ENODEV) return "the kernel lacks this file system: see 'bunker doctor'";
  if (note === "mount the overlay" && errno === EINVAL)
    return "the file system of bunker's root directory may not carry overlays: see 'bunker doctor'";
  if (errno === ENOSPC) return "the disk, or the number of mounts or namespaces, is at its limit";
  if (errno === EPERM) return "run bunker as root";
  return undefined;
}
