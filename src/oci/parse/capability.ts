// `--cap-add`, `--cap-drop`: a capability's name, with or without CAP_, in either case, or ALL.

import { ALL, CAPABILITIES } from "../caps.ts";
import { invalid } from "./fault.ts";

/** "CAP_..." or "ALL". */
export function parseCapability(flag: string, value: string): string {
  // ASCII only: upper case of "ſ" is "S".
  const name = /^[A-Za-z_]+$/.test(value) ? value.toUpperCase().replace(/^CAP_/, "") : "";
  if (name === ALL) return ALL;
  const full = `CAP_${name}`;
  if (!Object.hasOwn(CAPABILITIES, full)) {
    throw invalid(flag, value, "ALL or a name of capabilities(7), such as NET_ADMIN");
  }
  return full;
}
