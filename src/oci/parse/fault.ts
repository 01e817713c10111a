// The errors of this directory: all of one form, naming the option, the value and what was expected, so that a person
// can correct the word on the command line without looking anything up. Values are shown as they can be read on a
// terminal, whatever is in them.

import { UsageError } from "../../errors.ts";

/** Longer values are shown cut: nobody reads on, and a hostile one could be megabytes. */
const SHOWN = 80;

/** A value in quotes, without control characters or ones that turn the writing direction, and not too long. */
export function quote(value: string): string {
  const cut = value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value;
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** `invalid value "12q" for --memory: expected a number with b, k, m or g` */
export function invalid(flag: string, value: string, expected: string, verb = "run"): UsageError {
  return new UsageError(`invalid value ${quote(value)} for ${flag}: expected ${expected}`, verb);
}

/** `invalid value "a:b:c:d" for --volume: too many colons`: where the fault says more than what was expected. */
export function refused(flag: string, value: string, fault: string, remedy?: string): UsageError {
  return new UsageError(`invalid value ${quote(value)} for ${flag}: ${fault}`, "run", remedy);
}

/** The kernel's strings end at a NUL: whatever came after one would be dropped unseen. */
export function refuseNul(flag: string, value: string, verb = "run"): void {
  if (value.includes("\0")) throw invalid(flag, value, "text without NUL characters", verb);
}
