// Sizes in bytes, in the grammar of Docker's options (go-units, RAMInBytes): a decimal number, then b, k, m, g, t or p in
// either case, the last five with an optional "b" or "ib"; powers of 1024 in all spellings.

import { decimalEnd, isWord } from "./chars.ts";
import { invalid } from "./fault.ts";

const K = 1024;
const UNITS = "kmg";
const EXPECTED = "a number with b, k, m or g";

/** What a suffix multiplies by; undefined where it is none. */
function factorOf(suffix: string): number | undefined {
  switch (suffix.toLowerCase()) {
    case "":
    case "b":
      return 1;
    case "k":
    case "kb":
    case "kib":
      return K;
    case "m":
    case "mb":
    case "mib":
      return K * K;
    case "g":
    case "gb":
    case "gib":
      return K * K * K;
    case "t":
    case "tb":
    case "tib":
      return K * K * K * K;
    case "p":
    case "pb":
    case "pib":
      return K * K * K * K * K;
    default:
      return undefined;
  }
}

/**
 * Bytes; fractions of a byte are dropped.
 * @throws UsageError for everything else: empty, negative, not a number, 2^53 bytes and more
 */
export function parseSize(flag: string, value: string, expected = EXPECTED): number {
  const end = decimalEnd(value);
  const suffix = value.slice(value[end] === " " ? end + 1 : end);
  // ASCII only: lower case of the Kelvin sign is "k".
  const factor = isWord(suffix, "") ? factorOf(suffix) : undefined;
  if (end === 0 || factor === undefined) throw invalid(flag, value, expected);
  const bytes = Math.floor(Number(value.slice(0, end)) * factor);
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
  while (rest !== 0 && rest % K === 0 && power < UNITS.length) {
    rest /= K;
    power++;
  }
  return `${rest}${power === 0 ? "" : UNITS[power - 1]}`;
}
