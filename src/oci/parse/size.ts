// Sizes in bytes, in the grammar of Docker's options (go-units, RAMInBytes): a decimal number, then b, k, m, g, t or p in
// either case, the last five with an optional "b" or "ib"; powers of 1024 in all spellings.

import { invalid } from "./fault.ts";

const GRAMMAR = /^(\d+(?:\.\d*)?|\.\d+) ?(?:b|([kmgtp])(?:i?b)?)?$/i;
const UNITS = "kmgtp";
const EXPECTED = "a number with b, k, m or g";

/**
 * Bytes; fractions of a byte are dropped.
 * @throws UsageError for everything else: empty, negative, not a number, 2^53 bytes and more
 */
export function parseSize(flag: string, value: string, expected = EXPECTED): number {
  const [, number, unit] = GRAMMAR.exec(value) ?? [];
  if (number === undefined) throw invalid(flag, value, expected);
  const power = unit === undefined ? 0 : UNITS.indexOf(unit.toLowerCase()) + 1;
  const bytes = Math.floor(Number(number) * 1024 ** power);
  if (!Number.isSafeInteger(bytes)) throw invalid(flag, value, "a size below 8 PiB");
  return bytes;
}

/** A size of which 0 means: not set. */
export function parseOptionalSize(flag: string, value: string): number | undefined {
  const bytes = parseSize(flag, value);
  return bytes === 0 ? undefined : bytes;
}

/** `--memory-swap`: memory plus swap; -1 for unlimited swap, 0 means not set. */
export function parseMemorySwap(value: string): number | undefined {
  if (value === "-1") return -1;
  const bytes = parseSize("--memory-swap", value, `${EXPECTED}, or -1 for unlimited swap`);
  return bytes === 0 ? undefined : bytes;
}

/** A size as one would write it: "64m", "1g", "6144k", "1000". */
export function formatSize(bytes: number): string {
  let rest = bytes;
  let power = 0;
  while (rest !== 0 && rest % 1024 === 0 && power < 3) {
    rest /= 1024;
    power++;
  }
  return `${rest}${power === 0 ? "" : UNITS[power - 1]}`;
}
