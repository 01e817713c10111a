// Resource limits of processes: setrlimit(2).

import {
  RLIMIT_AS,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_DATA,
  RLIMIT_FSIZE,
  RLIMIT_LOCKS,
  RLIMIT_MEMLOCK,
  RLIMIT_MSGQUEUE,
  RLIMIT_NICE,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
  RLIMIT_RSS,
  RLIMIT_RTPRIO,
  RLIMIT_RTTIME,
  RLIMIT_SIGPENDING,
  RLIMIT_STACK,
} from "../sys/abi/consts.gen.ts";
import { UsageError } from "../errors.ts";
import type { UlimitRequest } from "./request.ts";
import { type Rlimit, UNLIMITED } from "./spec.ts";

/** The kernel's number of each limit, by the name that the spec has for it. */
export const RLIMITS: Readonly<Record<string, number>> = {
  RLIMIT_AS,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_DATA,
  RLIMIT_FSIZE,
  RLIMIT_LOCKS,
  RLIMIT_MEMLOCK,
  RLIMIT_MSGQUEUE,
  RLIMIT_NICE,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
  RLIMIT_RSS,
  RLIMIT_RTPRIO,
  RLIMIT_RTTIME,
  RLIMIT_SIGPENDING,
  RLIMIT_STACK,
};

/** systemd's and Docker's: a soft limit that select(2) can live with, a hard one that servers may raise theirs to. */
const NOFILE = { type: "RLIMIT_NOFILE", soft: 1024, hard: 524_288 };

/**
 * The limits asked for, and the default number of open files where that was not.
 * @param maxNofile the kernel's fs.nr_open, above which no number of open files can be set
 */
export function makeRlimits(ulimits: readonly UlimitRequest[], maxNofile: number | undefined): Rlimit[] {
  const most = maxNofile ?? Number.POSITIVE_INFINITY;
  const limits = new Map<string, Rlimit>();
  limits.set(NOFILE.type, {
    ...NOFILE,
    hard: Math.min(NOFILE.hard, most),
    soft: Math.min(NOFILE.soft, most),
  });
  for (const { type, soft, hard } of ulimits) {
    if (type === NOFILE.type && hard > most) {
      const asked = hard === UNLIMITED ? "unlimited" : `${hard}`;
      const remedy = "lower the limit, or raise fs.nr_open of the host";
      throw new UsageError(`--ulimit nofile: ${asked} is above ${most}, the most this kernel allows`, "run", remedy);
    }
    limits.set(type, { type, soft, hard });
  }
  const made: Rlimit[] = [];
  for (const limit of limits.values()) made.push(limit);
  return made;
}
