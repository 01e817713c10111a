// Mounting a file system for this process alone: fsopen(2), fsconfig(2) and fsmount(2) give a descriptor of a mount that
// stands nowhere in the tree, and closing it unmounts. Needs Linux 5.2. What is on such a mount may come from anywhere,
// so files are opened with openat2(2) (Linux 5.6), which lets no symlink lead out of it.

import {
  AT_EMPTY_PATH,
  FSCONFIG_CMD_CREATE,
  FSCONFIG_SET_FLAG,
  FSCONFIG_SET_STRING,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
  O_CLOEXEC,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDONLY,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
} from "../sys/abi/consts.gen.ts";
import { ELOOP, ENODEV, ENOENT, ENOTDIR } from "../sys/abi/errno.gen.ts";
import { OPEN_HOW } from "../sys/abi/structs.gen.ts";
import { UserError } from "../errors.ts";
import { call, must, sysError } from "../sys/call.ts";
import { close, read, statAt } from "../sys/file.ts";
import { cstr, place, reserve, scratch, scratchBase } from "../sys/memory.ts";
import { pack } from "../sys/struct.ts";

/** fsconfig's options: `true` for one without a value. */
export type MountOptions = Readonly<Record<string, string | true>>;

/**
 * Mounts read-only, without devices, set-user-id bits or programs; returns the mount's descriptor, which is its root.
 * @param source a block device, or what else the file system takes
 * @throws UserError where the kernel has no such file system, or with the words in which it refuses the source
 */
export function mountDetached(type: string, source: string, options: MountOptions = {}): number {
  const fs = openFs(type, source);
  try {
    configure(fs, "source", source, source);
    for (const [name, value] of Object.entries({ ro: true, ...options } satisfies MountOptions)) {
      configure(fs, name, value, source);
    }
    const created = call("fsconfig", fs, FSCONFIG_CMD_CREATE, 0, 0, 0);
    if (created < 0) throw refused(fs, type, source, created);
    const attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
    return must(call("fsmount", fs, FSMOUNT_CLOEXEC, attributes), `mount ${source}`);
  } finally {
    close(fs);
  }
}

function openFs(type: string, source: string): number {
  const fs = call("fsopen", cstr(type), FSOPEN_CLOEXEC);
  if (fs !== -ENODEV) return must(fs, `mount ${source}: open the file system ${type}`);
  throw new UserError(`cannot mount ${source}: this kernel has no ${type}`, {
    remedy: `load the module with 'modprobe ${type}', or use a kernel with CONFIG_${type.toUpperCase()}`,
  });
}

function configure(fs: number, name: string, value: string | true, source: string): void {
  const command = value === true ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING;
  const key = cstr(name);
  const result = call("fsconfig", fs, command, key, value === true ? 0 : cstr(value), 0);
  must(result, `mount ${source}: set the option ${name}`);
}

const MESSAGE = 512;

/** The kernel's own words, which it keeps beside the errno: "squashfs: Filesystem uses ... compression". */
function refused(fs: number, type: string, source: string, result: number): UserError {
  const at = reserve(MESSAGE);
  const got = call("read", fs, scratchBase + at, MESSAGE);
  const cause = sysError(`mount ${source}`, result);
  // "e " for an error, "w " for a warning.
  const said = got <= 0 ? "" : new TextDecoder().decode(scratch.subarray(at, at + got)).replace(/^[ewi] /, "");
  const words = said.trim().replaceAll(`${type}: `, "");
  return new UserError(words === "" ? cause.message : `${cause.message}: ${words}`, { cause });
}

/** Opens what `path` leads to without leaving the tree under `root`; undefined where it leads nowhere. */
export function openInside(root: number, path: string): number | undefined {
  // A fifo would block without O_NONBLOCK, a terminal would become this process's own without O_NOCTTY.
  const flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  const how = place(pack(OPEN_HOW, { flags, resolve: RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS }));
  const fd = call("openat2", root, cstr(path), how, OPEN_HOW.size);
  if (fd === -ENOENT || fd === -ENOTDIR || fd === -ELOOP) return undefined;
  return must(fd, `open ${path} of the image`);
}

/**
 * A regular file's bytes; undefined where `path` leads nowhere or to something else.
 * @throws UserError where it has more than `most` bytes
 */
export function readInside(root: number, path: string, most: number): Uint8Array | undefined {
  const fd = openInside(root, path);
  if (fd === undefined) return undefined;
  try {
    const stat = statAt(fd, "", AT_EMPTY_PATH);
    if (stat?.kind !== "file") return undefined;
    if (stat.size > most) {
      throw new UserError(`cannot use the image: its /${path} has ${stat.size} bytes, ${most} is the most`);
    }
    const bytes = new Uint8Array(new ArrayBuffer(stat.size));
    let done = 0;
    while (done < bytes.length) {
      const got = read(fd, bytes.subarray(done), `${path} of the image`);
      if (got === 0) break;
      done += got;
    }
    return bytes.subarray(0, done);
  } finally {
    close(fd);
  }
}
