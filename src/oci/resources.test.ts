// Caps: how the options go together, and with this host.

import { expect, test } from "bun:test";
import { messageOf } from "./testing.ts";

import type { ResourceRequest } from "./request.ts";
import { type CapFacts, makeResources } from "./resources.ts";

const M = 1024 * 1024;
const HOST: CapFacts = { cpus: 4 };
const make = (request: ResourceRequest, host = HOST) => makeResources(request, host);

test("nothing asked for, nothing capped", () => {
  expect(make({})).toEqual({});
  expect(make({ pidsLimit: -1 })).toEqual({});
});

test("swap is twice the memory unless asked for or not accounted", () => {
  expect(make({ memory: 64 * M })).toEqual({ memory: { limit: 64 * M, swap: 128 * M } });
  expect(make({ memory: 64 * M }, { ...HOST, swapAccounting: false })).toEqual({ memory: { limit: 64 * M } });
  expect(make({ memory: 64 * M, memorySwap: 64 * M }, { ...HOST, swapAccounting: false })).toEqual({
    memory: { limit: 64 * M, swap: 64 * M },
  });
  expect(make({ memory: 64 * M, memorySwap: -1 })).toEqual({ memory: { limit: 64 * M } });
  expect(make({ memorySwap: -1 })).toEqual({});
});

test("all of memory", () => {
  expect(make({ memory: 64 * M, memoryReservation: 32 * M, memoryHigh: 48 * M, memorySwap: 96 * M })).toEqual({
    memory: { limit: 64 * M, reservation: 32 * M, swap: 96 * M },
    unified: { "memory.high": `${48 * M}` },
  });
});

test.each([
  [{ memory: 6 * M - 1 }, "--memory 6291455 is too little: the least is 6m"],
  [{ memory: 4 * M }, "--memory 4m is too little"],
  [{ memoryReservation: 1024 }, "--memory-reservation 1k is too little"],
  [{ memoryHigh: 1 }, "--memory-high 1 is too little"],
  [{ memory: 8 * M, memoryReservation: 9 * M }, "--memory-reservation 9m is above --memory 8m"],
  [{ memory: 8 * M, memoryHigh: 9 * M }, "--memory-high 9m is above --memory 8m"],
  [{ memorySwap: 8 * M }, "--memory-swap 8m needs --memory too"],
  [{ memory: 8 * M, memorySwap: 7 * M }, "--memory-swap 7m is below --memory 8m"],
  [{ nanoCpus: 1e9, cpuPeriod: 1000 }, "--cpus and --cpu-period"],
  [{ nanoCpus: 1e9, cpuQuota: 1000 }, "--cpus and --cpu-quota"],
  [{ nanoCpus: 4_000_000_001 }, "--cpus 4.000000001 is out of range: this host has 4"],
  [{ nanoCpus: 9_000_000 }, "--cpus 0.009 is out of range"],
  [{ cpuPeriod: 999 }, "--cpu-period 999 is out of range"],
  [{ cpuPeriod: 1_000_001 }, "--cpu-period 1000001 is out of range"],
  [{ cpuQuota: 999 }, "--cpu-quota 999 is out of range"],
  [{ cpusetCpus: "2-4" }, "--cpuset-cpus 2-4: this host has no processor 4, only 0-3"],
] satisfies [ResourceRequest, string][])("refused: %j", (request, why) => {
  expect(messageOf(() => make(request))).toContain(why);
});

test("processors", () => {
  expect(make({ nanoCpus: 15e8 })).toEqual({ cpu: { quota: 150_000, period: 100_000 } });
  expect(make({ nanoCpus: 4e9 })).toEqual({ cpu: { quota: 400_000, period: 100_000 } });
  expect(make({ nanoCpus: 1e7 })).toEqual({ cpu: { quota: 1000, period: 100_000 } });
  expect(make({ cpuQuota: 5000, cpuPeriod: 10_000, cpusetCpus: "0-3", cpusetMems: "0" })).toEqual({
    cpu: { quota: 5000, period: 10_000, cpus: "0-3", mems: "0" },
  });
  expect(make({ cpuQuota: -1 })).toEqual({ cpu: { quota: -1 } });
});

test("shares are forced into the kernel's range, as the kernel does", () => {
  expect([1, 2, 512, 1_000_000].map((cpuShares) => make({ cpuShares }).cpu?.shares)).toEqual([2, 2, 512, 262_144]);
});

test("a processor that is offline is not there", () => {
  const host = { cpus: 3, onlineCpus: "0-1,3\n" };
  expect(make({ cpusetCpus: "3" }, host)).toEqual({ cpu: { cpus: "3" } });
  expect(messageOf(() => make({ cpusetCpus: "0-3" }, host))).toContain("no processor 2, only 0-1,3");
});

test("processes", () => {
  expect(make({ pidsLimit: 100 })).toEqual({ pids: { limit: 100 } });
});
