// `--user` and `--group-add`: who the container's first process is. Names are looked up in the image later (users.ts).

import { invalid } from "./fault.ts";

/** The kernel allows 2^32-2; image tools and runtimes stop at the largest signed number, and so does this. */
export const MAX_ID = 2 ** 31 - 1;

/** A colon ends a name in passwd(5); control characters and blanks have no place in one. */
const NAME = /^[^:,\s\p{Cc}]+$/u;

function isOwner(text: string): boolean {
  return /^[+-]?\d+$/.test(text) ? /^\d+$/.test(text) && Number(text) <= MAX_ID : NAME.test(text);
}

/**
 * "uid", "uid:gid", "name", "name:group" or any mix; "" means the image's user. Either side of the colon may be empty, as
 * Docker allows: user 0, or no explicit group.
 */
export function parseUser(value: string, flag = "--user"): string | undefined {
  if (value === "") return undefined;
  const parts = value.split(":");
  if (parts.length > 2 || !parts.every((part) => part === "" || isOwner(part))) {
    throw invalid(flag, value, `a name or a number up to ${MAX_ID}, then :group if need be`);
  }
  return value;
}

/** A group's name or number. */
export function parseGroup(value: string): string {
  if (!isOwner(value)) throw invalid("--group-add", value, `a group's name or a number up to ${MAX_ID}`);
  return value;
}
