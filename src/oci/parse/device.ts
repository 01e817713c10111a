// `--device HOST[:CONTAINER][:rwm]`.

import type { DeviceRequest } from "../request.ts";
import { invalid, quote, refused, refuseNul } from "./fault.ts";
import { cleanPath } from "./path.ts";

const FLAG = "--device";
const EXPECTED = "HOST[:CONTAINER][:rwm] with absolute paths";

export function parseDevice(value: string): DeviceRequest {
  refuseNul(FLAG, value);
  const parts = value.split(":");
  const source = parts[0] ?? "";
  if (/^[A-Za-z0-9.-]+\/[^=/]+=/.test(value)) throw refused(FLAG, value, "CDI devices are not supported");
  if (parts.length > 3 || !source.startsWith("/")) throw invalid(FLAG, value, EXPECTED);
  const second = parts[1];
  const short = parts.length === 2 && second !== undefined && isAccess(second);
  const target = second === undefined || short ? source : second;
  const access = (short ? second : parts[2]) ?? "rwm";
  if (!target.startsWith("/") || cleanPath(target) === "/") throw invalid(FLAG, value, EXPECTED);
  if (!isAccess(access))
    throw refused(FLAG, value, `the access is made of r, w and m, each once, not ${quote(access)}`);
  return { source: cleanPath(source), target: cleanPath(target), access };
}

/** Read, write, mknod; each at most once, at least one. */
function isAccess(text: string): boolean {
  return /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
}
