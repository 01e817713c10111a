// What containers could leave behind on the host: mounts, loop devices, control groups, processes, network devices. A
// board looks before its first container and after its last one. Other containers of the machine are not its business:
// what lies under the board's own directory counts, and of the rest only what nobody uses.

import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

export interface HostState {
  readonly mounts: readonly string[];
  readonly loops: readonly string[];
  readonly groups: readonly string[];
  readonly processes: readonly string[];
  readonly devices: readonly string[];
  readonly descriptors: readonly string[];
}

/** @param dir the board's directory */
export function hostState(dir: string): HostState {
  return {
    mounts: mountsBelow(dir),
    loops: loopsBelow(dir),
    groups: emptyGroups(),
    processes: processesOf(dir),
    devices: readdirSync("/sys/class/net"),
    descriptors: descriptorsBelow("self", dir),
  };
}

/** What is there now and was not before, in words. */
export function leaked(before: HostState, now: HostState): string[] {
  const found: string[] = [];
  for (const kind of ["mounts", "loops", "groups", "processes", "devices", "descriptors"] as const) {
    for (const each of now[kind]) if (!before[kind].includes(each)) found.push(`${kind}: ${each}`);
  }
  return found;
}

/** Mount points below a directory, the last mounted first. */
export function mountsBelow(dir: string): string[] {
  const points = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "");
  return points.filter((point) => point.startsWith(`${dir}/`)).reverse();
}

function loopsBelow(dir: string): string[] {
  const devices = readdirSync("/sys/block").filter((name) => name.startsWith("loop"));
  return devices.flatMap((name) => {
    const file = readIfThere(`/sys/block/${name}/loop/backing_file`)?.trim();
    return file?.startsWith(`${dir}/`) === true ? [`${name} of ${file}`] : [];
  });
}

const GROUPS = "/sys/fs/cgroup";

/** The directories in which containers have their groups, one a hierarchy. */
export function groupParents(parent = "bunker"): string[] {
  const hierarchies = [GROUPS, ...readdirSync(GROUPS).map((name) => join(GROUPS, name))];
  return hierarchies.map((dir) => join(dir, parent)).filter((dir) => existsSync(join(dir, "cgroup.procs")));
}

/** Containers' groups without a process: those of a container that runs have one. */
function emptyGroups(): string[] {
  const groups = groupParents().flatMap((dir) => readdirSync(dir).map((name) => join(dir, name)));
  return groups.filter((dir) => readIfThere(join(dir, "cgroup.procs")) === "");
}

/**
 * Processes that hold something of the board open (a monitor its container's lock), or live on one of its root file
 * systems, which only their own mount table shows.
 */
export function processesOf(dir: string): string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.filter((pid) => descriptorsBelow(pid, dir).length > 0 || isRootedIn(pid, dir)).map(nameOf);
}

function isRootedIn(pid: string, dir: string): boolean {
  const root = readIfThere(`/proc/${pid}/mountinfo`)
    ?.split("\n")
    .find((line) => line.split(" ")[4] === "/");
  return root?.includes(`upperdir=${dir}/`) === true;
}

function nameOf(pid: string): string {
  const comm = readIfThere(`/proc/${pid}/comm`)?.trim() ?? "gone";
  return `${pid} ${comm}`;
}

function descriptorsBelow(pid: string, dir: string): string[] {
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return []; // it has ended
  }
  return names.flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
      return target.startsWith(`${dir}/`) ? [target] : [];
    } catch {
      return [];
    }
  });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
