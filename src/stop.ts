// Ending containers: a signal, patience, then SIGKILL. Processes are addressed through pidfds that were opened while the
// container's lock proved that they are its own, so a reused pid is never hit.

import { killAll } from "./cg/procs.ts";
import { UserError } from "./errors.ts";
import { readState } from "./state/find.ts";
import type { Paths } from "./state/paths.ts";
import type { ContainerRecord } from "./state/record.ts";
import { SIGKILL } from "./sys/abi/consts.gen.ts";
import { close, readTextIfThere } from "./sys/file.ts";
import { openPidfd, signalPidfd, waitPidfd } from "./sys/process.ts";

/** A running container's two processes. */
interface Running {
  readonly init: number;
  readonly monitor: number;
}

/** How long the monitor may take to write down the end, milliseconds. Longer means that it hangs. */
const MONITOR_PATIENCE = 30_000;

/**
 * Opens a container's processes; undefined where it does not run. The pids come from a file, and the lock may be held by
 * a command that removes an ended container, so what the descriptors lead to is looked at: the monitor says whose it is,
 * and init is its child. A pid whose process is open cannot be given to another one.
 */
function openRunning(paths: Paths, id: string): Running | undefined {
  const { status, live } = readState(paths, id);
  if (status !== "running" || live === undefined || live.initPid <= 0) return undefined;
  const monitor = openPidfd(live.monitorPid);
  if (monitor === undefined) return undefined;
  const init = openPidfd(live.initPid);
  if (init !== undefined && isMonitorOf(live.monitorPid, id) && parentOf(live.initPid) === live.monitorPid) {
    return { init, monitor };
  }
  close(monitor);
  if (init !== undefined) close(init);
  return undefined;
}

/** The launch program is started as `bunker-monitor ID`. */
function isMonitorOf(pid: number, id: string): boolean {
  return readTextIfThere(`/proc/${pid}/cmdline`) === `bunker-monitor\0${id.slice(0, 12)}\0`;
}

/** The fourth field of /proc/PID/stat; the second is a name in parentheses, in which anything may stand. */
function parentOf(pid: number): number {
  const stat = readTextIfThere(`/proc/${pid}/stat`) ?? "";
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

function withRunning<T>(paths: Paths, id: string, action: (running: Running) => T): T | undefined {
  const running = openRunning(paths, id);
  if (running === undefined) return undefined;
  try {
    return action(running);
  } finally {
    close(running.init);
    close(running.monitor);
  }
}

/** Sends a signal to a container's first process; false where it does not run. */
export function signalContainer(paths: Paths, id: string, signal: number): boolean {
  return withRunning(paths, id, ({ init }) => signalPidfd(init, signal)) ?? false;
}

/**
 * Stops a container and waits until its monitor has written down the end.
 * @param seconds to wait before SIGKILL; 0 kills at once, -1 waits as long as it takes
 * @returns false where it did not run
 */
export function stopContainer(paths: Paths, record: ContainerRecord, signal: number, seconds: number): boolean {
  const stopped = withRunning(paths, record.id, ({ init, monitor }) => {
    if (seconds !== 0 && signalPidfd(init, signal) && waitPidfd(init, seconds < 0 ? -1 : seconds * 1000)) {
      return awaitMonitor(record, monitor);
    }
    signalPidfd(init, SIGKILL);
    // A process that init has not noticed to be dead, or one that was frozen: the groups know them all.
    if (!waitPidfd(init, 1000)) killAll(record.cgroup);
    return awaitMonitor(record, monitor);
  });
  return stopped ?? false;
}

/** Ends a container that is to be removed, and its monitor too where that waits for a client that does not read. */
export function endContainer(paths: Paths, record: ContainerRecord): void {
  withRunning(paths, record.id, ({ init, monitor }) => {
    signalPidfd(init, SIGKILL);
    if (!waitPidfd(init, 1000)) killAll(record.cgroup);
    if (!waitPidfd(monitor, 1000)) signalPidfd(monitor, SIGKILL);
  });
}

function awaitMonitor(record: ContainerRecord, monitor: number): true {
  if (waitPidfd(monitor, MONITOR_PATIENCE)) return true;
  throw new UserError(`container ${record.name} has ended, but its monitor does not`, {
    remedy: `its client may not be reading its output; 'bunker rm -f ${record.name}' removes it`,
  });
}
