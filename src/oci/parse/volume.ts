// `-v SRC:DST[:OPTIONS]`: a directory or file of the host in the container.

import type { BindRequest, Propagation } from "../request.ts";
import { invalid, quote, refused, refuseNul } from "./fault.ts";
import { parseAbsolute, resolvePath } from "./path.ts";
import { isPropagation } from "./propagation.ts";

const FLAG = "--volume";
const NO_NAMED = "named volumes are not supported yet; use an absolute path";

/** Options by what they are about; of each kind there may be one. */
const KINDS: Readonly<Record<string, string>> = {
  ro: "access",
  rw: "access",
  // For SELinux; without it there is nothing to relabel.
  z: "label",
  Z: "label",
  // Whether an empty volume is filled from the image: has no meaning for directories of the host.
  nocopy: "copy",
  // For Docker on macOS.
  consistent: "consistency",
  cached: "consistency",
  delegated: "consistency",
  private: "propagation",
  rprivate: "propagation",
  shared: "propagation",
  rshared: "propagation",
  slave: "propagation",
  rslave: "propagation",
};

/** @param cwd absolute: what a SRC that starts with "." is seen from */
export function parseVolume(value: string, cwd: string): BindRequest {
  refuseNul(FLAG, value);
  const parts = value.split(":");
  const [source = "", target, options = ""] = parts;
  if (parts.length > 3) throw refused(FLAG, value, "too many colons: expected SRC:DST[:OPTIONS]");
  if (target === undefined) {
    throw refused(FLAG, value, "anonymous volumes are not supported yet; expected SRC:DST[:OPTIONS]");
  }
  if (parts.length === 2 && isOptions(target)) {
    throw refused(FLAG, value, `${target} stands where the container's path belongs: expected SRC:DST[:OPTIONS]`);
  }
  const hostPath = parseSource(value, source, cwd);
  const inside = parseTarget(FLAG, value, target);
  return {
    kind: "bind",
    source: hostPath,
    target: inside,
    ...parseOptions(value, options),
    createSource: true,
  };
}

function parseSource(value: string, source: string, cwd: string): string {
  if (source === "") throw refused(FLAG, value, "the source is empty: expected SRC:DST[:OPTIONS]");
  if (source.startsWith("/") || source.startsWith(".")) return resolvePath(cwd, source);
  if (source.startsWith("~")) throw refused(FLAG, value, "~ is the shell's to expand; use an absolute path");
  if (source.includes("/")) throw refused(FLAG, value, `a relative source starts with "./": ${quote(`./${source}`)}`);
  throw refused(FLAG, value, NO_NAMED);
}

/** A mount's place in the container: absolute, and not the root itself. */
export function parseTarget(flag: string, value: string, target: string): string {
  if (!target.startsWith("/")) throw invalid(flag, value, "an absolute path in the container");
  const path = parseAbsolute(flag, target);
  if (path === "/") throw refused(flag, value, "the container's root itself cannot be mounted over");
  return path;
}

function isOptions(text: string): boolean {
  return !text.startsWith("/") && text.split(",").every((option) => Object.hasOwn(KINDS, option));
}

function parseOptions(value: string, options: string): Pick<BindRequest, "readOnly" | "propagation" | "recursive"> {
  const seen: string[] = [];
  let readOnly = false;
  let propagation: Propagation = "rprivate";
  for (const option of options === "" ? [] : options.split(",")) {
    const kind = Object.hasOwn(KINDS, option) ? KINDS[option] : undefined;
    if (kind === undefined) {
      throw refused(FLAG, value, `unknown option ${quote(option)}: expected ${Object.keys(KINDS).join(", ")}`);
    }
    if (seen.includes(kind)) throw refused(FLAG, value, `more than one option for ${kind}`);
    seen.push(kind);
    if (option === "ro") readOnly = true;
    if (isPropagation(option)) propagation = option;
  }
  return { readOnly, propagation, recursive: true };
}
