// `--cpus`: how many processors' worth of time, as a decimal number.

import { decimalEnd } from "./chars.ts";
import { invalid } from "./fault.ts";

/** More processors than any machine has; keeps the result a safe integer. */
const MAX_CPUS = 1_000_000;

/**
 * Billionths of a processor; undefined for 0, which means not set.
 * Whether the host has that many processors is for the maker of the spec to say.
 */
export function parseCpus(value: string): number | undefined {
  if (value === "" || decimalEnd(value) !== value.length) {
    throw invalid("--cpus", value, "a number of processors such as 0.5 or 2");
  }
  const [wholeText, fractionText = ""] = value.split(".");
  const whole = Number(wholeText);
  const fraction = withoutZeros(fractionText);
  if (fraction.length > 9) throw invalid("--cpus", value, "at most nine decimals");
  if (whole > MAX_CPUS) throw invalid("--cpus", value, "a number of processors that the host has");
  const nano = whole * 1e9 + Number(fraction.padEnd(9, "0"));
  return nano === 0 ? undefined : nano;
}

/** A fraction's digits without the zeros at their end, which say nothing. */
function withoutZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === "0") end--;
  return digits.slice(0, end);
}
