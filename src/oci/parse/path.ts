// Paths, lexically: no file system is asked.

import { invalid, refused, refuseNul } from "./fault.ts";

/** Removes ".", "..", doubled and trailing slashes. ".." above the root is the root; a relative path stays relative. */
export function cleanPath(path: string): string {
  const absolute = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!absolute) parts.push(part);
  }
  const joined = parts.join("/");
  if (absolute) return `/${joined}`;
  return joined === "" ? "." : joined;
}

/** `path` seen from the absolute directory `cwd`. */
export function resolvePath(cwd: string, path: string): string {
  return cleanPath(path.startsWith("/") ? path : `${cwd}/${path}`);
}

/** An absolute path, cleaned. */
export function parseAbsolute(flag: string, value: string): string {
  refuseNul(flag, value);
  if (!value.startsWith("/")) throw invalid(flag, value, "an absolute path");
  return cleanPath(value);
}

/** `--cgroup-parent`: a path below the root of each hierarchy, such as "/bunker". */
export function parseCgroupParent(value: string): string {
  const flag = "--cgroup-parent";
  refuseNul(flag, value);
  if (value.endsWith(".slice")) throw refused(flag, value, "systemd slices are not supported: expected a path");
  if (/[\n:]/.test(value)) throw invalid(flag, value, "a path without colons and line breaks");
  const path = cleanPath(`/${value}`);
  if (value.split("/").includes("..")) throw invalid(flag, value, 'a path without ".."');
  if (path === "/") throw invalid(flag, value, "a path below the root, such as /bunker");
  return path;
}
