// What a directory tree holds, before it is read: how much there is to do, and whether it is a tree that can be imported
// at all. An estimate: names that are not UTF-8 and what vanishes meanwhile are passed over.

import { UserError } from "../errors.ts";
import { parseMountinfo } from "../sys/mountinfo.ts";
import {
  AT_EMPTY_PATH,
  AT_NO_AUTOMOUNT,
  AT_SYMLINK_NOFOLLOW,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_RDONLY,
} from "../sys/abi/consts.gen.ts";
import { call } from "../sys/call.ts";
import { close, open, readdirFd, readlinkIfThere, readText, type Stat, statAt, statIfThere } from "../sys/file.ts";
import { cstr } from "../sys/memory.ts";

/** One descriptor is open per level; trees nested deeper than this are counted down to it. */
const DEEPEST = 1000;
/** st_blocks counts these, whatever the file system's blocks are (stat(2)). */
const BLOCK = 512;
/** File systems that have no files of their own, and may have endless ones. */
const PSEUDO = new Set(
  "proc sysfs devtmpfs devpts cgroup cgroup2 debugfs tracefs securityfs bpf pstore efivarfs configfs mqueue".split(" "),
);

/**
 * Bytes of content in the regular files under `dir`: of a file with holes, what it takes on the disk; of a file with
 * several names, each name's share (a busybox has hundreds).
 * @param store a directory that must not be in the tree: what is written there would be read again
 * @throws UserError where the tree contains the store, or a file system such as /proc is mounted in it
 */
export function measureTree(dir: string, store: string): number {
  const fd = open(dir, O_RDONLY | O_DIRECTORY);
  try {
    refusePseudo(dir, readlinkIfThere(`/proc/self/fd/${fd}`) ?? dir);
    return Math.round(measure(fd, dir, statIfThere(store), 0));
  } finally {
    close(fd);
  }
}

function refusePseudo(dir: string, real: string): void {
  const below = real.endsWith("/") ? real : `${real}/`;
  const mounts = parseMountinfo(readText("/proc/self/mountinfo"));
  const mount = mounts.find(({ type, point }) => PSEUDO.has(type) && (point === real || point.startsWith(below)));
  if (mount === undefined) return;
  throw new UserError(`cannot import ${dir}: ${mount.type} is mounted on ${mount.point}`, {
    remedy: `unmount it, or show the tree without it: mount --bind ${dir} /mnt && bunker import /mnt NAME`,
  });
}

/** `fd` stays open. */
function measure(fd: number, dir: string, store: Stat | undefined, depth: number): number {
  const own = statAt(fd, "", AT_EMPTY_PATH);
  if (store !== undefined && own?.ino === store.ino && own.dev === store.dev) {
    throw new UserError(`cannot import ${dir}: it contains bunker's own store`, {
      remedy: "import a tree that does not hold the directory that BUNKER_ROOT names (/var/lib/bunker)",
    });
  }
  let sum = 0;
  for (const { name } of readdirFd(fd, dir)) {
    const stat = statAt(fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
    if (stat?.kind === "file") sum += Math.min(stat.size, stat.blocks * BLOCK) / stat.nlink;
    if (stat?.kind !== "dir" || depth === DEEPEST) continue;
    const child = call("openat", fd, cstr(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    // What cannot be opened is an error where it counts: when the tree is read.
    if (child < 0) continue;
    try {
      sum += measure(child, dir, store, depth + 1);
    } finally {
      close(child);
    }
  }
  return sum;
}
