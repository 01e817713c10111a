// What a probe is: one named question about this machine, its answer, and what to do where the answer is bad.

import type { Topology } from "../cg/topology.ts";
import type { Paths } from "../state/paths.ts";
import type { KernelConfig } from "./kconfig.ts";

/** `warn`: containers run, but something that they may ask for is refused. `fail`: containers cannot run. */
export type Outcome =
  | { readonly status: "ok"; readonly found: string }
  | { readonly status: "warn" | "fail"; readonly found: string; readonly remedy: string };

export interface Probe {
  readonly name: string;
  /** The first kernel that has what is asked for, as "5.9". */
  readonly since?: string;
  /** Changes nothing that stays. */
  run(): Outcome;
}

export type Answer = Outcome & { readonly name: string; readonly since?: string };

/** What several probes look at, read once. */
export interface Machine {
  readonly paths: Paths;
  /** The kernel's release, as "6.1.0-30-arm64". */
  readonly release: string;
  /** undefined where neither /proc/config.gz nor /boot has it. */
  readonly config: KernelConfig | undefined;
  readonly topology: Topology;
}

export function ok(found: string): Outcome {
  return { status: "ok", found };
}

export function warn(found: string, remedy: string): Outcome {
  return { status: "warn", found, remedy };
}

export function fail(found: string, remedy: string): Outcome {
  return { status: "fail", found, remedy };
}
