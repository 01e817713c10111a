// Bind mounts, opened on the host before the launch: open_tree(2) gives a detached copy of the source with its flags set
// (mount_setattr(2)), and the child only has to place it. A source is looked up once, by bunker, on the host; a container
// cannot swap it.

import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_RECURSIVE,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_RDONLY,
  MS_REC,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
} from "../sys/abi/consts.gen.ts";
import { ENOENT, ENOSYS } from "../sys/abi/errno.gen.ts";
import { MOUNT_ATTR } from "../sys/abi/structs.gen.ts";
import { UserError } from "../errors.ts";
import type { Mount } from "../oci/spec.ts";
import { parseMountOptions } from "../plan/mount-options.ts";
import { call, must } from "../sys/call.ts";
import { close, mkdirs, statAt } from "../sys/file.ts";
import { cstr, place } from "../sys/memory.ts";
import { pack } from "../sys/struct.ts";

/** A bind mount: what is opened on the host, and what was found there. */
export interface BindSource {
  /** The descriptor's role in the launch program. */
  readonly role: string;
  readonly mount: Mount;
  /** A missing source is made, as -v does. */
  readonly make: boolean;
  readonly isDirectory: boolean;
}

/**
 * Opens the source of a bind mount.
 * @throws UserError where it is not there, or has become something else than the launch was planned for
 */
export function openBind({ mount, make, isDirectory }: BindSource): number {
  const options = parseMountOptions(mount.options ?? []);
  const source = mount.source ?? "";
  if (make) mkdirs(source);
  const fd = openTree(source, mount.destination, options.recursive);
  try {
    setAttributes(fd, mount, options);
    if ((statAt(fd, "", AT_EMPTY_PATH)?.kind === "dir") === isDirectory) return fd;
    throw new UserError(`cannot mount ${source} on ${mount.destination}: the source was replaced meanwhile`);
  } catch (error) {
    close(fd);
    throw error;
  }
}

function openTree(source: string, destination: string, recursive: boolean): number {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0);
  const fd = call("open_tree", AT_FDCWD, cstr(source), flags);
  if (fd === -ENOENT) throw sourceMissing(source, destination);
  return must(fd, `open the mount source ${source}`);
}

export function sourceMissing(source: string, destination: string): UserError {
  return new UserError(`cannot mount ${source} on ${destination}: the source does not exist on the host`, {
    remedy: "create it first; with -v, missing directories are made",
    exitCode: 125,
  });
}

const ATTRIBUTE: readonly (readonly [flag: number, attribute: number])[] = [
  [MS_RDONLY, MOUNT_ATTR_RDONLY],
  [MS_NOSUID, MOUNT_ATTR_NOSUID],
  [MS_NODEV, MOUNT_ATTR_NODEV],
  [MS_NOEXEC, MOUNT_ATTR_NOEXEC],
];

/** Flags and propagation, set while nobody can see the mount yet. */
function setAttributes(fd: number, mount: Mount, options: ReturnType<typeof parseMountOptions>): void {
  const set = ATTRIBUTE.reduce((sum, [flag, attribute]) => ((options.flags & flag) === 0 ? sum : sum | attribute), 0);
  const recursiveReadOnly = (mount.options ?? []).includes("rro");
  change(fd, { attr_set: set }, recursiveReadOnly, mount);
  const { propagation } = options;
  if (propagation !== 0) change(fd, { propagation: propagation & ~MS_REC }, (propagation & MS_REC) !== 0, mount);
}

function change(
  fd: number,
  values: { attr_set?: number; propagation?: number },
  recursive: boolean,
  mount: Mount,
): void {
  if ((values.attr_set ?? 0) === 0 && values.propagation === undefined) return;
  const flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
  const result = call("mount_setattr", fd, cstr(""), flags, place(pack(MOUNT_ATTR, values)), MOUNT_ATTR.size);
  if (result === -ENOSYS) {
    throw new UserError(
      `cannot mount ${mount.source} on ${mount.destination}: this kernel cannot set a mount's flags apart`,
      {
        remedy: "use a kernel from 5.12 on, or leave out the mount's options",
      },
    );
  }
  must(result, `set the options of the mount ${mount.source} on ${mount.destination}`);
}
