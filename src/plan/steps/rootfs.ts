// Child, stages "join" and "rootfs": from a copy of the host's mounts to a root of its own.
//
//   STAGE (a tmpfs nobody else sees)     then: pivot_root to STAGE/root, and the host's mounts are gone
//   ├── base        mount points that every container needs: the lowest layer
//   ├── etc         hosts, hostname
//   └── root        overlay of the container's upper directory, the image's layers and base
//
// The container's mounts are in its own mount namespace: its last process takes them with it. Before pivot_root only bunker's own paths are resolved; after it, image and user paths can no longer leave.
//
// Where it stands: new mount, UTS, IPC, PID and network namespaces, still the host's root directory, all privileges.

import {
  AT_FDCWD,
  CLONE_NEWCGROUP,
  MNT_DETACH,
  MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_T_SYMLINKS,
  MS_BIND,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_REMOUNT,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_WRONLY,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
  S_IFREG,
} from "../../sys/abi/consts.gen.ts";
import { UserError } from "../../errors.ts";
import type { ProgramBuilder } from "../builder.ts";
import type { Slot } from "../../asm/ir.ts";
import type { BaseEntry, LaunchInput } from "../launch-input.ts";
import type { Memory } from "../memory.ts";

/** Joins the v1 groups, one small write each, and makes what it joined the root of a cgroup namespace. */
export function joinGroups(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  for (const file of input.cgroup.joinFiles) {
    b.call(`open ${file}`, "openat", [AT_FDCWD, b.str(file), O_WRONLY | O_CLOEXEC, 0], { into: m.result });
    // "0" is the writer itself: moving one's own single thread takes no system-wide lock.
    b.call(`join ${file}`, "write", [m.result, b.str("0"), 1]);
    b.call(`close ${file}`, "close", [m.result]);
  }
  if (input.spec.linux.namespaces.some((namespace) => namespace.type === "cgroup")) {
    b.call("enter a new cgroup namespace", "unshare", [CLONE_NEWCGROUP]);
  }
}

export function buildRoot(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  b.call("keep mounts to itself", "mount", [0, b.str("/"), 0, MS_REC | MS_PRIVATE, 0]);
  b.call("clear the file mode mask", "umask", [0]);
  const flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  b.call("mount a tmpfs to build the root on", "mount", [
    b.str("tmpfs"),
    b.str(input.stage),
    b.str("tmpfs"),
    flags,
    b.str("mode=755,size=1m"),
  ]);
  b.call("go there", "chdir", [b.str(input.stage)]);
  for (const dir of ["base", "etc", "root"]) b.call(`make ${dir}`, "mkdirat", [AT_FDCWD, b.str(dir), 0o755]);
  for (const entry of input.base) makeBase(b, entry, m);
  const etc = provideEtc(b, input, m);
  mountOverlay(b, input);
  b.call("make it the root of all paths", "pivot_root", [b.str("."), b.str(".")]);
  b.call("let go of the host's mounts", "umount2", [b.str("."), MNT_DETACH]);
  b.call("stand at the new root", "chdir", [b.str("/")]);
  for (const [name, tree] of etc) placeEtc(b, name, tree, input.spec.root.readonly === true, m);
}

/** Mount points come from the lowest layer, so that mounting writes nothing into the container's upper directory. */
function makeBase(b: ProgramBuilder, entry: BaseEntry, m: Memory): void {
  const path = `base${entry.path}`;
  if (entry.kind === "dir") b.call(`make ${path}`, "mkdirat", [AT_FDCWD, b.str(path), entry.mode]);
  else if (entry.text === undefined)
    b.call(`make ${path}`, "mknodat", [AT_FDCWD, b.str(path), S_IFREG | entry.mode, 0]);
  else writeNew(b, path, entry.text, entry.mode, m);
}

function writeNew(b: ProgramBuilder, path: string, text: string, mode: number, m: Memory): void {
  const bytes = new TextEncoder().encode(text);
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  b.call(`make ${path}`, "openat", [AT_FDCWD, b.str(path), flags, mode], { into: m.result });
  if (bytes.length > 0) b.call(`write ${path}`, "write", [m.result, b.bytes(`file.${path}`, bytes, 1), bytes.length]);
  b.call(`close ${path}`, "close", [m.result]);
}

/** Writes the files of /etc on the stage and holds each as a detached mount, to be placed inside the new root. */
function provideEtc(b: ProgramBuilder, input: LaunchInput, m: Memory): [string, Slot][] {
  return input.etc.map(({ name, text }) => {
    const tree = b.slot(`etc_${name}`);
    writeNew(b, `etc/${name}`, text, 0o644, m);
    const path = b.str(`etc/${name}`);
    b.call(`hold /etc/${name}`, "open_tree", [AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC], { into: tree });
    return [name, tree];
  });
}

/** Where the image has something else at that place (a symlink to nowhere, a directory), the image's stays. */
function placeEtc(b: ProgramBuilder, name: string, tree: Slot, readOnly: boolean, m: Memory): void {
  const path = b.str(`/etc/${name}`);
  b.call(
    `mount /etc/${name}`,
    "move_mount",
    [tree, b.str(""), AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS],
    { into: m.result, onError: "ignore" },
  );
  if (readOnly) {
    const kept = b.fresh("etc.kept");
    b.branch(m.result, "<", 0, kept);
    const flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
    b.call(`make /etc/${name} read-only`, "mount", [0, path, 0, flags, 0]);
    b.label(kept);
  }
  b.call(`close /etc/${name}`, "close", [tree]);
}

/** The layers are mounted already, on the host; lowerdir names them by short paths, for its options have to fit a page. */
function mountOverlay(b: ProgramBuilder, input: LaunchInput): void {
  const lower = [...input.layers, `${input.stage}/base`].map(escapeOverlay);
  const [upper, work] = [escapeOverlay(input.upper), escapeOverlay(input.work)];
  const options = [`lowerdir=${lower.join(":")}`, `upperdir=${upper}`, `workdir=${work}`];
  // Nothing of a container that is removed when it ends has to survive a power cut: spare the flash the syncs.
  if (input.autoRemove) options.push("volatile");
  const data = options.join(",");
  if (data.length > LONGEST_OPTIONS) {
    const size = `${data.length} bytes of mount options, the kernel takes ${LONGEST_OPTIONS}`;
    throw new UserError(`cannot mount the image: its ${input.layers.length} layers need ${size}`, {
      remedy: "rebuild the image with fewer layers",
    });
  }
  const root = `${input.stage}/root`;
  b.call("go to the layers", "chdir", [b.str(input.layersDir)]);
  b.call("mount the overlay", "mount", [b.str("overlay"), b.str(root), b.str("overlay"), 0, b.str(data)]);
  b.call("enter the new root", "chdir", [b.str(root)]);
}

/** A page without its last byte: mount(2). */
const LONGEST_OPTIONS = 4095;

/** overlayfs splits its options at commas and lowerdir at colons; a backslash keeps them. */
function escapeOverlay(path: string): string {
  return path.replace(/[\\:,]/g, (c) => `\\${c}`);
}
