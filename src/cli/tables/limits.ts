// The options that cap what a container may use of the host. One list of their own: they are the core of bunker, and the
// part of `bunker run` that other verbs share.

import type { Option } from "../command.ts";

const MEMORY = "Memory";
const CPU = "CPU and processes";

export const LIMIT_OPTIONS = [
  {
    name: "memory",
    short: "m",
    kind: "string",
    value: "BYTES",
    help: "Memory limit (at least 6m); beyond it the container's processes are killed",
    group: MEMORY,
  },
  {
    name: "memory-high",
    kind: "string",
    value: "BYTES",
    help: "Throttle and reclaim above this instead of killing (bunker's own; cgroup v2)",
    group: MEMORY,
  },
  {
    name: "memory-reservation",
    kind: "string",
    value: "BYTES",
    help: "Soft limit: the container is brought back to it when the host runs short",
    group: MEMORY,
  },
  {
    name: "memory-swap",
    kind: "string",
    value: "BYTES",
    help: "Limit of memory and swap together (default: twice --memory; -1: unlimited swap)",
    group: MEMORY,
  },
  {
    name: "oom-score-adj",
    kind: "string",
    value: "NUMBER",
    help: "How early the host kills the container when it runs out of memory (-1000 to 1000, default 0)",
    group: MEMORY,
  },

  {
    name: "cpus",
    kind: "string",
    value: "NUMBER",
    help: "CPU limit in processors (0.5, 1.5); the same as --cpu-quota for a period of 100000",
    group: CPU,
  },
  {
    name: "cpu-quota",
    kind: "string",
    value: "MICROSECONDS",
    help: "CPU time that the container may use in each period",
    group: CPU,
  },
  {
    name: "cpu-period",
    kind: "string",
    value: "MICROSECONDS",
    help: "Length of that period (default 100000)",
    group: CPU,
  },
  {
    name: "cpu-shares",
    short: "c",
    kind: "string",
    value: "NUMBER",
    help: "Share of the CPU relative to other containers when it is scarce (default 1024)",
    group: CPU,
  },
  { name: "cpuset-cpus", kind: "string", value: "LIST", help: "Processors to run on (0-2,4)", group: CPU },
  { name: "cpuset-mems", kind: "string", value: "LIST", help: "Memory nodes to use (0,1)", group: CPU },
  {
    name: "pids-limit",
    kind: "string",
    value: "NUMBER",
    help: "Limit of processes and threads (0 or -1: unlimited)",
    group: CPU,
  },
  {
    name: "cgroup-parent",
    kind: "string",
    value: "PATH",
    help: "Cgroup to make the container's cgroup in (default /bunker)",
    group: CPU,
  },
] as const satisfies readonly Option[];
