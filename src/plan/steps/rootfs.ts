// Child, stages "join" and "rootfs": from a copy of the host's mounts to a root of its own.
//
//   STAGE (a tmpfs nobody else sees)     then: pivot_root to STAGE/root, and the host's mounts are gone
//   ├── 0, 1, ...   squashfs layers
//   ├── base        mount points every container needs, the lowest layer
//   ├── etc         hosts, hostname, resolv.conf
//   └── root        overlay of all of them, with the container's upper directory
//
// Nothing is mounted on the host: the last process of the container takes the mounts with it, and the loop devices close
// themselves. Before pivot_root only bunker's own paths are resolved; after it, image and user paths can no longer leave.
//
// Where it stands: new mount, UTS, IPC, PID and network namespaces, still the host's root directory, all privileges.

import {
  AT_FDCWD,
  CLONE_NEWCGROUP,
  MNT_DETACH,
  MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_T_SYMLINKS,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_WRONLY,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
} from "../../sys/abi/consts.gen.ts";
import { UserError } from "../../errors.ts";
import type { ProgramBuilder } from "../builder.ts";
import type { Slot } from "../ir.ts";
import type { LaunchInput } from "../launch-input.ts";
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

/** Mount points that the lowest layer provides, so that mounting writes nothing into the container's upper directory. */
const BASE_DIRS = ["base/proc", "base/sys", "base/dev", "base/etc"];

export function buildRoot(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  b.call("keep mounts to itself", "mount", [0, b.str("/"), 0, MS_REC | MS_PRIVATE, 0]);
  b.call("clear the file mode mask", "umask", [0]);
  const flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  b.call("mount a tmpfs to build the root on", "mount", [b.str("tmpfs"), b.str(input.stage), b.str("tmpfs"), flags, b.str("mode=755")]);
  b.call("go there", "chdir", [b.str(input.stage)]);
  for (const dir of ["base", ...BASE_DIRS, "etc", "root"]) {
    b.call(`make ${dir}`, "mkdirat", [AT_FDCWD, b.str(dir), 0o755]);
  }
  const etc = provideEtc(b, input, m);
  mountLayers(b, input);
  b.call("enter the new root", "chdir", [b.str("root")]);
  b.call("make it the root of all paths", "pivot_root", [b.str("."), b.str(".")]);
  b.call("let go of the host's mounts", "umount2", [b.str("."), MNT_DETACH]);
  b.call("stand at the new root", "chdir", [b.str("/")]);
  for (const [name, tree] of etc) placeEtc(b, name, tree, m);
}

/** Writes the files of /etc on the stage and holds each as a detached mount, to be placed inside the new root. */
function provideEtc(b: ProgramBuilder, input: LaunchInput, m: Memory): [string, Slot][] {
  return input.etc.map(({ name, text }) => {
    const path = b.str(`etc/${name}`);
    const bytes = new TextEncoder().encode(text);
    const tree = b.slot(`etc_${name}`);
    b.call(`make the mount point of /etc/${name}`, "mknodat", [AT_FDCWD, b.str(`base/etc/${name}`), 0o100644, 0]);
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    b.call(`make /etc/${name}`, "openat", [AT_FDCWD, path, flags, 0o644], { into: m.result });
    if (bytes.length > 0) {
      b.call(`write /etc/${name}`, "write", [m.result, b.bytes(`etc.${name}`, bytes, 1), bytes.length]);
    }
    b.call(`close /etc/${name}`, "close", [m.result]);
    b.call(`hold /etc/${name}`, "open_tree", [AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC], { into: tree });
    return [name, tree];
  });
}

/** Where the image has something else at that place (a symlink to nowhere, a directory), the image's stays. */
function placeEtc(b: ProgramBuilder, name: string, tree: Slot, m: Memory): void {
  b.call(`mount /etc/${name}`, "move_mount", [
    tree,
    b.str(""),
    AT_FDCWD,
    b.str(`/etc/${name}`),
    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS,
  ], { into: m.result, onError: "ignore" });
  b.call(`close /etc/${name}`, "close", [tree]);
}

function mountLayers(b: ProgramBuilder, input: LaunchInput): void {
  const lower: string[] = [];
  input.layers.forEach((layer, index) => {
    if (layer.kind === "dir") {
      lower.push(escapeOverlay(layer.path));
      return;
    }
    const dir = String(index);
    lower.push(dir);
    b.call(`make the mount point of layer ${index}`, "mkdirat", [AT_FDCWD, b.str(dir), 0o755]);
    b.call(`mount layer ${layer.name}`, "mount", [b.str(layer.device), b.str(dir), b.str("squashfs"), MS_RDONLY, 0]);
  });
  lower.push("base");
  const options = [`lowerdir=${lower.join(":")}`, `upperdir=${escapeOverlay(input.upper)}`, `workdir=${escapeOverlay(input.work)}`];
  // Nothing of a container that is removed when it ends has to survive a power cut: spare the flash the syncs.
  if (input.autoRemove) options.push("volatile");
  const data = options.join(",");
  if (data.length > 4095) {
    throw new UserError(`cannot mount the image: its ${lower.length - 1} layers need ${data.length} bytes of mount options, the kernel takes 4095`, {
      remedy: "rebuild the image with fewer layers",
    });
  }
  b.call("mount the overlay", "mount", [b.str("overlay"), b.str("root"), b.str("overlay"), 0, b.str(data)]);
}

/** overlayfs splits its options at commas and lowerdir at colons; a backslash keeps them. */
function escapeOverlay(path: string): string {
  return path.replace(/[\\:,]/g, (c) => `\\${c}`);
}
