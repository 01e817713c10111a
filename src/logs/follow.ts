// Waiting for more of a log without asking all the time: inotify(7) says when something in the container's directory was
// written or renamed, the monitor's pidfd when the container has ended, and poll(2) when nobody reads our output any more.

import {
  IN_CLOEXEC,
  IN_CREATE,
  IN_MODIFY,
  IN_MOVED_TO,
  IN_NONBLOCK,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
} from "../sys/abi/consts.gen.ts";
import { POLLFD, TIMESPEC } from "../sys/abi/structs.gen.ts";
import { readState } from "../state/find.ts";
import { containerDir, lockPath, type Paths } from "../state/paths.ts";
import { call, must } from "../sys/call.ts";
import { close } from "../sys/file.ts";
import { isLocked } from "../sys/lock.ts";
import { cstr, place, reserve, scratchBase, scratchView } from "../sys/memory.ts";
import { openPidfd } from "../sys/process.ts";
import { pack } from "../sys/struct.ts";

const STDOUT_FD = 1;
/** Enough for many events; what they say does not matter. */
const EVENTS = 4096;
/** Milliseconds. Everything is looked at again after this, should a notice have been lost; without notices more often. */
const PATIENCE = 1000;
const PATIENCE_WITHOUT_NOTICES = 100;

export type Woken = "changed" | "unread";

export class Watch implements Disposable {
  readonly #paths: Paths;
  readonly #id: string;
  /** -1 where the kernel has no more of them (fs.inotify.max_user_instances). */
  readonly #inotify: number;
  readonly #monitor: number;

  /** Watches from now on: what is written after this wakes `wait`. */
  constructor(paths: Paths, id: string) {
    this.#paths = paths;
    this.#id = id;
    this.#inotify = watchDirectory(containerDir(paths, id));
    const { status, live } = readState(paths, id);
    this.#monitor = status === "running" && live !== undefined ? (openPidfd(live.monitorPid) ?? -1) : -1;
  }

  /**
   * Whether nothing more will be written. The lock alone does not say so at once: a foreground run's client has a copy of
   * its descriptor, and a command may hold it.
   */
  get ended(): boolean {
    if (!isLocked(lockPath(this.#paths, this.#id))) return true;
    return this.#monitor >= 0 && poll([{ fd: this.#monitor, events: POLLIN }], 0)[0] !== 0;
  }

  /** Waits until something has happened, or `milliseconds` have passed. "unread": standard output has no reader left. */
  wait(milliseconds: number): Woken {
    const patience = this.#inotify < 0 ? PATIENCE_WITHOUT_NOTICES : PATIENCE;
    const [notice, , output] = poll(
      [
        { fd: this.#inotify, events: POLLIN },
        { fd: this.#monitor, events: POLLIN },
        { fd: STDOUT_FD, events: 0 },
      ],
      Math.max(0, Math.min(milliseconds, patience)),
    );
    if (notice !== 0) call("read", this.#inotify, scratchBase + reserve(EVENTS), EVENTS);
    return output !== undefined && (output & (POLLERR | POLLHUP | POLLNVAL)) !== 0 ? "unread" : "changed";
  }

  [Symbol.dispose](): void {
    if (this.#inotify >= 0) close(this.#inotify);
    if (this.#monitor >= 0) close(this.#monitor);
  }
}

function watchDirectory(path: string): number {
  const fd = call("inotify_init1", IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) return -1;
  if (call("inotify_add_watch", fd, cstr(path), IN_MODIFY | IN_CREATE | IN_MOVED_TO) >= 0) return fd;
  close(fd);
  return -1;
}

/** ppoll(2): what happened to each descriptor, 0 for nothing. A negative descriptor is left out. */
function poll(entries: readonly { fd: number; events: number }[], milliseconds: number): number[] {
  const at = reserve(POLLFD.size * entries.length);
  entries.forEach(({ fd, events }, index) => {
    const entry = at + index * POLLFD.size;
    scratchView.setInt32(entry + POLLFD.fields.fd[0], fd, true);
    scratchView.setInt16(entry + POLLFD.fields.events[0], events, true);
    scratchView.setInt16(entry + POLLFD.fields.revents[0], 0, true);
  });
  const seconds = Math.floor(milliseconds / 1000);
  const timeout = pack(TIMESPEC, { tv_sec: seconds, tv_nsec: Math.floor((milliseconds - seconds * 1000) * 1e6) });
  must(call("ppoll", scratchBase + at, entries.length, place(timeout), 0, 0), "wait for the log");
  return entries.map((_, index) => scratchView.getInt16(at + index * POLLFD.size + POLLFD.fields.revents[0], true));
}
