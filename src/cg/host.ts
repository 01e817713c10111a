// The plan for this host. Nearly every host mounts control groups where everybody expects them; looking there takes a
// few statfs calls, while reading the mount table takes most of a millisecond in a process this young. The full reading
// is for hosts that differ, and for the words of a refusal.

import type { Resources } from "../oci/spec.ts";
import { CGROUP2_SUPER_MAGIC, CGROUP_SUPER_MAGIC } from "../sys/abi/consts.gen.ts";
import { STATFS } from "../sys/abi/structs.gen.ts";
import { call } from "../sys/call.ts";
import { readTextIfThere } from "../sys/file.ts";
import { cstr, reserve, scratchBase, scratchView } from "../sys/memory.ts";
import { readWords } from "./control.ts";
import { planLimits } from "./limits.ts";
import { detectTopology, type Topology, type V1Hierarchy } from "./topology.ts";
import type { CgroupPlan } from "./types.ts";

const BASE = "/sys/fs/cgroup";

/** The controllers that plans may need on v1. */
const PLANNED = ["memory", "cpu", "cpuset", "pids", "devices", "freezer"];
/** struct statfs begins with f_type; the rest is not looked at here. */
const [TYPE_OFFSET] = STATFS.fields.f_type;

/** The magic number of the file system at `path`; 0 where there is nothing. */
function magicOf(path: string): number {
  const at = reserve(STATFS.size);
  const result = call("statfs", cstr(path), scratchBase + at);
  return result < 0 ? 0 : scratchView.getUint32(at + TYPE_OFFSET, true);
}

function overlap(some: readonly string[], others: readonly string[]): boolean {
  for (const name of some) if (others.includes(name)) return true;
  return false;
}

/** The v1 hierarchies that are mounted under their controllers' names, after the lines of /proc/self/cgroup. */
function usualV1(wanted: readonly string[]): Map<string, V1Hierarchy> {
  const v1 = new Map<string, V1Hierarchy>();
  for (const line of (readTextIfThere("/proc/self/cgroup") ?? "").split("\n")) {
    const names = line.split(":", 2)[1];
    if (names === undefined || names === "") continue;
    const comounted = names.split(",");
    if (!overlap(comounted, wanted)) continue;
    const mount = `${BASE}/${names}`;
    if (magicOf(mount) !== CGROUP_SUPER_MAGIC) continue;
    const hierarchy = { mount, comounted, own: undefined, noprefix: false };
    for (const name of comounted) v1.set(name, hierarchy);
  }
  return v1;
}

/**
 * The topology where everything is in its usual place, without `own`, without what is switched off, and of v1 with no
 * more than the hierarchies of the controllers in `wanted`.
 */
export function usualTopology(wanted: readonly string[] = PLANNED): Topology | undefined {
  const none = { disabled: new Set<string>(), unmounted: new Set<string>() };
  const pure = magicOf(BASE) === CGROUP2_SUPER_MAGIC;
  const mount = pure ? BASE : `${BASE}/unified`;
  const v1 = pure ? new Map<string, V1Hierarchy>() : usualV1(wanted);
  if (!pure && magicOf(mount) !== CGROUP2_SUPER_MAGIC) {
    return v1.size === 0 ? undefined : { mode: "v1", v1, ...none };
  }
  const controllers = readWords(`${mount}/cgroup.controllers`) ?? [];
  return { mode: v1.size === 0 ? "v2" : "hybrid", v2: { mount, controllers, own: undefined }, v1, ...none };
}

/** The v1 controllers that these resources may need; the last two are for devices and for listing. */
function wantedBy({ memory, cpu, pids, unified }: Resources): readonly string[] {
  if (unified !== undefined || cpu?.cpus !== undefined || cpu?.mems !== undefined) return PLANNED;
  const wanted = ["devices", "freezer"];
  if (memory !== undefined) wanted.push("memory");
  if (cpu !== undefined) wanted.push("cpu");
  if (pids !== undefined) wanted.push("pids");
  return wanted;
}

/**
 * The control groups for a container with these resources on this host. Throws a UserError that names the option, the
 * reason and the remedy where a cap cannot be enforced.
 */
export function planForHost(resources: Resources): CgroupPlan {
  const usual = usualTopology(wantedBy(resources));
  if (usual !== undefined) {
    try {
      return planLimits(resources, usual);
    } catch {
      // What is missing in its usual place may be elsewhere, and if not, the full reading knows why.
    }
  }
  return planLimits(resources, detectTopology());
}
