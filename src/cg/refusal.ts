// Why a cap cannot be enforced on this host, and what to do about it. Engines that accept a cap and drop it in silence
// are the reason for this file: a board that runs out of memory because `--memory` did nothing is worse than an error.

import { UserError } from "../errors.ts";
import type { Topology } from "./topology.ts";
import type { CgroupWrite } from "./types.ts";

/** The kernel option that brings each controller. Source: init/Kconfig. */
const CONFIG: Readonly<Record<string, string>> = {
  blkio: "CONFIG_BLK_CGROUP",
  cpu: "CONFIG_CGROUP_SCHED",
  cpuset: "CONFIG_CPUSETS",
  devices: "CONFIG_CGROUP_DEVICE",
  freezer: "CONFIG_CGROUP_FREEZER",
  hugetlb: "CONFIG_CGROUP_HUGETLB",
  io: "CONFIG_BLK_CGROUP",
  memory: "CONFIG_MEMCG",
  misc: "CONFIG_CGROUP_MISC",
  pids: "CONFIG_CGROUP_PIDS",
  rdma: "CONFIG_CGROUP_RDMA",
};

const MEMORY_REMEDY =
  "add cgroup_enable=memory cgroup_memory=1 to the kernel command line (Raspberry Pi: /boot/firmware/cmdline.txt) and reboot";
const V2_MOUNT = "mount -t cgroup2 cgroup2 /sys/fs/cgroup";

export interface Refusal {
  readonly reason: string;
  readonly remedy: string;
}

function unmountedReason(topology: Topology, controller: string): Refusal {
  if (topology.mode === "none")
    return {
      reason: "no cgroup file system is mounted",
      remedy: `mount it: ${V2_MOUNT}`,
    };
  if (topology.mode === "v2") {
    return {
      reason: `the ${controller} controller is not delegated to ${topology.v2?.mount ?? "the cgroup2 mount"}`,
      remedy:
        `enable it in cgroup.subtree_control of the groups above (systemd: Delegate=yes), or boot with cgroup_no_v1=${controller} ` +
        "if a v1 hierarchy holds it",
    };
  }
  const point = `/sys/fs/cgroup/${controller}`;
  return {
    reason: `the ${controller} controller is not mounted`,
    remedy: `mount it: mkdir -p ${point} && mount -t cgroup -o ${controller} cgroup ${point}`,
  };
}

/** Why `controller` cannot be used on this host. */
export function controllerRefusal(topology: Topology, controller: string): Refusal {
  const name = controller === "io" && !topology.disabled.has("io") ? "blkio" : controller;
  if (topology.disabled.has(name)) {
    return {
      reason: `the ${controller} controller is disabled`,
      remedy:
        controller === "memory"
          ? MEMORY_REMEDY
          : `take cgroup_disable=${controller} off the kernel command line and reboot`,
    };
  }
  if (topology.mode === "none" || topology.unmounted.has(name)) return unmountedReason(topology, controller);
  const option = CONFIG[controller];
  return {
    reason: `the kernel has no ${controller} controller`,
    remedy: `use a kernel with ${option ?? "this controller"}${option === undefined ? "" : "=y"}`,
  };
}

/** The error for a cap whose controller cannot be used. */
export function refuse(flag: string, refusal: Refusal): UserError {
  return new UserError(`cannot enforce ${flag}: ${refusal.reason}`, {
    remedy: refusal.remedy,
  });
}

const SWAP: Refusal = {
  reason: "the kernel does not account swap",
  remedy:
    "add swapaccount=1 to the kernel command line and reboot (the kernel needs CONFIG_SWAP, and CONFIG_MEMCG_SWAP before 6.1), " +
    "or use --memory-swap -1 to leave swap without a cap",
};
const CFS_BANDWIDTH: Refusal = {
  reason: "the kernel cannot cap processor time",
  remedy: "use a kernel with CONFIG_CFS_BANDWIDTH=y, or --cpu-shares or --cpuset-cpus instead",
};
const FAIR_GROUPS: Refusal = {
  reason: "the kernel has no weights for groups of processes",
  remedy: "use a kernel with CONFIG_FAIR_GROUP_SCHED=y",
};

/** Control files that a kernel with their controller may still lack. */
const MISSING: Readonly<Record<string, Refusal>> = {
  "memory.swap.max": SWAP,
  "memory.memsw.limit_in_bytes": SWAP,
  "cpu.max": CFS_BANDWIDTH,
  "cpu.cfs_quota_us": CFS_BANDWIDTH,
  "cpu.cfs_period_us": CFS_BANDWIDTH,
  "cpu.weight": FAIR_GROUPS,
  "cpu.shares": FAIR_GROUPS,
};

/** The error for a cap whose control file this kernel does not have. */
export function missingFile(write: CgroupWrite): UserError {
  const known = MISSING[write.file];
  if (known !== undefined) return refuse(write.flag, known);
  return refuse(write.flag, {
    reason: `the kernel's ${write.controller} controller has no ${write.file}`,
    remedy: "use a newer kernel, or one with this feature built in, or leave the option out",
  });
}
