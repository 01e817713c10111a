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
  const own = new Set(request.mounts.map(({ target }) => target));
  refuseTwice(request.mounts);
  const defaults = defaultMounts(request.shmSize ?? DEFAULT_SHM_SIZE, request.privileged)
    .filter(({ destination }) => !own.has(destination) && !(own.has("/dev") && destination.startsWith("/dev/")))
    .map((mount) => (request.readOnly && !WRITABLE.includes(mount.destination) ? readOnly(mount) : mount));
  // Sorting is stable: mounts of one depth stay in the order in which they were asked for.
  const byDepth = [...request.mounts].sort((a, b) => depth(a.target) - depth(b.target));
  return [
    ...defaults,
    ...byDepth.map((mount) => (mount.kind === "bind" ? bindMount(mount, recursiveReadOnly) : tmpfsMount(mount))),
  ];
}

function refuseTwice(mounts: readonly MountRequest[]): void {
  const seen = new Set<string>();
  for (const { target } of mounts) {
    if (seen.has(target))
      throw new UsageError(`two mounts for ${target}: each place in the container takes one`, "run");
    seen.add(target);
  }
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
