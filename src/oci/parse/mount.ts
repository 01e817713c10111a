// `--mount type=bind|tmpfs,...`: a mount spelt out in key=value pairs.

import type { MountRequest, Propagation } from "../request.ts";
import { readCsv } from "./csv.ts";
import { quote, refused, refuseNul } from "./fault.ts";
import { resolvePath } from "./path.ts";
import { isPropagation, PROPAGATIONS } from "./propagation.ts";
import { parseSize } from "./size.ts";
import { parseTarget } from "./volume.ts";

const FLAG = "--mount";

/** All keys that Docker has for the two types, by the name they are kept under. */
const KEYS: Readonly<Record<string, string>> = {
  type: "type",
  source: "source",
  src: "source",
  target: "target",
  dst: "target",
  destination: "target",
  readonly: "readonly",
  ro: "readonly",
  consistency: "consistency",
  "bind-propagation": "bind-propagation",
  "bind-recursive": "bind-recursive",
  "bind-nonrecursive": "bind-nonrecursive",
  "bind-create-src": "bind-create-src",
  "tmpfs-size": "tmpfs-size",
  "tmpfs-mode": "tmpfs-mode",
};
const BOOLEANS = ["readonly", "bind-nonrecursive", "bind-create-src"];

/** The pairs of a value, by kept name. A later pair of the same name wins, as in Docker. */
type Pairs = ReadonlyMap<string, string>;

/** @param cwd absolute: what a source that starts with "." is seen from */
export function parseMount(text: string, cwd: string): MountRequest {
  refuseNul(FLAG, text);
  const value = text.trim();
  const pairs = readPairs(value);
  const type = pairs.get("type")?.toLowerCase() ?? "volume";
  if (type === "bind") return bindMount(value, pairs, cwd);
  if (type === "tmpfs") return tmpfsMount(value, pairs);
  if (type === "volume") throw refused(FLAG, value, "volumes are not supported yet: expected type=bind or type=tmpfs");
  throw refused(FLAG, value, `unknown type ${quote(type)}: expected bind or tmpfs`);
}

function readPairs(value: string): Pairs {
  if (value === "") throw refused(FLAG, value, "expected type=bind,source=SRC,target=DST");
  const fields = readCsv(value);
  if ("fault" in fields) throw refused(FLAG, value, fields.fault);
  const pairs = new Map<string, string>();
  for (const field of fields) {
    const equals = field.indexOf("=");
    const written = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    const key = Object.hasOwn(KEYS, written) ? KEYS[written] : undefined;
    if (key === undefined) throw refused(FLAG, value, `unknown key ${quote(written)}`);
    if (equals < 0 && !BOOLEANS.includes(key)) throw refused(FLAG, value, `"${key}" needs a value: ${key}=...`);
    const word = equals < 0 ? "true" : field.slice(equals + 1);
    if (word.trim() === "" || word.trim() !== word) throw refused(FLAG, value, `"${key}" is empty or has blanks`);
    pairs.set(key, word);
  }
  return pairs;
}

function readBoolean(value: string, pairs: Pairs, key: string): boolean {
  const word = pairs.get(key) ?? "false";
  if (word === "true" || word === "1") return true;
  if (word === "false" || word === "0") return false;
  throw refused(FLAG, value, `"${key}" is true, 1, false or 0, not ${quote(word)}`);
}

function targetOf(value: string, pairs: Pairs): string {
  const target = pairs.get("target");
  if (target === undefined) throw refused(FLAG, value, "the target is missing: target=/path/in/container");
  return parseTarget(FLAG, value, target);
}

/** Keys of one type have no place with the other: better refused than forgotten. */
function refuseForeign(value: string, pairs: Pairs, prefix: string, type: string): void {
  for (const key of pairs.keys()) {
    if (key.startsWith(prefix)) throw refused(FLAG, value, `"${key}" does not go with type=${type}`);
  }
}

function bindMount(value: string, pairs: Pairs, cwd: string): MountRequest {
  refuseForeign(value, pairs, "tmpfs-", "bind");
  const source = pairs.get("source");
  if (source === undefined) throw refused(FLAG, value, "the source is missing: source=/path/on/host");
  if (!source.startsWith("/") && !source.startsWith(".")) {
    throw refused(FLAG, value, `the source is absolute or starts with "./", not ${quote(source)}`);
  }
  const propagation = pairs.get("bind-propagation")?.toLowerCase() ?? "rprivate";
  if (!isPropagation(propagation)) {
    throw refused(FLAG, value, `unknown bind-propagation ${quote(propagation)}: expected ${PROPAGATIONS.join(", ")}`);
  }
  const readOnly = readBoolean(value, pairs, "readonly");
  return {
    kind: "bind",
    source: resolvePath(cwd, source),
    target: targetOf(value, pairs),
    readOnly,
    propagation,
    recursive: readRecursive(value, pairs, readOnly, propagation),
    createSource: readBoolean(value, pairs, "bind-create-src"),
  };
}

/** `writable` would leave the mounts below writable though the user wrote "readonly": not offered. */
function readRecursive(value: string, pairs: Pairs, readOnly: boolean, propagation: Propagation): boolean {
  const word = pairs.get("bind-recursive") ?? "enabled";
  if (word === "readonly" && (!readOnly || propagation !== "rprivate")) {
    throw refused(FLAG, value, "bind-recursive=readonly needs readonly and bind-propagation=rprivate");
  }
  if (word !== "enabled" && word !== "disabled" && word !== "readonly") {
    throw refused(FLAG, value, `bind-recursive is enabled, disabled or readonly, not ${quote(word)}`);
  }
  return word !== "disabled" && !readBoolean(value, pairs, "bind-nonrecursive");
}

function tmpfsMount(value: string, pairs: Pairs): MountRequest {
  refuseForeign(value, pairs, "bind-", "tmpfs");
  if (pairs.has("source")) throw refused(FLAG, value, "a tmpfs has no source");
  const options: string[] = readBoolean(value, pairs, "readonly") ? ["ro"] : [];
  const mode = pairs.get("tmpfs-mode");
  if (mode !== undefined) {
    if (!/^0*[0-7]{1,4}$/.test(mode))
      throw refused(FLAG, value, `tmpfs-mode is octal, such as 1777, not ${quote(mode)}`);
    options.push(`mode=${Number.parseInt(mode, 8).toString(8)}`);
  }
  const size = pairs.get("tmpfs-size");
  const bytes = size === undefined ? 0 : parseSize(`${FLAG} tmpfs-size`, size);
  // 0 means the default, half of the memory; to tmpfs itself it would mean no limit.
  if (bytes > 0) options.push(`size=${bytes}`);
  return { kind: "tmpfs", target: targetOf(value, pairs), options };
}
