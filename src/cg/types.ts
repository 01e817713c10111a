// What a container's control groups are to be (the plan) and what was made of it (the handle). Both are plain data: the
// plan is compared in tests, the handle is kept in the container's record for stop, pause, stats and cleanup.

import type { DeviceRule } from "../oci/spec.ts";

/** One value for one control file. */
export interface CgroupWrite {
  readonly controller: string;
  readonly version: 1 | 2;
  readonly file: string;
  readonly value: string;
  /** The option a user would have asked for this with. */
  readonly flag: string;
  /**
   * How the value is read back, for files whose value the kernel may change or put aside. `pages`: bytes, rounded down
   * to whole pages. `cpus`: the list that is in effect is the same set of numbers.
   */
  readonly holds?: "pages" | "cpus";
}

/** A hierarchy in which the container gets a group. */
export interface PlannedGroup {
  readonly version: 1 | 2;
  readonly mount: string;
  /** v1: all controllers of the hierarchy. v2: those that the container's caps need. */
  readonly controllers: readonly string[];
  /** v2: enabled as well where that succeeds, for counters (stats, out-of-memory events). */
  readonly counters: readonly string[];
}

export interface CgroupPlan {
  /** In the order of making; the v2 group, where there is one, comes first. */
  readonly groups: readonly PlannedGroup[];
  /** In the order of writing. */
  readonly writes: readonly CgroupWrite[];
  /** Rules for a device program on the v2 group; empty where v1's devices controller carries them out. */
  readonly deviceProgram: readonly DeviceRule[];
}

/** A cgroup file system as the container may mount it, seen from inside its own cgroup namespace. */
export interface NamespaceMount {
  readonly type: "cgroup2" | "cgroup";
  /** Mount data: "" for cgroup2, the controllers for v1. */
  readonly data: string;
  /** Where it belongs below /sys/fs/cgroup: "" for pure v2. */
  readonly name: string;
}

export interface CgroupHandle {
  /** The groups made for the container, in the order in which to remove them. */
  readonly dirs: readonly string[];
  /** For clone3's CLONE_INTO_CGROUP. */
  readonly v2Dir?: string;
  /** v1: writing "0" to each moves the writing thread into the group. */
  readonly joinFiles: readonly string[];
  /** The group whose cgroup.procs lists the container's processes; undefined where no hierarchy is mounted. */
  readonly procsDir?: string;
  /** The file with the line `oom_kill N`. */
  readonly oomFile?: string;
  /** Writing `frozen` or `thawed` to `file` pauses or resumes the container. */
  readonly freezer?: {
    readonly file: string;
    readonly frozen: string;
    readonly thawed: string;
  };
  readonly namespaceMounts: readonly NamespaceMount[];
}
