// Finds the devices of the host that a container is to have: those named by --device, and all of /dev for a privileged
// container. The one file of this directory that asks the kernel.

import { UserError } from "../errors.ts";
import { lstat, readdir, type Stat, statIfThere } from "../sys/file.ts";
import type { HostDevice } from "./devices.ts";
import type { DeviceRequest } from "./request.ts";

/** Directories of /dev that hold no devices for a container: file systems of their own, and other engines' leftovers. */
const PASSED_OVER: readonly string[] = ["pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev"];

/**
 * @throws UserError where a path is no device and no directory with devices; SysError where it cannot be looked at
 */
export function findHostDevices(requests: readonly DeviceRequest[], privileged: boolean): HostDevice[] {
  const all = privileged ? devicesBelow("/dev", "/dev", "rwm") : [];
  return [...all, ...requests.flatMap(devicesOf)];
}

function devicesOf(request: DeviceRequest): HostDevice[] {
  const { source, target, access } = request;
  // Follows symlinks, as in /dev/serial/by-id.
  const found = statIfThere(source);
  if (found === undefined) {
    throw new UserError(`--device ${source}: no such device on the host`, {
      remedy: "is it plugged in, and its driver loaded?",
    });
  }
  const devices = found.kind === "dir" ? devicesBelow(source, target, access) : deviceAt(found, target, access);
  if (devices.length === 0) throw new UserError(`--device ${source}: neither a device nor a directory with devices`);
  return devices;
}

/** The device nodes of a directory and those below it; symlinks are not followed. */
function devicesBelow(source: string, target: string, access: string): HostDevice[] {
  const devices: HostDevice[] = [];
  for (const { name } of readdir(source)) {
    if (name === "console" || PASSED_OVER.includes(name)) continue;
    const path = `${source}/${name}`;
    const inside = `${target}/${name}`;
    const found = lstat(path);
    devices.push(...(found.kind === "dir" ? devicesBelow(path, inside, access) : deviceAt(found, inside, access)));
  }
  return devices;
}

/** One device, or none where the file is something else. */
function deviceAt(found: Stat, path: string, access: string): HostDevice[] {
  if (found.kind !== "char" && found.kind !== "block") return [];
  const type = found.kind === "char" ? "c" : "b";
  const { rdevMajor: major, rdevMinor: minor, uid, gid } = found;
  return [
    {
      device: { path, type, major, minor, fileMode: found.mode & 0o777, uid, gid },
      rule: { allow: true, type, major, minor, access },
    },
  ];
}
