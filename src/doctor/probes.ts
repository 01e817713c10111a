// `bunker doctor`: all probes in the order in which they are shown, and running them. Nothing is changed: the overlay
// that is tried is mounted nowhere, and what it needs is removed again.

import { detectTopology } from "../cg/topology.ts";
import { readUname } from "../host.ts";
import type { Paths } from "../state/paths.ts";
import { cgroupProbes } from "./cgroups.ts";
import { clockProbes } from "./clock.ts";
import { readKernelConfig } from "./kconfig.ts";
import { kernelProbes } from "./kernel.ts";
import { storageProbes } from "./storage.ts";
import type { Answer, Machine, Outcome, Probe } from "./types.ts";

export function readMachine(paths: Paths): Machine {
  const { release } = readUname();
  return { paths, release, config: readKernelConfig(release), topology: detectTopology() };
}

export function allProbes(machine: Machine): Probe[] {
  return [...kernelProbes(machine), ...cgroupProbes(machine), ...storageProbes(machine), ...clockProbes()];
}

function outcomeOf(probe: Probe): Outcome {
  try {
    return probe.run();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { status: "fail", found: why, remedy: "run bunker doctor as root, outside of a container" };
  }
}

/** Every probe's answer; a probe that throws has failed. */
export function runProbes(probes: readonly Probe[]): Answer[] {
  return probes.map((probe) => ({
    name: probe.name,
    ...(probe.since === undefined ? {} : { since: probe.since }),
    ...outcomeOf(probe),
  }));
}

/** Looks at this machine. */
export function diagnose(paths: Paths): Answer[] {
  return runProbes(allProbes(readMachine(paths)));
}
