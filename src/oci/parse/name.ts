// `--name` and `--hostname`.

import { isWord } from "./chars.ts";
import { invalid } from "./fault.ts";

/** NAME_MAX: names are names of files in bunker's state directory. */
const LONGEST = 255;

/** A container's name: Docker's grammar, which has two characters at least. */
export function parseName(value: string, flag = "--name"): string {
  if (value.length < 2 || value.length > LONGEST || !isWord(value, "_.-") || !isWord(value.charAt(0), "")) {
    throw invalid(flag, value, `2 to ${LONGEST} of a-z A-Z 0-9 _ . -, beginning with a letter or a digit`);
  }
  return value;
}

/** What sethostname(2) takes (__NEW_UTS_LEN). */
const LONGEST_HOSTNAME = 64;

/** Labels of letters, digits, "-" and "_" between dots: RFC 1123 and the underscore that is everywhere in use. */
export function parseHostname(value: string): string {
  const label = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/;
  if (value.length > LONGEST_HOSTNAME) {
    throw invalid("--hostname", value, `at most ${LONGEST_HOSTNAME} characters, the most that the kernel keeps`);
  }
  if (!value.split(".").every((part) => label.test(part))) {
    throw invalid("--hostname", value, "labels of 1 to 63 of a-z A-Z 0-9 - between dots");
  }
  return value;
}
