// Which kernel parameters belong to a namespace, and so may be set for one container without changing the host.
//
// Source: ipc_namespaces(7), network_namespaces(7); the selection is runc's.

import type { NamespaceType } from "./spec.ts";

const IPC: readonly string[] = [
  "kernel.msgmax",
  "kernel.msgmnb",
  "kernel.msgmni",
  "kernel.sem",
  "kernel.shmall",
  "kernel.shmmax",
  "kernel.shmmni",
  "kernel.shm_rmid_forced",
];

/** Words between dots. A slash would let the name leave its directory of /proc/sys. */
const NAME = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+$/;

/** The namespace that a parameter belongs to; undefined where it is the host's, or no name of a parameter. */
export function sysctlNamespace(name: string): NamespaceType | undefined {
  if (!NAME.test(name)) return undefined;
  if (IPC.includes(name) || name.startsWith("fs.mqueue.")) return "ipc";
  if (name.startsWith("net.")) return "network";
  return name === "kernel.domainname" ? "uts" : undefined;
}
