// Facts about the file systems that bunker stores on, and about loop devices.

import { parseMountinfo, visible } from "../sys/mountinfo.ts";
import { O_PATH } from "../sys/abi/consts.gen.ts";
import { close, exists, type FsStat, open, readdirIfThere, readlinkIfThere, readText, statfs } from "../sys/file.ts";

/** `path`, or the nearest directory above it that is there. */
export function nearest(path: string): string {
  let here = path;
  while (here !== "/" && !exists(here)) here = here.slice(0, Math.max(1, here.lastIndexOf("/")));
  return here;
}

/** The path without symlinks. */
function realPath(path: string): string {
  const fd = open(path, O_PATH);
  try {
    return readlinkIfThere(`/proc/self/fd/${fd}`) ?? path;
  } finally {
    close(fd);
  }
}

/** The type of the file system that a real path lies on, by the mount table's text; "unknown" where that has none. */
export function typeAt(path: string, mountinfo: string): string {
  const mounts = parseMountinfo(mountinfo);
  let found = { point: "", type: "unknown" };
  for (const mount of mounts) {
    const below = mount.point === "/" || path === mount.point || path.startsWith(`${mount.point}/`);
    if (below && mount.point.length >= found.point.length && visible(mount, mounts)) found = mount;
  }
  return found.type;
}

export interface Disk {
  /** The nearest directory that is there. */
  readonly path: string;
  /** As in /proc/mounts. */
  readonly type: string;
  /** Bytes. */
  readonly total: number;
  /** Bytes that ordinary users may still take. */
  readonly free: number;
  /** 0 where the file system does not count its inodes. */
  readonly inodes: number;
  readonly freeInodes: number;
}

export function diskAt(path: string): Disk {
  const there = nearest(path);
  const stat: FsStat = statfs(there);
  return {
    path: there,
    type: typeAt(realPath(there), readText("/proc/self/mountinfo")),
    total: stat.blocks * stat.blockSize,
    free: stat.available * stat.blockSize,
    inodes: stat.files,
    freeInodes: stat.filesFree,
  };
}

export interface LoopDevices {
  readonly total: number;
  readonly used: number;
}

/** Loop devices that are there; the kernel makes more on demand. undefined where it has none at all. */
export function loopDevices(): LoopDevices | undefined {
  if (!exists("/dev/loop-control")) return undefined;
  const names = (readdirIfThere("/sys/block") ?? []).filter(({ name }) => /^loop[0-9]+$/.test(name));
  // A device that shows a file has a directory with its attributes.
  return { total: names.length, used: names.filter(({ name }) => exists(`/sys/block/${name}/loop`)).length };
}
