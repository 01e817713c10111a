// Advisory locks on files (flock(2)). The kernel drops a lock when the last copy of its descriptor is closed, so a lock
// that is held by a monitor says "alive" without pids, and cannot outlive a crash or a reboot.

import { AT_EMPTY_PATH, LOCK_EX, LOCK_NB, LOCK_SH, O_CREAT, O_RDONLY, O_RDWR } from "./abi/consts.gen.ts";
import { EAGAIN } from "./abi/errno.gen.ts";
import { call, must } from "./call.ts";
import { close, open, openIfThere, statAt, statIfThere } from "./file.ts";

/**
 * Takes the lock of `path`, making the file where it is missing; returns the descriptor that holds it, or undefined where
 * somebody else has it (with `wait`, never: it blocks). Whoever removes a lock file does so under the lock, so a file that
 * is no longer at its path after the lock was taken is not the lock any more.
 */
export function lockFile(path: string, options: { wait: boolean }): number | undefined {
  for (;;) {
    const fd = open(path, O_RDWR | O_CREAT, 0o600);
    const result = call("flock", fd, LOCK_EX | (options.wait ? 0 : LOCK_NB));
    if (result === -EAGAIN) {
      close(fd);
      return undefined;
    }
    must(result, `lock ${path}`);
    if (isStill(path, fd)) return fd;
    close(fd);
  }
}

function isStill(path: string, fd: number): boolean {
  const held = statAt(fd, "", AT_EMPTY_PATH);
  const there = statIfThere(path);
  return held !== undefined && there !== undefined && held.ino === there.ino && held.dev === there.dev;
}

/** Whether anybody holds the lock of `path`; false where the file is not there. */
export function isLocked(path: string): boolean {
  const fd = openIfThere(path, O_RDONLY);
  if (fd === undefined) return false;
  try {
    const result = call("flock", fd, LOCK_SH | LOCK_NB);
    if (result === -EAGAIN) return true;
    must(result, `test the lock of ${path}`);
    return false;
  } finally {
    close(fd);
  }
}
