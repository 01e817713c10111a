// Lists of processors or memory nodes: "0-2,4". Source: cpuset(7), list format, without its strides, as Docker has it.

import { invalid } from "./fault.ts";

/** Inclusive. */
export type Range = readonly [from: number, to: number];

/** NR_CPUS is at most 8192 in the kernels that distributions build. */
const MAX_ID = 8191;

/**
 * The ranges of a list in rising order, overlapping and touching ones joined; undefined where it is not such a list.
 * The empty list is a list.
 */
export function readCpuset(text: string): Range[] | undefined {
  if (text === "") return [];
  const ranges: Range[] = [];
  for (const part of text.split(",")) {
    const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part) ?? [];
    if (first === undefined) return undefined;
    const from = Number(first);
    const to = Number(last ?? first);
    if (from > to || to > MAX_ID) return undefined;
    ranges.push([from, to]);
  }
  return joinRanges(ranges);
}

function joinRanges(ranges: Range[]): Range[] {
  const joined: Range[] = [];
  for (const [from, to] of ranges.sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1] + 1) joined[joined.length - 1] = [last[0], Math.max(last[1], to)];
    else joined.push([from, to]);
  }
  return joined;
}

/** The shortest spelling of a list; the kernel's own when it is read back. */
export function formatCpuset(ranges: readonly Range[]): string {
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}

/** The first number of `ranges` that `available` does not have. */
export function missingFrom(ranges: readonly Range[], available: readonly Range[]): number | undefined {
  for (const [from, to] of ranges) {
    const around = available.find(([first, last]) => first <= from && from <= last);
    if (around === undefined) return from;
    if (to > around[1]) return around[1] + 1;
  }
  return undefined;
}

/** `--cpuset-cpus`, `--cpuset-mems`: the list in its shortest spelling; undefined for "", which means not set. */
export function parseCpuset(flag: string, value: string): string | undefined {
  const ranges = readCpuset(value);
  if (ranges === undefined) throw invalid(flag, value, `a list such as 0-2,4 of numbers up to ${MAX_ID}`);
  return ranges.length === 0 ? undefined : formatCpuset(ranges);
}
