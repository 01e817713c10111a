// Facts of this host that a container's spec depends on. Each costs a system call or two, so they are asked for only
// where they matter.

import { usualTopology } from "./cg/host.ts";
import { detectTopology } from "./cg/topology.ts";
import type { HostDevice } from "./oci/devices.ts";
import type { HostFacts } from "./oci/make.ts";
import { CAP_SYS_RESOURCE, LINUX_CAPABILITY_VERSION_3, RLIMIT_NOFILE } from "./sys/abi/consts.gen.ts";
import { NEW_UTSNAME, RLIMIT64, USER_CAP_DATA, USER_CAP_HEADER } from "./sys/abi/structs.gen.ts";
import { call, must } from "./sys/call.ts";
import { readdirIfThere, readText, readTextIfThere } from "./sys/file.ts";
import { place, reserve, scratch, scratchBase } from "./sys/memory.ts";
import { pack, unpack } from "./sys/struct.ts";

/** From this many on, the kernel's default limits let anyone have them. */
const ENOUGH_FILES = 524_288;

export function hostFacts(id: string, rootfs: string, devices: readonly HostDevice[], capsMemory: boolean): HostFacts {
  const uname = readUname();
  const onlineCpus = readText("/sys/devices/system/cpu/online").trim();
  return {
    id,
    rootfs,
    devices,
    hostname: uname.nodename,
    cpus: countList(onlineCpus),
    onlineCpus,
    swapAccounting: !capsMemory || hasSwapAccounting(),
    kernelMaxNofile: maxOpenFiles(),
    recursiveReadOnly: atLeast(uname.release, 5, 12),
    // An ordinary user only looks at what root would do.
    ...(call("geteuid") === 0 ? { capabilities: ownCapabilities() } : {}),
    throttled: process.arch === "x64" ? countThrottled() : 0,
  };
}

export interface Uname {
  readonly nodename: string;
  readonly release: string;
  readonly version: string;
  readonly machine: string;
}

export function readUname(): Uname {
  const at = reserve(NEW_UTSNAME.size);
  must(call("uname", scratchBase + at), "ask for the kernel's name");
  const raw = unpack(NEW_UTSNAME, scratch, at);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes.subarray(0, Math.max(0, bytes.indexOf(0))));
  return {
    nodename: text(raw.nodename),
    release: text(raw.release),
    version: text(raw.version),
    machine: text(raw.machine),
  };
}

/** Whether a kernel release such as "6.1.0-30-arm64" is at least major.minor. */
export function atLeast(release: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = release.split(".").map((part) => Number.parseInt(part, 10));
  return a > major || (a === major && b >= minor);
}

/** How many numbers a list such as "0-3,6" has. */
export function countList(list: string): number {
  return list.split(",").reduce((sum, range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return sum + last - first + 1;
  }, 0);
}

/** The highest limit of open files that this process may set: its own, or the kernel's where it is privileged enough. */
function maxOpenFiles(): number {
  const at = reserve(RLIMIT64.size);
  must(call("prlimit64", 0, RLIMIT_NOFILE, 0, scratchBase + at), "ask for the limit of open files");
  const hard = Number(unpack(RLIMIT64, scratch, at).rlim_max);
  if (hard >= ENOUGH_FILES || (ownCapabilities() & (1n << BigInt(CAP_SYS_RESOURCE))) === 0n) return hard;
  return Number(readText("/proc/sys/fs/nr_open"));
}

/** Those in effect; bit n stands for capability n. */
function ownCapabilities(): bigint {
  const header = place(pack(USER_CAP_HEADER, { version: LINUX_CAPABILITY_VERSION_3, pid: 0 }));
  const at = reserve(USER_CAP_DATA.size * 2);
  must(call("capget", header, scratchBase + at), "ask for the own capabilities");
  const [low, high] = [unpack(USER_CAP_DATA, scratch, at), unpack(USER_CAP_DATA, scratch, at + USER_CAP_DATA.size)];
  return (BigInt(high.effective >>> 0) << 32n) | BigInt(low.effective >>> 0);
}

function hasSwapAccounting(): boolean {
  const topology = usualTopology() ?? detectTopology();
  const v1 = topology.v1.get("memory");
  if (v1 !== undefined) return readTextIfThere(`${v1.mount}/memory.memsw.limit_in_bytes`) !== undefined;
  // cgroup v2: the root group has no memory.swap.max, a group below it does; CONFIG_SWAP shows in /proc/swaps.
  return readTextIfThere("/proc/swaps") !== undefined;
}

/** Processors with a thermal_throttle directory, which is hidden from containers; the first one speaks for all. */
function countThrottled(): number {
  const cpus = "/sys/devices/system/cpu";
  if (readdirIfThere(`${cpus}/cpu0/thermal_throttle`) === undefined) return 0;
  return (readdirIfThere(cpus) ?? []).filter(({ name }) => /^cpu\d+$/.test(name)).length;
}
