// What every container gets unless it asks for something else: Docker's choices, because images are tried against them.

import type { Mount } from "./spec.ts";

export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Bytes of /dev/shm. */
export const DEFAULT_SHM_SIZE = 64 * 1024 * 1024;

/** Where containers' groups are, below the root of each hierarchy. */
export const DEFAULT_CGROUP_PARENT = "/bunker";

/** Kernel interfaces that tell about the host, or change it, without asking for a capability. */
const MASKED_PATHS: readonly string[] = [
  "/proc/acpi",
  "/proc/asound",
  // Interrupt counts and thermal events give away what other programs do (GHSA-6fw5-f8r9-fgfm of moby).
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  // Energy counters give away secrets (PLATYPUS, CVE-2020-8694).
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
];

export const READONLY_PATHS: readonly string[] = [
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
];

/** @param throttled how many processors have a thermal_throttle directory in sysfs (x86 machines; 0 elsewhere) */
export function maskedPaths(throttled: number): string[] {
  const paths = [...MASKED_PATHS];
  for (let n = 0; n < throttled; n++) paths.push(`/sys/devices/system/cpu/cpu${n}/thermal_throttle`);
  return paths;
}

/**
 * Safe in a network namespace of the container's own, where Docker sets them too: pinging and low ports without
 * capabilities.
 */
export const NETWORK_SYSCTLS: Readonly<Record<string, string>> = {
  "net.ipv4.ping_group_range": "0 2147483647",
  "net.ipv4.ip_unprivileged_port_start": "0",
};

/** In the order in which they are mounted. A privileged container may write to sysfs and the control groups. */
export function defaultMounts(shmSize: number, privileged: boolean): Mount[] {
  const access = privileged ? [] : ["ro"];
  const none = ["nosuid", "noexec", "nodev"];
  return [
    { destination: "/proc", type: "proc", source: "proc", options: none },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: [...none, ...access] },
    { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: [...access, ...none] },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: none },
    { destination: "/dev/shm", type: "tmpfs", source: "shm", options: [...none, "mode=1777", `size=${shmSize}`] },
  ];
}
