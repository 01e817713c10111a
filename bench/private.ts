// The place where the peers run: a mount namespace of their own, so that nothing they leave in /run stays, and so that
// they see control groups in a layout they understand. On a host in hybrid mode (controllers bound to version 1 beside a
// cgroup2 mount without them) crun 1.8 refuses to work: there, /sys/fs/cgroup gets bind mounts of the version 1
// hierarchies only. The host's own mounts stay as they are.

import { readFileSync } from "node:fs";

import { type MountLine, parseMountinfo } from "../src/sys/mountinfo.ts";

const CGROUPS = "/sys/fs/cgroup";

/**
 * The command that becomes its arguments inside of the namespace.
 * @param scratch a directory that is there for this and empty
 */
export function intoPrivate(scratch: string): string[] {
  const script = privateScript(parseMountinfo(readFileSync("/proc/self/mountinfo", "utf8")), scratch);
  return ["unshare", "--mount", "--propagation", "private", "sh", "-ec", script, "sh"];
}

/** What to do in the new namespace, as a shell script whose arguments are the command. */
export function privateScript(mounts: readonly MountLine[], scratch: string): string {
  const lines = ["mount -t tmpfs tmpfs /run"];
  if (isHybrid(mounts)) {
    lines.push(`mount -t tmpfs tmpfs ${quote(scratch)}`);
    for (const { point, superOptions } of v1Mounts(mounts)) lines.push(...bindHierarchy(point, superOptions, scratch));
    lines.push(`mount --rbind ${quote(scratch)} ${CGROUPS}`);
  }
  return [...lines, 'exec "$@"'].join("\n");
}

function v1Mounts(mounts: readonly MountLine[]): MountLine[] {
  return mounts.filter(({ type, point }) => type === "cgroup" && point.startsWith(`${CGROUPS}/`));
}

/** Some controllers on version 1, and version 2 mounted too. */
export function isHybrid(mounts: readonly MountLine[]): boolean {
  return v1Mounts(mounts).length > 0 && mounts.some(({ type }) => type === "cgroup2");
}

/** A hierarchy of several controllers is known by the name of each. */
function bindHierarchy(point: string, superOptions: readonly string[], scratch: string): string[] {
  const name = point.slice(CGROUPS.length + 1);
  const place = quote(`${scratch}/${name}`);
  const alone = name.split(",").filter((part) => part !== name && superOptions.includes(part));
  const links = alone.map((part) => `ln -s ${quote(name)} ${quote(`${scratch}/${part}`)}`);
  return [`mkdir ${place}`, `mount --bind ${quote(point)} ${place}`, ...links];
}

/** As one word of a shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
