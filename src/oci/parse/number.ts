// Whole numbers.

import { isDigits } from "./chars.ts";
import { invalid } from "./fault.ts";

/**
 * A decimal number from `min` to `max`, both safe integers.
 * @throws UsageError that says `expected`
 */
export function parseInteger(flag: string, value: string, min: number, max: number, expected: string): number {
  const signed = value.startsWith("-") || value.startsWith("+");
  const number = isDigits(signed ? value.slice(1) : value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max)) throw invalid(flag, value, expected);
  // "-0" is a number too; nobody downstream should have to know.
  return number === 0 ? 0 : number;
}

/** `--cpu-shares`: a weight among containers; 0 means the default. */
export function parseCpuShares(value: string): number | undefined {
  const shares = parseInteger("--cpu-shares", value, 0, Number.MAX_SAFE_INTEGER, "a whole number from 2 to 262144");
  return shares === 0 ? undefined : shares;
}

/** `--cpu-quota`: microseconds of processor time a period; -1 for no limit, 0 means not set. */
export function parseCpuQuota(value: string): number | undefined {
  const expected = "microseconds from 1000, or -1 for no limit";
  const quota = parseInteger("--cpu-quota", value, -1, Number.MAX_SAFE_INTEGER, expected);
  return quota === 0 ? undefined : quota;
}

/** `--cpu-period`: microseconds; 0 means the default, 100,000. */
export function parseCpuPeriod(value: string): number | undefined {
  const period = parseInteger("--cpu-period", value, 0, Number.MAX_SAFE_INTEGER, "microseconds from 1000 to 1000000");
  return period === 0 ? undefined : period;
}

/** The kernel's PID_MAX_LIMIT on 64-bit machines (include/linux/threads.h): a higher limit limits nothing. */
const PID_MAX = 4 * 1024 * 1024;

/** `--pids-limit`: processes and threads; 0 and negative numbers mean no limit, which is -1 here. */
export function parsePidsLimit(value: string): number {
  const expected = `a whole number up to ${PID_MAX}, or -1 for no limit`;
  const limit = parseInteger("--pids-limit", value, Number.MIN_SAFE_INTEGER, PID_MAX, expected);
  return limit <= 0 ? -1 : limit;
}

/** `--oom-score-adj`: see proc_pid_oom_score_adj(5). */
export function parseOomScoreAdj(value: string): number {
  return parseInteger("--oom-score-adj", value, -1000, 1000, "a whole number from -1000 to 1000");
}

/** A hundred years: beyond it a time-out overflows the nanoseconds of a timer. */
const MAX_SECONDS = 100 * 365 * 24 * 3600;

/** `--stop-timeout`: seconds before a container that was asked to stop is killed; -1 waits for ever. */
export function parseStopTimeout(value: string): number {
  return parseInteger("--stop-timeout", value, -1, MAX_SECONDS, "seconds, or -1 to wait for ever");
}
