// The container's mounts: the default ones, without those that the user replaces, then the user's from the root down.

import { UsageError } from "../errors.ts";
import { DEFAULT_SHM_SIZE, defaultMounts } from "./defaults.ts";
import type { BindRequest, MountRequest, RunRequest, TmpfsRequest } from "./request.ts";
import type { Mount } from "./spec.ts";
import { mergeTmpfsOptions } from "./tmpfs.ts";

/** These stay writable under --read-only: programs cannot do without them, and nothing of them is kept. */
const WRITABLE: readonly string[] = ["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"];

/**
 * @param recursiveReadOnly whether the kernel can make a whole tree of mounts read-only (mount_setattr(2), Linux 5.12)
 * @throws UsageError where two mounts have one destination
 */
export function makeMounts(
  request: Pick<RunRequest, "mounts" | "readOnly" | "shmSize" | "privileged">,
  recursiveReadOnly: boolean,
): Mount[] {
  const own = targetsOf(request.mounts);
  const mounts: Mount[] = [];
  for (const mount of defaultMounts(request.shmSize ?? DEFAULT_SHM_SIZE, request.privileged)) {
    const { destination } = mount;
    if (own.has(destination) || (own.has("/dev") && destination.startsWith("/dev/"))) continue;
    mounts.push(request.readOnly && !WRITABLE.includes(destination) ? readOnly(mount) : mount);
  }
  // Sorting is stable: mounts of one depth stay in the order in which they were asked for.
  for (const mount of [...request.mounts].sort((a, b) => depth(a.target) - depth(b.target))) {
    mounts.push(mount.kind === "bind" ? bindMount(mount, recursiveReadOnly) : tmpfsMount(mount));
  }
  return mounts;
}

function targetsOf(mounts: readonly MountRequest[]): Set<string> {
  const targets = new Set<string>();
  for (const { target } of mounts) {
    if (targets.has(target)) {
      throw new UsageError(`two mounts for ${target}: each place in the container takes one`, "run");
    }
    targets.add(target);
  }
  return targets;
}

function depth(path: string): number {
  return path.split("/").length;
}

function readOnly(mount: Mount): Mount {
  const options = mount.options ?? [];
  return options.includes("ro") ? mount : { ...mount, options: [...options, "ro"] };
}

/** "ro" is for the mount itself, "rro" for those below it too, without which they would stay writable. */
function bindMount(mount: BindRequest, recursiveReadOnly: boolean): Mount {
  const tree = mount.recursive ? ["rbind"] : ["bind"];
  const access = mount.readOnly ? (mount.recursive && recursiveReadOnly ? ["ro", "rro"] : ["ro"]) : [];
  return {
    destination: mount.target,
    type: "bind",
    source: mount.source,
    options: [...tree, ...access, mount.propagation],
  };
}

function tmpfsMount(mount: TmpfsRequest): Mount {
  const options = mergeTmpfsOptions(["noexec", "nosuid", "nodev", "rprivate", ...mount.options]);
  return { destination: mount.target, type: "tmpfs", source: "tmpfs", options };
}
