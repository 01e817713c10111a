// Child, stage "mounts": the file systems of the spec, in its order, each at its destination inside the new root. Bind
// mounts arrive as detached copies that were opened on the host, so a source is never looked up from in here and a
// destination never leads out of here: symlinks in the image are followed inside the container's root only.
//
// Where it stands: the new root, all privileges.

import {
  AT_FDCWD,
  MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_T_SYMLINKS,
  MS_BIND,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_RDONLY,
  MS_REC,
  MS_REMOUNT,
  O_CLOEXEC,
  O_CREAT,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
} from "../../sys/abi/consts.gen.ts";
import { ELOOP, ENOENT } from "../../sys/abi/errno.gen.ts";
import type { Mount } from "../../oci/spec.ts";
import type { Ref } from "../../asm/ir.ts";
import type { ProgramBuilder } from "../builder.ts";
import type { LaunchInput, PreparedBind } from "../launch-input.ts";
import type { Memory } from "../memory.ts";
import { parseMountOptions } from "../mount-options.ts";

export function mountAll(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  const binds = new Map(input.binds.map((bind) => [bind.mount, bind]));
  input.spec.mounts.forEach((mount, index) => {
    const bind = binds.get(index);
    if (bind !== undefined) mountBind(b, mount, bind, m);
    else if (mount.type === "cgroup" || mount.type === "cgroup2") mountCgroups(b, mount, input);
    else mountFileSystem(b, mount);
  });
}

/** Where bunker itself writes or mounts, an image must not lead it elsewhere. */
const NO_LINKS = ["/proc", "/sys", "/dev"];

/** Fails for an image that has a symlink where a file system of the kernel's belongs (CVE-2019-19921 was one of those). */
export function refuseLinks(b: ProgramBuilder, m: Memory): void {
  for (const path of NO_LINKS) {
    const fine = b.fresh("link.none");
    const index = b.nextIndex;
    const target: Ref = { ref: "frame", at: 0 };
    b.call(`use ${path} of the image, which is a symlink`, "readlinkat", [AT_FDCWD, b.str(path), target, 64], {
      into: m.result,
      onError: { to: fine },
    });
    b.set(m.result, -ELOOP);
    b.failWith(index, m.result, "child.failed");
    b.label(fine);
  }
}

/** Makes a directory and its parents; what is there already is fine, what cannot be made shows when it is used. */
export function makeDirectories(b: ProgramBuilder, path: string, options: { includeLast: boolean }): void {
  const parts = path.split("/").filter((part) => part !== "");
  const count = options.includeLast ? parts.length : parts.length - 1;
  for (let n = 1; n <= count; n++) {
    const dir = `/${parts.slice(0, n).join("/")}`;
    b.call(`make ${dir}`, "mkdirat", [AT_FDCWD, b.str(dir), 0o755], { onError: "ignore" });
  }
}

function mountFileSystem(b: ProgramBuilder, mount: Mount): void {
  const { flags, propagation, data } = parseMountOptions(mount.options ?? []);
  const target = b.str(mount.destination);
  const type = mount.type ?? "none";
  // /proc and /sys are in the lowest layer of every root.
  if (!ALWAYS_THERE.has(mount.destination)) makeDirectories(b, mount.destination, { includeLast: true });
  b.call(`mount ${type} on ${mount.destination}`, "mount", [
    b.str(mount.source ?? type),
    target,
    b.str(type),
    flags,
    data === "" ? 0 : b.str(data),
  ]);
  if (propagation !== 0) b.call(`set the propagation of ${mount.destination}`, "mount", [0, target, 0, propagation, 0]);
}

const ALWAYS_THERE = new Set(["/proc", "/sys", "/dev", "/sys/fs/cgroup"]);

function mountBind(b: ProgramBuilder, mount: Mount, bind: PreparedBind, m: Memory): void {
  const target = b.str(mount.destination);
  makeDirectories(b, mount.destination, { includeLast: bind.isDirectory });
  if (!bind.isDirectory) {
    b.call(
      `make the mount point ${mount.destination}`,
      "openat",
      [AT_FDCWD, target, O_RDONLY | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0o644],
      {
        into: m.result,
        onError: "ignore",
      },
    );
    const made = b.fresh("bind.made");
    b.branch(m.result, "<", 0, made); // a read-only or special file there is a mount point, too
    b.call("close it", "close", [m.result]);
    b.label(made);
  }
  b.call(`mount ${bind.source} on ${mount.destination}`, "move_mount", [
    b.fd(bind.fd),
    b.str(""),
    AT_FDCWD,
    target,
    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS,
  ]);
}

/**
 * The container's own groups, read-only unless the spec says otherwise. On cgroup v2 that is one file system; on v1 one
 * for each hierarchy that the container has a group in, side by side as distributions arrange them.
 */
function mountCgroups(b: ProgramBuilder, mount: Mount, input: LaunchInput): void {
  const { flags } = parseMountOptions(mount.options ?? []);
  const { v1Mounts } = input.cgroup;
  const base = mount.destination;
  if (v1Mounts.length === 0) {
    if (input.cgroup.v2Fd === undefined) return;
    b.call(`mount cgroup2 on ${base}`, "mount", [b.str("cgroup"), b.str(base), b.str("cgroup2"), flags, 0]);
    return;
  }
  const set = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  b.call(`mount tmpfs on ${base}`, "mount", [
    b.str("cgroup"),
    b.str(base),
    b.str("tmpfs"),
    set,
    b.str("mode=755,size=64k"),
  ]);
  for (const { name, options } of v1Mounts) {
    const dir = b.str(`${base}/${name}`);
    b.call(`make ${base}/${name}`, "mkdirat", [AT_FDCWD, dir, 0o755]);
    b.call(`mount the ${name} groups`, "mount", [b.str("cgroup"), dir, b.str("cgroup"), flags, b.str(options)]);
  }
  if ((flags & MS_RDONLY) !== 0) {
    b.call(`make ${base} read-only`, "mount", [0, b.str(base), 0, MS_REMOUNT | MS_BIND | MS_RDONLY | set, 0]);
  }
}

/** Kernel parameters of the container's namespaces, written before /proc/sys becomes read-only. */
export function writeSysctls(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  for (const [name, value] of Object.entries(input.spec.linux.sysctl ?? {})) {
    const path = `/proc/sys/${name.replaceAll(".", "/")}`;
    const bytes = new TextEncoder().encode(value);
    b.call(`set sysctl ${name}`, "openat", [AT_FDCWD, b.str(path), O_WRONLY | O_CLOEXEC, 0], { into: m.result });
    b.call(`set sysctl ${name} to ${JSON.stringify(value)}`, "write", [m.result, b.str(value), bytes.length]);
    b.call("close it", "close", [m.result]);
  }
}

/** Hides files behind /dev/null and directories behind an empty tmpfs; makes others read-only; then, if asked, the root. */
export function protectPaths(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  // A missing /dev/null would look like a missing path, and leave that unmasked.
  const masked = input.spec.linux.maskedPaths ?? [];
  if (masked.length > 0) b.call("find /dev/null", "faccessat", [AT_FDCWD, b.str("/dev/null"), 0]);
  for (const path of masked) maskPath(b, path, m);
  for (const path of input.spec.linux.readonlyPaths ?? []) freezePath(b, path, m);
  if (input.spec.root.readonly === true) {
    b.call("make the root read-only", "mount", [0, b.str("/"), 0, MS_REMOUNT | MS_BIND | MS_RDONLY, 0]);
  }
}

function maskPath(b: ProgramBuilder, path: string, m: Memory): void {
  const target = b.str(path);
  const done = b.fresh("mask.done");
  b.call(`hide ${path}`, "mount", [b.str("/dev/null"), target, 0, MS_BIND, 0], { into: m.result, onError: "ignore" });
  b.branch(m.result, "==", 0, done);
  b.branch(m.result, "==", -ENOENT, done);
  // /dev/null does not go over a directory (ENOTDIR); any other trouble shows in the next call.
  b.call(`hide the directory ${path}`, "mount", [b.str("tmpfs"), target, b.str("tmpfs"), MS_RDONLY, b.str("size=0k")]);
  b.label(done);
}

/** The flags that /proc is mounted with stay: a remount replaces them all. */
function freezePath(b: ProgramBuilder, path: string, m: Memory): void {
  const target = b.str(path);
  const done = b.fresh("freeze.done");
  b.call(`bind ${path} to itself`, "mount", [target, target, 0, MS_BIND | MS_REC, 0], {
    into: m.result,
    onError: "ignore",
  });
  b.branch(m.result, "==", -ENOENT, done);
  const flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
  b.call(`make ${path} read-only`, "mount", [0, target, 0, flags, 0]);
  b.label(done);
}
