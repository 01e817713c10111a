// Probes of what layers and containers are stored with: squashfs and what it can unpack, overlay on the store's file
// system, loop devices, room.

import { SysError } from "../errors.ts";
import { EACCES, EPERM } from "../sys/abi/errno.gen.ts";
import { exists, readText, readTextIfThere } from "../sys/file.ts";
import { type Disk, diskAt, type LoopDevices, loopDevices } from "./disk.ts";
import type { KernelConfig } from "./kconfig.ts";
import { tryOverlay } from "./overlay.ts";
import { fail, type Machine, ok, type Outcome, type Probe, warn } from "./types.ts";

/** Squashfs's compressors, the one that layers are written with first. */
const COMPRESSORS = ["zstd", "zlib", "xz", "lz4", "lzo"] as const;
export type Compressor = (typeof COMPRESSORS)[number];

/** What the kernel's squashfs can unpack; undefined where its configuration is not known. */
export function compressorsOf(config: KernelConfig | undefined): Compressor[] | undefined {
  if (config === undefined) return undefined;
  return COMPRESSORS.filter((name) => config.get(`SQUASHFS_${name.toUpperCase()}`) === "y");
}

/** "built in": listed by the kernel. "module": it can be loaded. */
export function fileSystemState(
  name: string,
  filesystems: string,
  modules: string | undefined,
): "built in" | "module" | undefined {
  if (filesystems.split("\n").some((line) => line.split("\t")[1] === name)) return "built in";
  return modules?.includes(`/${name}.ko`) === true ? "module" : undefined;
}

function stateOf(machine: Machine, name: string): "built in" | "module" | undefined {
  const modules = readTextIfThere(`/lib/modules/${machine.release}/modules.dep`);
  return fileSystemState(name, readText("/proc/filesystems"), modules);
}

/** A module that the kernel loads by itself when it is first asked for the file system. */
function moduleOutcome(name: string): Outcome {
  const loader = readTextIfThere("/proc/sys/kernel/modprobe")?.trim() ?? "";
  if (loader !== "" && exists(loader)) return ok("a module, loaded when it is first needed");
  return warn(
    `the module is not loaded, and the kernel finds no modprobe to load it`,
    `load it at boot: modprobe ${name}`,
  );
}

function squashfs(machine: Machine): Outcome {
  const state = stateOf(machine, "squashfs");
  if (state === "built in") return ok("there");
  if (state === "module") return moduleOutcome("squashfs");
  return warn(
    "the kernel has no squashfs: layers take the room of unpacked directories",
    "use a kernel with CONFIG_SQUASHFS, CONFIG_SQUASHFS_ZSTD=y and CONFIG_SQUASHFS_XATTR=y",
  );
}

export function judgeCompressors(found: readonly Compressor[] | undefined): Outcome {
  if (found === undefined) return ok("unknown: the kernel's configuration is neither in /proc/config.gz nor in /boot");
  const list = found.join(", ");
  if (found.includes("zstd")) return ok(list);
  if (found.length === 0) return warn("none", "use a kernel with CONFIG_SQUASHFS_ZSTD=y");
  const other = found.includes("zlib") ? ", or import images with --compression gzip" : "";
  return warn(`${list}, but not zstd`, `use a kernel with CONFIG_SQUASHFS_ZSTD=y${other}`);
}

/** Labels and capabilities of files are extended attributes. */
export function judgeXattrs(config: KernelConfig | undefined): Outcome {
  if (config === undefined) return ok("unknown: the kernel's configuration is not to be read");
  if (config.get("SQUASHFS_XATTR") === "y") return ok("there");
  return warn(
    "squashfs shows no extended attributes: file capabilities of images are lost",
    "use a kernel with CONFIG_SQUASHFS_XATTR=y",
  );
}

function overlay(machine: Machine): Outcome {
  const state = stateOf(machine, "overlay");
  if (state === undefined) return fail("the kernel has no overlay", "use a kernel with CONFIG_OVERLAY_FS");
  return state === "module" ? moduleOutcome("overlay") : ok("there");
}

function upperDirectory(machine: Machine): Outcome {
  if (stateOf(machine, "overlay") === undefined) return fail("needs overlay", "see overlay's remedy");
  const { path, type } = diskAt(machine.paths.root);
  try {
    tryOverlay(path);
    return ok(`works on ${path} (${type})`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const denied = error instanceof SysError && (error.errno === EPERM || error.errno === EACCES);
    const remedy = denied
      ? "run bunker as root, outside of a container or sandbox that forbids mounts"
      : "put the store on a writable ext4, xfs, btrfs or f2fs file system and name it with BUNKER_ROOT";
    return fail(`does not work on ${path} (${type}): ${why}`, remedy);
  }
}

export function judgeLoops(devices: LoopDevices | undefined): Outcome {
  if (devices !== undefined) return ok(`${devices.total - devices.used} of ${devices.total} free, more on demand`);
  return warn(
    "/dev/loop-control is missing: squashfs layers cannot be mounted",
    "load the module with 'modprobe loop', or use a kernel with CONFIG_BLK_DEV_LOOP=y",
  );
}

const MB = 1_000_000;
/** Below these a store is about to be full, and below these it is. */
const ROOM = { low: 100 * MB, none: 8 * MB, lowInodes: 2000, noInodes: 100 } as const;

export function judgeRoom(disk: Disk): Outcome {
  if (disk.total === 0) return ok(`${disk.type} at ${disk.path} does not count it`);
  const found = `${Math.floor(disk.free / MB)} MB of ${Math.ceil(disk.total / MB)} MB free at ${disk.path} (${disk.type})`;
  const remedy = "remove containers and images (bunker rm, bunker rmi), or put the store elsewhere with BUNKER_ROOT";
  if (disk.free < ROOM.none) return fail(found, remedy);
  return disk.free < ROOM.low ? warn(found, remedy) : ok(found);
}

export function judgeInodes(disk: Disk): Outcome {
  if (disk.inodes === 0) return ok(`${disk.type} does not count them`);
  const found = `${disk.freeInodes} of ${disk.inodes} free at ${disk.path}`;
  const remedy = "remove containers and files, or make the file system anew with more inodes (mkfs.ext4 -N)";
  if (disk.freeInodes < ROOM.noInodes) return fail(found, remedy);
  return disk.freeInodes < ROOM.lowInodes ? warn(found, remedy) : ok(found);
}

export function storageProbes(machine: Machine): Probe[] {
  const { config, paths } = machine;
  return [
    { name: "squashfs", run: () => squashfs(machine) },
    { name: "squashfs compressors", run: () => judgeCompressors(compressorsOf(config)) },
    { name: "squashfs attributes", run: () => judgeXattrs(config) },
    { name: "loop devices", run: () => judgeLoops(loopDevices()) },
    { name: "overlay", run: () => overlay(machine) },
    { name: "overlay on the store", since: "5.2", run: () => upperDirectory(machine) },
    { name: "room", run: () => judgeRoom(diskAt(paths.root)) },
    { name: "inodes", run: () => judgeInodes(diskAt(paths.root)) },
  ];
}
