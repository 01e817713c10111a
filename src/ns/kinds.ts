// The kinds of namespaces: what the OCI spec calls each, the flag that makes a new one, and its file in /proc/PID/ns.
// Source: namespaces(7).

import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUTS,
} from "../sys/abi/consts.gen.ts";

export interface NamespaceKind {
  /** In the OCI spec. */
  readonly type: string;
  /** For clone(2) and unshare(2). */
  readonly flag: number;
  /** In /proc/PID/ns. */
  readonly file: string;
  /** The kernel option that brings it, without CONFIG_. */
  readonly option: string;
}

/** Those that a container gets. */
export const NAMESPACE_KINDS: readonly NamespaceKind[] = [
  { type: "mount", flag: CLONE_NEWNS, file: "mnt", option: "NAMESPACES" },
  { type: "pid", flag: CLONE_NEWPID, file: "pid", option: "PID_NS" },
  { type: "network", flag: CLONE_NEWNET, file: "net", option: "NET_NS" },
  { type: "ipc", flag: CLONE_NEWIPC, file: "ipc", option: "IPC_NS" },
  { type: "uts", flag: CLONE_NEWUTS, file: "uts", option: "UTS_NS" },
  { type: "cgroup", flag: CLONE_NEWCGROUP, file: "cgroup", option: "CGROUPS" },
];

/**
 * clone3's flags for the namespaces of a spec. The cgroup namespace is not among them: its root is the group that a
 * process is in when it enters, so the child enters it later, from its own group.
 */
export function cloneFlags(types: readonly string[]): number {
  let flags = 0;
  for (const { type, flag } of NAMESPACE_KINDS) if (type !== "cgroup" && types.includes(type)) flags |= flag;
  return flags;
}
