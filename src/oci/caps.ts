// Capabilities: their names and numbers, and which ones a container's processes get.
//
// Source: capabilities(7). The default set and the rules for adding and dropping are Docker's.

import {
  CAP_AUDIT_CONTROL,
  CAP_AUDIT_READ,
  CAP_AUDIT_WRITE,
  CAP_BLOCK_SUSPEND,
  CAP_BPF,
  CAP_CHECKPOINT_RESTORE,
  CAP_CHOWN,
  CAP_DAC_OVERRIDE,
  CAP_DAC_READ_SEARCH,
  CAP_FOWNER,
  CAP_FSETID,
  CAP_IPC_LOCK,
  CAP_IPC_OWNER,
  CAP_KILL,
  CAP_LEASE,
  CAP_LINUX_IMMUTABLE,
  CAP_MAC_ADMIN,
  CAP_MAC_OVERRIDE,
  CAP_MKNOD,
  CAP_NET_ADMIN,
  CAP_NET_BIND_SERVICE,
  CAP_NET_BROADCAST,
  CAP_NET_RAW,
  CAP_PERFMON,
  CAP_SETFCAP,
  CAP_SETGID,
  CAP_SETPCAP,
  CAP_SETUID,
  CAP_SYSLOG,
  CAP_SYS_ADMIN,
  CAP_SYS_BOOT,
  CAP_SYS_CHROOT,
  CAP_SYS_MODULE,
  CAP_SYS_NICE,
  CAP_SYS_PACCT,
  CAP_SYS_PTRACE,
  CAP_SYS_RAWIO,
  CAP_SYS_RESOURCE,
  CAP_SYS_TIME,
  CAP_SYS_TTY_CONFIG,
  CAP_WAKE_ALARM,
} from "../sys/abi/consts.gen.ts";
import type { Capabilities } from "./spec.ts";

/** The kernel's number of each capability, by name, in the order of the numbers. */
export const CAPABILITIES: Readonly<Record<string, number>> = {
  CAP_CHOWN,
  CAP_DAC_OVERRIDE,
  CAP_DAC_READ_SEARCH,
  CAP_FOWNER,
  CAP_FSETID,
  CAP_KILL,
  CAP_SETGID,
  CAP_SETUID,
  CAP_SETPCAP,
  CAP_LINUX_IMMUTABLE,
  CAP_NET_BIND_SERVICE,
  CAP_NET_BROADCAST,
  CAP_NET_ADMIN,
  CAP_NET_RAW,
  CAP_IPC_LOCK,
  CAP_IPC_OWNER,
  CAP_SYS_MODULE,
  CAP_SYS_RAWIO,
  CAP_SYS_CHROOT,
  CAP_SYS_PTRACE,
  CAP_SYS_PACCT,
  CAP_SYS_ADMIN,
  CAP_SYS_BOOT,
  CAP_SYS_NICE,
  CAP_SYS_RESOURCE,
  CAP_SYS_TIME,
  CAP_SYS_TTY_CONFIG,
  CAP_MKNOD,
  CAP_LEASE,
  CAP_AUDIT_WRITE,
  CAP_AUDIT_CONTROL,
  CAP_SETFCAP,
  CAP_MAC_OVERRIDE,
  CAP_MAC_ADMIN,
  CAP_SYSLOG,
  CAP_WAKE_ALARM,
  CAP_BLOCK_SUSPEND,
  CAP_AUDIT_READ,
  CAP_PERFMON,
  CAP_BPF,
  CAP_CHECKPOINT_RESTORE,
};

/** What Docker gives to a container that asks for nothing, in the order of the numbers. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_RAW",
  "CAP_SYS_CHROOT",
  "CAP_MKNOD",
  "CAP_AUDIT_WRITE",
  "CAP_SETFCAP",
];

export const ALL = "ALL";

const EVERY = -1n;

/** A set as the kernel takes it: bit n stands for capability n. */
export function capabilityMask(names: readonly string[]): bigint {
  let mask = 0n;
  for (const name of names) {
    const number = CAPABILITIES[name];
    if (number === undefined) throw new Error(`unknown capability ${name}`);
    mask |= 1n << BigInt(number);
  }
  return mask;
}

/** Whether a set in the kernel's form has a capability. */
export function hasCapability(mask: bigint, name: string): boolean {
  return (mask & capabilityMask([name])) !== 0n;
}

/**
 * The capabilities that a container may have, in the order of their numbers. Adding ALL gives all but those dropped by
 * name; dropping ALL leaves those added; what is both dropped and added by name is there.
 * @param held those of bunker itself, as a mask: nobody can pass on what they have not
 */
export function chooseCapabilities(
  add: readonly string[],
  drop: readonly string[],
  privileged: boolean,
  held = EVERY,
): readonly string[] {
  const chosen = chooseFromAll(add, drop, privileged);
  return held === EVERY ? chosen : chosen.filter((name) => hasCapability(held, name));
}

function chooseFromAll(add: readonly string[], drop: readonly string[], privileged: boolean): readonly string[] {
  if (add.length === 0 && drop.length === 0 && !privileged) return DEFAULT_CAPABILITIES;
  const all = Object.keys(CAPABILITIES);
  if (privileged) return all;
  if (add.includes(ALL)) return all.filter((name) => !drop.includes(name));
  const base = drop.includes(ALL) ? [] : DEFAULT_CAPABILITIES.filter((name) => !drop.includes(name));
  return all.filter((name) => base.includes(name) || add.includes(name));
}

/**
 * The sets of the container's first process. Only root has them in effect: for another user execve(2) would clear them
 * anyway, and the bounding set alone says what a set-user-ID program may come to. Nothing is inheritable or ambient, so
 * that no file capability can bring it to life (CVE-2022-24769).
 */
export function capabilitySets(names: readonly string[], uid: number): Capabilities {
  return uid === 0 ? { bounding: names, effective: names, permitted: names } : { bounding: names };
}
