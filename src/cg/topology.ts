// Where the host keeps its control groups: which hierarchy each controller is bound to and where that is mounted.
//
// Hosts come in three modes: pure v2, pure v1, and hybrid, where controllers are bound to v1 hierarchies and cgroup2 is
// mounted beside them with few controllers or none. A controller is used where it lives, v2 first.
// Sources: proc_pid_mountinfo(5), cgroups(7), kernel Documentation/admin-guide/cgroup-v2.rst.

import { readText, readTextIfThere } from "../sys/file.ts";
import { type MountLine, parseMountinfo, visible } from "../sys/mountinfo.ts";

export type CgroupMode = "v2" | "hybrid" | "v1" | "none";

export interface V1Hierarchy {
  readonly mount: string;
  /** All controllers of this hierarchy, sorted; one mount serves them together. */
  readonly comounted: readonly string[];
  /** The group of this process, relative to the mount; undefined where it lies outside of it. */
  readonly own: string | undefined;
  /** Control files lack the controller's name (Android's cpuset). */
  readonly noprefix: boolean;
}

export interface V2Hierarchy {
  readonly mount: string;
  /** What may be enabled below the mount. */
  readonly controllers: readonly string[];
  /** The group of this process, relative to the mount; undefined where it lies outside of it. */
  readonly own: string | undefined;
}

export interface Topology {
  readonly mode: CgroupMode;
  readonly v2?: V2Hierarchy;
  readonly v1: ReadonlyMap<string, V1Hierarchy>;
  /** Controllers that the kernel has but that its command line or its firmware switched off. */
  readonly disabled: ReadonlySet<string>;
  /** Controllers that the kernel has and that are switched on, but that no mount seen from here offers. */
  readonly unmounted: ReadonlySet<string>;
}

/** The controllers that cgroup v1 knows. /proc/cgroups may list more, or (from Linux 6.12) fewer. */
const V1_CONTROLLERS = [
  "blkio",
  "cpu",
  "cpuacct",
  "cpuset",
  "debug",
  "devices",
  "freezer",
  "hugetlb",
  "memory",
  "misc",
  "net_cls",
  "net_prio",
  "perf_event",
  "pids",
  "rdma",
];

/** Controllers by name: whether they are switched on. */
type States = ReadonlyMap<string, boolean>;

/** `path` as seen from a mount of `root`, or undefined where it lies outside. */
function below(root: string, path: string | undefined): string | undefined {
  if (path === undefined || root === "/") return path;
  if (path === root) return "/";
  return path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
}

/** The groups of this process: by v1 controller, and under "" for v2. */
function parseSelfCgroup(text: string): Map<string, string> {
  const groups = new Map<string, string>();
  for (const line of text.split("\n")) {
    const first = line.indexOf(":");
    const second = line.indexOf(":", first + 1);
    if (first < 0 || second < 0) continue;
    const path = line.slice(second + 1);
    for (const name of line.slice(first + 1, second).split(",")) groups.set(name, path);
  }
  return groups;
}

function parseProcCgroups(text: string): States {
  const known = new Map<string, boolean>();
  for (const line of text.split("\n")) {
    const [name, , , enabled] = line.split("\t");
    if (name === undefined || name === "" || name.startsWith("#") || enabled === undefined) continue;
    known.set(name, enabled.trim() !== "0");
  }
  return known;
}

/** The better of two mounts of one hierarchy: writable, whole, and the one with the shorter path. */
function better(one: MountLine, other: MountLine): MountLine {
  const first = (one.readonly ? 0 : 2) + (one.root === "/" ? 1 : 0);
  const second = (other.readonly ? 0 : 2) + (other.root === "/" ? 1 : 0);
  if (first !== second) return first > second ? one : other;
  return other.point.length < one.point.length ? other : one;
}

interface Mounts {
  v2: MountLine | undefined;
  /** By the sorted, comma-joined list of controllers. */
  v1: Map<string, MountLine>;
}

/** The controllers of a v1 mount, sorted and comma-joined; "" for a named hierarchy, such as systemd's. */
function controllersOf(line: MountLine, states: States): string {
  const controllers: string[] = [];
  for (const option of line.superOptions) {
    if (V1_CONTROLLERS.includes(option) || states.has(option)) controllers.push(option);
  }
  return controllers.sort().join(",");
}

function cgroupMounts(mountinfo: string, states: States): Mounts {
  const mounts: Mounts = { v2: undefined, v1: new Map() };
  const lines = parseMountinfo(mountinfo);
  for (const line of lines) {
    if (line.type !== "cgroup" && line.type !== "cgroup2") continue;
    if (!visible(line, lines)) continue;
    if (line.type === "cgroup2") {
      mounts.v2 = mounts.v2 === undefined ? line : better(mounts.v2, line);
      continue;
    }
    const key = controllersOf(line, states);
    if (key === "") continue;
    const seen = mounts.v1.get(key);
    mounts.v1.set(key, seen === undefined ? line : better(seen, line));
  }
  return mounts;
}

function modeOf(mounts: Mounts): CgroupMode {
  if (mounts.v2 !== undefined) return mounts.v1.size > 0 ? "hybrid" : "v2";
  return mounts.v1.size > 0 ? "v1" : "none";
}

function v1Hierarchies(mounts: Mounts, groups: ReadonlyMap<string, string>): Map<string, V1Hierarchy> {
  const v1 = new Map<string, V1Hierarchy>();
  for (const [key, line] of mounts.v1) {
    const comounted = key.split(",");
    const own = below(line.root, groups.get(comounted[0] ?? ""));
    const noprefix = line.superOptions.includes("noprefix");
    for (const name of comounted) v1.set(name, { mount: line.point, comounted, own, noprefix });
  }
  return v1;
}

function assemble(mounts: Mounts, selfCgroup: string, states: States, v2Controllers: string): Topology {
  const groups = parseSelfCgroup(selfCgroup);
  const v1 = v1Hierarchies(mounts, groups);
  const controllers: string[] = [];
  for (const name of v2Controllers.trim().split(" ")) if (name !== "") controllers.push(name);
  const disabled = new Set<string>();
  const unmounted = new Set<string>();
  for (const [name, enabled] of states) {
    if (controllers.includes(name === "blkio" ? "io" : name) || v1.has(name)) continue;
    (enabled ? unmounted : disabled).add(name);
  }
  const mode = modeOf(mounts);
  if (mounts.v2 === undefined) return { mode, v1, disabled, unmounted };
  const own = below(mounts.v2.root, groups.get(""));
  return {
    mode,
    v2: { mount: mounts.v2.point, controllers, own },
    v1,
    disabled,
    unmounted,
  };
}

/**
 * The topology out of the texts of /proc/self/mountinfo, /proc/self/cgroup, /proc/cgroups ("" where the kernel has no
 * such file) and the cgroup.controllers of the cgroup2 mount (undefined where there is none). Never throws: lines that
 * make no sense are passed over.
 */
export function readTopology(
  mountinfo: string,
  selfCgroup: string,
  procCgroups: string,
  v2Controllers: string | undefined,
): Topology {
  const states = parseProcCgroups(procCgroups);
  return assemble(cgroupMounts(mountinfo, states), selfCgroup, states, v2Controllers ?? "");
}

/** The topology of this host, as this process sees it. */
export function detectTopology(): Topology {
  const states = parseProcCgroups(readTextIfThere("/proc/cgroups") ?? "");
  const mounts = cgroupMounts(readText("/proc/self/mountinfo"), states);
  const v2 = mounts.v2 === undefined ? undefined : readTextIfThere(`${mounts.v2.point}/cgroup.controllers`);
  return assemble(mounts, readTextIfThere("/proc/self/cgroup") ?? "", states, v2 ?? "");
}

/** Where a controller of cgroup v1's name can be used; undefined where it cannot. */
export function versionOf(topology: Topology, controller: string): 1 | 2 | undefined {
  if (topology.v2?.controllers.includes(controller === "blkio" ? "io" : controller) === true) return 2;
  return topology.v1.has(controller) ? 1 : undefined;
}
