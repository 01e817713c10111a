// The `unified` map of OCI resources: control files of cgroup v2 by name, such as memory.high. They exist on v2 only, so
// where the controller lives on v1 they are refused. Source: OCI runtime-spec config-linux.md, "Unified".

import { UserError } from "../errors.ts";
import { controllerRefusal, refuse } from "./refusal.ts";
import { type Topology, versionOf } from "./topology.ts";
import type { CgroupWrite } from "./types.ts";

/** Options of bunker's own that arrive through the map. */
const FLAGS: Readonly<Record<string, string>> = {
  "memory.high": "--memory-high",
};
/** Files whose content is a number of bytes. */
const BYTES = new Set(["memory.high", "memory.low", "memory.max", "memory.min", "memory.swap.max", "memory.swap.high"]);
/** Of the cgroup.* files those that cap something; the others move, kill or reshape, which is bunker's work. */
const CORE = new Set(["cgroup.max.depth", "cgroup.max.descendants"]);

function controllerOf(file: string, flag: string): string {
  // A control file's name and nothing else: a slash would lead out of the group.
  if (!/^[a-z][a-z0-9_]*(\.[A-Za-z0-9_]+)+$/.test(file) || (file.startsWith("cgroup.") && !CORE.has(file))) {
    throw new UserError(`cannot set ${flag}: it is not a cap of cgroup v2`, {
      remedy: "name a file of a controller, such as memory.high or io.max",
    });
  }
  return file.slice(0, file.indexOf("."));
}

function requireV2(topology: Topology, controller: string, flag: string, file: string): void {
  if (controller === "cgroup" && topology.v2 !== undefined) return;
  const bound = controller === "io" ? "blkio" : controller; // its name on v1
  const version = versionOf(topology, bound);
  if (version === 2) return;
  if (version === undefined && topology.mode === "v1" && topology.unmounted.has(bound)) {
    throw refuse(flag, {
      reason: `${file} is a file of cgroup v2, which is not mounted`,
      remedy: "mount it: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified",
    });
  }
  if (version === undefined) throw refuse(flag, controllerRefusal(topology, controller));
  throw refuse(flag, {
    reason: `the ${bound} controller is bound to cgroup v1 on this host, which has no ${file}`,
    remedy: `boot with cgroup_no_v1=${bound} on the kernel command line, so that cgroup v2 gets the controller`,
  });
}

/** One write for each line of each value: files such as io.max take one device at a time. */
export function unifiedWrites(unified: Readonly<Record<string, string>>, topology: Topology): CgroupWrite[] {
  const writes: CgroupWrite[] = [];
  for (const [file, text] of Object.entries(unified)) {
    const flag = FLAGS[file] ?? file;
    const controller = controllerOf(file, flag);
    if (text.includes("\0")) throw new UserError(`cannot set ${flag}: the value contains a NUL byte`);
    requireV2(topology, controller, flag, file);
    const holds = BYTES.has(file) && /^[0-9]+$/.test(text) ? ({ holds: "pages" } as const) : {};
    for (const value of text.split("\n")) {
      if (value !== "") writes.push({ controller, version: 2, file, value, flag, ...holds });
    }
  }
  return writes;
}
