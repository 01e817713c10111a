// `--stop-signal` of run, `--signal` of stop and kill.

import { signalNumber } from "../signals.ts";
import { invalid } from "./fault.ts";

/** A signal's number, from 1 to 64. */
export function parseSignal(flag: string, value: string, verb = "run"): number {
  const number = signalNumber(value);
  if (number === undefined) throw invalid(flag, value, "a signal such as SIGTERM, TERM, 15 or RTMIN+3", verb);
  return number;
}
