// Probes of control groups: which caps this machine can enforce. A controller that is missing does not keep containers
// from running, it keeps the options that need it from being accepted.

import { deviceProgram } from "../cg/devicebpf.ts";
import { loadDeviceProgram } from "../cg/deviceload.ts";
import { controllerRefusal } from "../cg/refusal.ts";
import { type Topology, versionOf } from "../cg/topology.ts";
import { atLeast } from "../host.ts";
import { describeErrno } from "../sys/numbers.ts";
import { close, exists, readdirIfThere } from "../sys/file.ts";
import { fail, type Machine, ok, type Outcome, type Probe, warn } from "./types.ts";

export function judgeMode(topology: Topology): Outcome {
  const v1 = [...topology.v1.keys()].toSorted().join(", ");
  const v2 = topology.v2?.controllers.join(", ") ?? "";
  const none = "no controllers";
  switch (topology.mode) {
    case "v2":
      return ok(`cgroup v2 at ${topology.v2?.mount}: ${v2 === "" ? none : v2}`);
    case "hybrid":
      return ok(`hybrid; v1: ${v1}; v2 at ${topology.v2?.mount}: ${v2 === "" ? none : v2}`);
    case "v1":
      return ok(`cgroup v1: ${v1}`);
    case "none":
      return fail("no cgroup file system is mounted", controllerRefusal(topology, "memory").remedy);
  }
}

export function judgeController(topology: Topology, controller: string): Outcome {
  const version = versionOf(topology, controller);
  if (version === 2) return ok("cgroup v2");
  if (version === 1) return ok(`cgroup v1 at ${topology.v1.get(controller)?.mount}`);
  const { reason, remedy } = controllerRefusal(topology, controller);
  return warn(reason, remedy);
}

/**
 * Whether groups below the v2 mount have `file`, which the mount itself lacks; undefined where no group has the
 * controller (no `sign` in it).
 */
function groupsHave(mount: string, file: string, sign: string): boolean | undefined {
  for (const { name, kind } of readdirIfThere(mount) ?? []) {
    if (kind === "dir" && exists(`${mount}/${name}/${sign}`)) return exists(`${mount}/${name}/${file}`);
  }
  return undefined;
}

const UNTOLD = "not to be told before the first container has run";

function swapAccounting({ topology, release }: Machine): Outcome {
  const version = versionOf(topology, "memory");
  if (version === undefined) return warn("needs the memory controller", "see the memory controller's remedy");
  if (!exists("/proc/swaps")) return ok("not needed: the kernel has no swap");
  const there =
    version === 1
      ? exists(`${topology.v1.get("memory")?.mount}/memory.memsw.limit_in_bytes`)
      : groupsHave(topology.v2?.mount ?? "", "memory.swap.max", "memory.current");
  // From 6.1 on it goes with CONFIG_SWAP and cannot be switched off on v2.
  if (there === true || (there === undefined && atLeast(release, 6, 1))) return ok("there");
  if (there === undefined) return ok(UNTOLD);
  return warn(
    "swap is not accounted: --memory-swap is refused, and a capped container may fill the swap",
    "add swapaccount=1 to the kernel command line and reboot",
  );
}

function processorTime({ topology, config }: Machine): Outcome {
  const version = versionOf(topology, "cpu");
  if (version === undefined) return warn("needs the cpu controller", "see the cpu controller's remedy");
  const there =
    version === 1
      ? exists(`${topology.v1.get("cpu")?.mount}/cpu.cfs_quota_us`)
      : (groupsHave(topology.v2?.mount ?? "", "cpu.max", "cpu.weight") ?? (config && config.has("CFS_BANDWIDTH")));
  if (there === undefined) return ok(UNTOLD);
  return there
    ? ok("there")
    : warn("the kernel cannot cap processor time: --cpus is refused", "use a kernel with CONFIG_CFS_BANDWIDTH=y");
}

/** Device rules are part of every container: without v1's controller they need a program on the v2 group. */
function deviceRules({ topology }: Machine): Outcome {
  const v1 = topology.v1.get("devices");
  if (v1 !== undefined) return ok(`cgroup v1 at ${v1.mount}`);
  if (topology.v2 === undefined) {
    const { reason, remedy } = controllerRefusal(topology, "devices");
    return fail(reason, remedy);
  }
  const program = loadDeviceProgram(deviceProgram([{ allow: false }]));
  if (program >= 0) {
    close(program);
    return ok("BPF programs on cgroup v2");
  }
  return fail(
    `the kernel takes no device programs (${describeErrno(-program)[0]})`,
    "use a kernel with CONFIG_BPF_SYSCALL=y and CONFIG_CGROUP_BPF=y, and run bunker as root outside of a sandbox",
  );
}

/** The v2 mount lists, kills and freezes; without it that is the work of v1's freezer. */
export function judgeFreezer(topology: Topology): Outcome {
  if (topology.v2 !== undefined) return ok("cgroup v2");
  return judgeController(topology, "freezer");
}

export function cgroupProbes(machine: Machine): Probe[] {
  const { topology } = machine;
  const controllers = ["memory", "cpu", "cpuset", "pids"].map((name): Probe => ({
    name: `${name} controller`,
    run: () => judgeController(topology, name),
  }));
  return [
    { name: "control groups", run: () => judgeMode(topology) },
    ...controllers,
    { name: "swap accounting", run: () => swapAccounting(machine) },
    { name: "processor time", run: () => processorTime(machine) },
    { name: "freezer", run: () => judgeFreezer(topology) },
    { name: "device rules", since: "4.15", run: () => deviceRules(machine) },
  ];
}
