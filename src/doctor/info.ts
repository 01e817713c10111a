// `bunker info`: facts about this machine and what bunker holds on it. Nothing is judged here; that is doctor's work.

import type { CgroupMode } from "../cg/topology.ts";
import { countList, readUname } from "../host.ts";
import type { Paths } from "../state/paths.ts";
import { readText, readTextIfThere } from "../sys/file.ts";
import { VERSION } from "../version.ts";
import { diskAt, type LoopDevices, loopDevices } from "./disk.ts";
import { readMachine } from "./probes.ts";
import { type Compressor, compressorsOf, fileSystemState } from "./storage.ts";

export interface Holdings {
  readonly running: number;
  readonly stopped: number;
  readonly images: number;
}

export interface Info {
  readonly version: string;
  readonly kernel: string;
  /** As the kernel names it: "x86_64", "aarch64". */
  readonly machine: string;
  readonly hostname: string;
  readonly processors: number;
  /** Bytes. */
  readonly memory: number;
  readonly swap: number;
  readonly cgroup: { readonly mode: CgroupMode; readonly v1: readonly string[]; readonly v2: readonly string[] };
  readonly root: string;
  readonly run: string;
  readonly containers: { readonly total: number; readonly running: number; readonly stopped: number };
  readonly images: number;
  readonly storage: {
    /** What layers are kept as on this kernel. */
    readonly layers: "squashfs" | "directories";
    /** The type of the file system that the root directory lies on. */
    readonly type: string;
    readonly total: number;
    readonly free: number;
    readonly compressors: readonly Compressor[] | undefined;
    readonly loops: LoopDevices | undefined;
  };
}

/** A line of /proc/meminfo in bytes; 0 where it is missing. */
export function meminfoBytes(meminfo: string, name: string): number {
  for (const line of meminfo.split("\n")) {
    const [key, value] = line.split(":");
    if (key === name) return Number.parseInt(value ?? "", 10) * 1024 || 0;
  }
  return 0;
}

export function gatherInfo(paths: Paths, holdings: Holdings): Info {
  const uname = readUname();
  const { topology, config, release } = readMachine(paths);
  const meminfo = readText("/proc/meminfo");
  const disk = diskAt(paths.root);
  const modules = readTextIfThere(`/lib/modules/${release}/modules.dep`);
  const squashfs = fileSystemState("squashfs", readText("/proc/filesystems"), modules) !== undefined;
  return {
    version: VERSION,
    kernel: uname.release,
    machine: uname.machine,
    hostname: uname.nodename,
    processors: countList(readText("/sys/devices/system/cpu/online").trim()),
    memory: meminfoBytes(meminfo, "MemTotal"),
    swap: meminfoBytes(meminfo, "SwapTotal"),
    cgroup: {
      mode: topology.mode,
      v1: [...topology.v1.keys()].toSorted(),
      v2: topology.v2?.controllers ?? [],
    },
    root: paths.root,
    run: paths.run,
    containers: { ...holdings, total: holdings.running + holdings.stopped },
    images: holdings.images,
    storage: {
      layers: squashfs ? "squashfs" : "directories",
      type: disk.type,
      total: disk.total,
      free: disk.free,
      compressors: compressorsOf(config),
      loops: loopDevices(),
    },
  };
}
