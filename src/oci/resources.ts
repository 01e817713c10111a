// Caps on what a container may use: what the options say together, checked against each other and this host, as the
// spec's resources. Relations and minima are Docker's.

import { UsageError } from "../errors.ts";
import { formatCpuset, missingFrom, readCpuset } from "./parse/cpuset.ts";
import { formatSize } from "./parse/size.ts";
import type { ResourceRequest } from "./request.ts";
import type { CpuResources, MemoryResources, Resources } from "./spec.ts";

/** What of the host the caps depend on. */
export interface CapFacts {
  /** Processors that are online. */
  readonly cpus: number;
  /** Their list, as in /sys/devices/system/cpu/online; numbered from 0 where it is missing. */
  readonly onlineCpus?: string;
  /** False where the kernel does not account swap: the swap cap that comes with every memory cap is then left out. */
  readonly swapAccounting?: boolean;
}

/** Below this not even a shell starts reliably. */
const MIN_MEMORY = 6 * 1024 * 1024;
/** Docker's period for --cpus, microseconds; also the kernel's default. */
const PERIOD = 100_000;
const MIN_QUOTA = 1000;
const MAX_PERIOD = 1_000_000;
/** The range of a weight in cgroup v1 (kernel/sched/sched.h, MIN_SHARES and MAX_SHARES): it is forced into it there. */
const SHARES = { min: 2, max: 262_144 };

/** @throws UsageError naming the option that is out of range or does not go with another */
export function makeResources(request: ResourceRequest, facts: CapFacts): Omit<Resources, "devices"> {
  const memory = makeMemory(request, facts);
  const cpu = makeCpu(request, facts);
  const pids = request.pidsLimit ?? -1;
  return {
    ...(Object.keys(memory).length > 0 ? { memory } : {}),
    ...(Object.keys(cpu).length > 0 ? { cpu } : {}),
    ...(pids > 0 ? { pids: { limit: pids } } : {}),
    ...(request.memoryHigh === undefined ? {} : { unified: { "memory.high": `${request.memoryHigh}` } }),
  };
}

function fail(message: string, remedy?: string): never {
  throw new UsageError(message, "run", remedy);
}

function makeMemory(request: ResourceRequest, facts: CapFacts): MemoryResources {
  const { memory, memoryReservation, memoryHigh } = request;
  requireMinimum("--memory", memory);
  requireMinimum("--memory-reservation", memoryReservation);
  requireMinimum("--memory-high", memoryHigh);
  requireBelow("--memory-reservation", memoryReservation, memory);
  requireBelow("--memory-high", memoryHigh, memory);
  const swap = makeSwap(request, facts);
  return {
    ...(memory === undefined ? {} : { limit: memory }),
    ...(memoryReservation === undefined ? {} : { reservation: memoryReservation }),
    ...(swap === undefined ? {} : { swap }),
  };
}

function requireMinimum(flag: string, bytes: number | undefined): void {
  if (bytes !== undefined && bytes < MIN_MEMORY) fail(`${flag} ${formatSize(bytes)} is too little: the least is 6m`);
}

function requireBelow(flag: string, bytes: number | undefined, memory: number | undefined): void {
  if (bytes === undefined || memory === undefined || bytes <= memory) return;
  fail(`${flag} ${formatSize(bytes)} is above --memory ${formatSize(memory)}, so it would never come into effect`);
}

/** Memory plus swap: twice the memory where only that is capped. -1, for unlimited, is what a group starts with. */
function makeSwap({ memory, memorySwap }: ResourceRequest, facts: CapFacts): number | undefined {
  if (memorySwap === undefined) {
    return memory === undefined || facts.swapAccounting === false ? undefined : memory * 2;
  }
  if (memorySwap === -1) return undefined;
  if (memory === undefined) fail(`--memory-swap ${formatSize(memorySwap)} needs --memory too: it caps both together`);
  if (memorySwap < memory) {
    fail(
      `--memory-swap ${formatSize(memorySwap)} is below --memory ${formatSize(memory)}: it counts memory and swap together`,
      `--memory-swap ${formatSize(memory)} allows no swap`,
    );
  }
  return memorySwap;
}

function makeCpu(request: ResourceRequest, facts: CapFacts): CpuResources {
  const { cpuShares, cpusetCpus, cpusetMems } = request;
  if (cpusetCpus !== undefined) requireCpus(cpusetCpus, facts);
  return {
    ...(cpuShares === undefined ? {} : { shares: Math.min(Math.max(cpuShares, SHARES.min), SHARES.max) }),
    ...makeQuota(request, facts),
    ...(cpusetCpus === undefined ? {} : { cpus: cpusetCpus }),
    ...(cpusetMems === undefined ? {} : { mems: cpusetMems }),
  };
}

function makeQuota(request: ResourceRequest, facts: CapFacts): Pick<CpuResources, "quota" | "period"> {
  const { nanoCpus, cpuQuota, cpuPeriod } = request;
  if (nanoCpus !== undefined) {
    if (cpuPeriod !== undefined) fail("--cpus and --cpu-period say the same thing: use one of them");
    if (cpuQuota !== undefined) fail("--cpus and --cpu-quota say the same thing: use one of them");
    const quota = Math.floor((nanoCpus * PERIOD) / 1e9);
    if (quota < MIN_QUOTA || nanoCpus > facts.cpus * 1e9) {
      fail(`--cpus ${nanoCpus / 1e9} is out of range: this host has ${facts.cpus}, and the least is 0.01`);
    }
    return { quota, period: PERIOD };
  }
  if (cpuPeriod !== undefined && (cpuPeriod < MIN_QUOTA || cpuPeriod > MAX_PERIOD)) {
    fail(`--cpu-period ${cpuPeriod} is out of range: from ${MIN_QUOTA} to ${MAX_PERIOD} microseconds`);
  }
  if (cpuQuota !== undefined && cpuQuota !== -1 && cpuQuota < MIN_QUOTA) {
    fail(`--cpu-quota ${cpuQuota} is out of range: at least ${MIN_QUOTA} microseconds, or -1 for no limit`);
  }
  return {
    ...(cpuQuota === undefined ? {} : { quota: cpuQuota }),
    ...(cpuPeriod === undefined ? {} : { period: cpuPeriod }),
  };
}

function requireCpus(list: string, facts: CapFacts): void {
  const online = readCpuset(facts.onlineCpus?.trim() ?? "") ?? [];
  const available = online.length > 0 ? online : [[0, facts.cpus - 1] as const];
  const missing = missingFrom(readCpuset(list) ?? [], available);
  if (missing === undefined) return;
  fail(`--cpuset-cpus ${list}: this host has no processor ${missing}, only ${formatCpuset(available)}`);
}
