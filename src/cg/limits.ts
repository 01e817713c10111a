// OCI resources and the host's topology → the groups to make and the values to write. Pure. What cannot be enforced is
// refused here, or at the write where only the kernel knows; nothing is dropped.
//
// Plain loops, see mountinfo.ts. "No limit" (-1) is what a new group starts with, so it needs no controller and no write.
// Sources: kernel Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/, OCI runtime-spec config-linux.md.

import { UserError } from "../errors.ts";
import type { CpuResources, MemoryResources, Resources } from "../oci/spec.ts";
import { restricts, v1DeviceWrites } from "./devices.ts";
import { controllerRefusal, refuse } from "./refusal.ts";
import { type Topology, type V2Hierarchy, versionOf } from "./topology.ts";
import type { CgroupPlan, CgroupWrite, PlannedGroup } from "./types.ts";
import { unifiedWrites } from "./unified.ts";

/** Kernel limits of cpu.shares (kernel/sched/sched.h: MIN_SHARES, MAX_SHARES). */
const SHARES = { least: 2, most: 262_144 } as const;
/** The period that cpu.max and cpu.cfs_period_us start with, in microseconds. */
const DEFAULT_PERIOD = 100_000;
/** Enabled on the v2 group even without a cap: counters for stats and for out-of-memory events. */
const COUNTERS = ["memory", "pids", "io"];

/** The version of the hierarchy that carries out `flag`; refuses where there is none. */
function home(topology: Topology, controller: string, flag: string): 1 | 2 {
  const version = versionOf(topology, controller);
  if (version === undefined) throw refuse(flag, controllerRefusal(topology, controller));
  return version;
}

/** A number that means a limit; undefined for absent, 0 (as in runc: not set) and negative (no limit). */
function limitOf(value: number | undefined, flag: string): number | undefined {
  if (value === undefined || value <= 0) return undefined;
  if (!Number.isSafeInteger(value)) throw new UserError(`invalid value ${value} for ${flag}: expected a whole number`);
  return value;
}

/** Swap alone, in bytes: OCI's `swap` is memory plus swap, as v1 counts. */
function swapAlone(swap: number, limit: number | undefined): number {
  if (limit === undefined) {
    throw new UserError("cannot enforce --memory-swap: it counts memory and swap together, and memory has no limit", {
      remedy: "give --memory as well",
    });
  }
  if (swap < limit) {
    throw new UserError(
      `invalid value ${swap} for --memory-swap: it is memory plus swap, and --memory is ${limit} already`,
      {
        remedy: "give a value that is not below --memory, or -1 for no limit",
      },
    );
  }
  return swap - limit;
}

/** The control files of memory: [v1, v2]. */
const MEMORY_FILES = {
  "--memory": ["memory.limit_in_bytes", "memory.max"],
  "--memory-swap": ["memory.memsw.limit_in_bytes", "memory.swap.max"],
  "--memory-reservation": ["memory.soft_limit_in_bytes", "memory.low"],
} as const;

function memoryWrite(flag: keyof typeof MEMORY_FILES, version: 1 | 2, bytes: number): CgroupWrite {
  const file = MEMORY_FILES[flag][version - 1] ?? "";
  return { controller: "memory", version, file, value: String(bytes), flag, holds: "pages" };
}

function memoryWrites(memory: MemoryResources, topology: Topology): CgroupWrite[] {
  const limit = limitOf(memory.limit, "--memory");
  const reservation = limitOf(memory.reservation, "--memory-reservation");
  const swap = limitOf(memory.swap, "--memory-swap");
  const writes: CgroupWrite[] = [];
  if (limit !== undefined) writes.push(memoryWrite("--memory", home(topology, "memory", "--memory"), limit));
  if (swap !== undefined) {
    const version = home(topology, "memory", "--memory-swap");
    const alone = swapAlone(swap, limit);
    writes.push(memoryWrite("--memory-swap", version, version === 2 ? alone : swap));
  }
  if (reservation !== undefined) {
    const version = home(topology, "memory", "--memory-reservation");
    writes.push(memoryWrite("--memory-reservation", version, reservation));
  }
  return writes;
}

/**
 * cpu.shares (2 to 262144, 1024 by default) → cpu.weight (1 to 10000, 100 by default), linear, as runc, crun and
 * Kubernetes do it. Source: KEP-2254, "cgroup v1 to v2 conversion".
 */
export function sharesToWeight(shares: number): number {
  return 1 + Math.floor(((shares - SHARES.least) * 9999) / (SHARES.most - SHARES.least));
}

function cpuTimeWrites(cpu: CpuResources, topology: Topology): CgroupWrite[] {
  const quota = limitOf(cpu.quota, "--cpu-quota");
  const period = limitOf(cpu.period, "--cpu-period");
  if (quota === undefined && period === undefined) return [];
  const flag = quota === undefined ? "--cpu-period" : "--cpus";
  const version = home(topology, "cpu", flag);
  const common = { controller: "cpu", version } as const;
  if (version === 2) {
    const value = `${quota ?? "max"} ${period ?? DEFAULT_PERIOD}`;
    return [{ ...common, file: "cpu.max", value, flag }];
  }
  const writes: CgroupWrite[] = [];
  if (period !== undefined) {
    writes.push({
      ...common,
      file: "cpu.cfs_period_us",
      value: String(period),
      flag: "--cpu-period",
    });
  }
  if (quota !== undefined)
    writes.push({
      ...common,
      file: "cpu.cfs_quota_us",
      value: String(quota),
      flag,
    });
  return writes;
}

function cpuWrites(cpu: CpuResources, topology: Topology): CgroupWrite[] {
  const writes = cpuTimeWrites(cpu, topology);
  const shares = limitOf(cpu.shares, "--cpu-shares");
  if (shares !== undefined) {
    if (shares < SHARES.least || shares > SHARES.most) {
      throw new UserError(`invalid value ${shares} for --cpu-shares: expected ${SHARES.least} to ${SHARES.most}`);
    }
    const version = home(topology, "cpu", "--cpu-shares");
    const [file, value] = version === 2 ? ["cpu.weight", sharesToWeight(shares)] : ["cpu.shares", shares];
    writes.push({
      controller: "cpu",
      version,
      file,
      value: String(value),
      flag: "--cpu-shares",
    });
  }
  for (const [file, value] of [
    ["cpus", cpu.cpus],
    ["mems", cpu.mems],
  ] as const) {
    if (value === undefined || value === "") continue;
    const flag = `--cpuset-${file}`;
    const version = home(topology, "cpuset", flag);
    const prefix = version === 1 && topology.v1.get("cpuset")?.noprefix === true ? "" : "cpuset.";
    writes.push({
      controller: "cpuset",
      version,
      file: `${prefix}${file}`,
      value,
      flag,
      holds: "cpus",
    });
  }
  return writes;
}

function pidsWrites(limit: number | undefined, topology: Topology): CgroupWrite[] {
  const flag = "--pids-limit";
  const most = limitOf(limit, flag);
  if (most === undefined) return [];
  const version = home(topology, "pids", flag);
  return [
    {
      controller: "pids",
      version,
      file: "pids.max",
      value: String(most),
      flag,
    },
  ];
}

/** The controllers that the writes for one version need, each once. */
function controllersFor(version: 1 | 2, writes: readonly CgroupWrite[]): string[] {
  const controllers: string[] = [];
  for (const write of writes) {
    // Files named cgroup.* are there without any controller.
    if (write.version !== version || write.controller === "cgroup") continue;
    if (!controllers.includes(write.controller)) controllers.push(write.controller);
  }
  return controllers;
}

function v2Group(v2: V2Hierarchy, writes: readonly CgroupWrite[]): PlannedGroup {
  const controllers = controllersFor(2, writes);
  const counters: string[] = [];
  for (const name of COUNTERS) {
    if (v2.controllers.includes(name) && !controllers.includes(name)) counters.push(name);
  }
  return { version: 2, mount: v2.mount, controllers, counters };
}

/** The v1 controller whose group lists the processes where there is no cgroup2: the freezer can pause them too. */
function listerOf(topology: Topology): string | undefined {
  for (const name of ["freezer", "pids"]) if (topology.v1.has(name)) return name;
  return topology.v1.keys().next().value;
}

/**
 * One group for each hierarchy that has something to do. The cgroup2 mount always gets one, with or without controllers:
 * joining it is free (clone3), and it lists, freezes and kills. Without cgroup2 the freezer does that.
 */
function groupsFor(topology: Topology, writes: readonly CgroupWrite[]): PlannedGroup[] {
  const groups: PlannedGroup[] = [];
  const needed = controllersFor(1, writes);
  if (topology.v2 !== undefined) {
    groups.push(v2Group(topology.v2, writes));
  } else {
    const lister = listerOf(topology);
    if (lister !== undefined) needed.push(lister);
  }
  const mounts: string[] = [];
  for (const controller of needed) {
    const hierarchy = topology.v1.get(controller);
    if (hierarchy === undefined || mounts.includes(hierarchy.mount)) continue;
    const { mount, comounted } = hierarchy;
    mounts.push(mount);
    groups.push({
      version: 1,
      mount,
      controllers: comounted,
      counters: [],
    });
  }
  return groups;
}

/**
 * The control groups for a container with these resources on a host with this topology. Throws a UserError that names
 * the option, the reason and the remedy where a cap cannot be enforced.
 */
export function planLimits(resources: Resources, topology: Topology): CgroupPlan {
  const rules = resources.devices !== undefined && restricts(resources.devices) ? resources.devices : [];
  const devicesOnV1 = topology.v1.has("devices");
  if (rules.length > 0 && !devicesOnV1 && topology.v2 === undefined) {
    throw refuse("the device rules", controllerRefusal(topology, "devices"));
  }
  const writes: CgroupWrite[] = [];
  if (resources.memory !== undefined) writes.push(...memoryWrites(resources.memory, topology));
  if (resources.cpu !== undefined) writes.push(...cpuWrites(resources.cpu, topology));
  if (resources.pids !== undefined) writes.push(...pidsWrites(resources.pids.limit, topology));
  if (resources.unified !== undefined) writes.push(...unifiedWrites(resources.unified, topology));
  if (devicesOnV1) writes.push(...v1DeviceWrites(rules));
  return {
    groups: groupsFor(topology, writes),
    writes,
    deviceProgram: devicesOnV1 ? [] : rules,
  };
}
