// Devices: the nodes every container has, and which devices its processes may use (the rules of the devices control
// group). Rules and nodes are separate: a rule without a node allows what a process makes with mknod(2).
//
// Source: runtime-spec, config-linux.md, "Default Devices"; the rules are those of Docker and runc together.

import type { Device, DeviceRule } from "./spec.ts";

/** A node of the host with the rule that lets the container use it. */
export interface HostDevice {
  readonly device: Device;
  readonly rule: DeviceRule;
}

/** Nodes that are made in every container, whatever the spec lists. Numbers: the kernel's admin-guide/devices.txt. */
export const DEFAULT_DEVICES: readonly Device[] = [
  { path: "/dev/null", type: "c", major: 1, minor: 3, fileMode: 0o666, uid: 0, gid: 0 },
  { path: "/dev/zero", type: "c", major: 1, minor: 5, fileMode: 0o666, uid: 0, gid: 0 },
  { path: "/dev/full", type: "c", major: 1, minor: 7, fileMode: 0o666, uid: 0, gid: 0 },
  { path: "/dev/random", type: "c", major: 1, minor: 8, fileMode: 0o666, uid: 0, gid: 0 },
  { path: "/dev/urandom", type: "c", major: 1, minor: 9, fileMode: 0o666, uid: 0, gid: 0 },
  { path: "/dev/tty", type: "c", major: 5, minor: 0, fileMode: 0o666, uid: 0, gid: 0 },
];

/** Paths in /dev that the container has its own of: a host's node of that name is not added. */
const OWN_PATHS: readonly string[] = [
  "/dev/null",
  "/dev/zero",
  "/dev/full",
  "/dev/random",
  "/dev/urandom",
  "/dev/tty",
  "/dev/console",
  "/dev/ptmx",
];

const DENY_ALL: DeviceRule = { allow: false, access: "rwm" };
const ALLOW_ALL: DeviceRule = { allow: true, access: "rwm" };

/** Any node may be made (CAP_MKNOD has to agree), only these may be opened. */
const DEFAULT_RULES: readonly DeviceRule[] = [
  { allow: true, type: "c", major: -1, minor: -1, access: "m" },
  { allow: true, type: "b", major: -1, minor: -1, access: "m" },
  { allow: true, type: "c", major: 1, minor: 3, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 5, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 7, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 8, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 9, access: "rwm" },
  { allow: true, type: "c", major: 5, minor: 0, access: "rwm" },
  // console, ptmx and the terminals of devpts (Unix98 PTY slaves)
  { allow: true, type: "c", major: 5, minor: 1, access: "rwm" },
  { allow: true, type: "c", major: 5, minor: 2, access: "rwm" },
  { allow: true, type: "c", major: 136, minor: -1, access: "rwm" },
  // /dev/net/tun: what is done with it takes CAP_NET_ADMIN
  { allow: true, type: "c", major: 10, minor: 200, access: "rwm" },
];

/** The nodes to make beside the default ones; a later node of a path replaces an earlier one. */
export function makeDevices(found: readonly HostDevice[]): Device[] {
  const nodes = new Map<string, Device>();
  for (const { device } of found) if (!OWN_PATHS.includes(device.path)) nodes.set(device.path, device);
  const made: Device[] = [];
  for (const node of nodes.values()) made.push(node);
  return made;
}

/** The rules, in order; of several that match the last one decides. */
export function makeDeviceRules(found: readonly HostDevice[], privileged: boolean): DeviceRule[] {
  if (privileged) return [ALLOW_ALL];
  const rules = [DENY_ALL, ...DEFAULT_RULES];
  for (const { rule } of found) rules.push(rule);
  return rules;
}
