// `--ulimit NAME=SOFT[:HARD]`.

import type { UlimitRequest } from "../request.ts";
import { RLIMITS } from "../rlimits.ts";
import { UNLIMITED } from "../spec.ts";
import { invalid, quote, refused } from "./fault.ts";

const FLAG = "--ulimit";

export function parseUlimit(value: string): UlimitRequest {
  const [, name, softText, hardText] = /^([a-z]+)=([^:]*)(?::([^:]*))?$/.exec(value) ?? [];
  if (name === undefined || softText === undefined)
    throw invalid(FLAG, value, "NAME=SOFT[:HARD], e.g. nofile=1024:4096");
  const type = `RLIMIT_${name.toUpperCase()}`;
  if (!Object.hasOwn(RLIMITS, type)) {
    const names = Object.keys(RLIMITS).map((known) => known.slice("RLIMIT_".length).toLowerCase());
    throw refused(FLAG, value, `unknown limit ${quote(name)}: expected ${names.join(", ")}`);
  }
  const soft = parseLimit(value, softText);
  const hard = hardText === undefined ? soft : parseLimit(value, hardText);
  if (soft > hard) throw refused(FLAG, value, "the soft limit is above the hard limit");
  return { type, soft, hard };
}

function parseLimit(value: string, text: string): number {
  if (text === "-1" || text === "unlimited") return UNLIMITED;
  const limit = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(limit))
    throw invalid(FLAG, value, "limits that are numbers below 2^53, or -1 for unlimited");
  return limit;
}
