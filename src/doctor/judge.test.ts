// What probes make of what they find, for machines that are not this one.

import { describe, expect, test } from "bun:test";
import { type HostTexts, NONE, PI, SYSTEMD_HYBRID, V1, V2 } from "../cg/fixtures.ts";
import { readTopology, type Topology } from "../cg/topology.ts";
import { EINVAL, ENOSYS, EPERM } from "../sys/abi/errno.gen.ts";
import { judgeController, judgeFreezer, judgeMode } from "./cgroups.ts";
import { judgeClock } from "./clock.ts";
import { type Disk, nearest, typeAt } from "./disk.ts";
import { meminfoBytes } from "./info.ts";
import { parseKernelConfig } from "./kconfig.ts";
import { judgeCall, judgeNamespaces, judgePressure, judgeRelease } from "./kernel.ts";
import {
  compressorsOf,
  fileSystemState,
  judgeCompressors,
  judgeInodes,
  judgeLoops,
  judgeRoom,
  judgeXattrs,
} from "./storage.ts";

function topologyOf(host: HostTexts): Topology {
  return readTopology(host.mountinfo, host.selfCgroup, host.procCgroups, host.controllers);
}

describe("kernel", () => {
  test("releases", () => {
    for (const release of ["5.12.0", "5.15.0-30-arm64", "6.1", "10.0.1"])
      expect(judgeRelease(release).status).toBe("ok");
    for (const release of ["5.9.16", "4.19.0+", "", "rubbish"]) {
      expect(judgeRelease(release)).toMatchObject({ status: "fail", remedy: "use Linux 5.12 or later" });
    }
  });

  test("system calls: refused arguments mean that the call is there", () => {
    expect(judgeCall(-EINVAL, "clone3", "5.3", "6.1.0").status).toBe("ok");
    expect(judgeCall(7, "pidfd_open", "5.3", "6.1.0").status).toBe("ok");
    expect(judgeCall(-ENOSYS, "openat2", "5.6", "5.4.0")).toEqual({
      status: "fail",
      found: "Linux 5.4.0 has no openat2",
      remedy: "use Linux 5.6 or later",
    });
    expect(judgeCall(-ENOSYS, "clone3", "5.3", "6.1.0").found).toContain("a system call filter hides it");
    expect(judgeCall(-EPERM, "fsopen", "5.2", "6.1.0").status).toBe("fail");
  });

  test("namespaces", () => {
    expect(judgeNamespaces(() => true).status).toBe("ok");
    expect(judgeNamespaces((name) => name !== "pid" && name !== "cgroup")).toEqual({
      status: "fail",
      found: "missing: pid, cgroup",
      remedy: "use a kernel with CONFIG_PID_NS=y, CONFIG_CGROUPS=y",
    });
  });

  test("pressure", () => {
    expect(judgePressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n").status).toBe("ok");
    for (const text of [undefined, "", "full avg10=0"]) expect(judgePressure(text).status).toBe("warn");
  });

  test("configurations", () => {
    const config = parseKernelConfig('# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_C="a=b"\n\nCONFIG_D\nX=y\nCONFIG_E=m');
    expect([...config]).toEqual([
      ["B", "y"],
      ["C", '"a=b"'],
      ["E", "m"],
    ]);
    expect(parseKernelConfig("\0\0").size).toBe(0);
  });
});

describe("control groups", () => {
  test("modes", () => {
    expect(judgeMode(topologyOf(V2)).found).toStartWith("cgroup v2 at /sys/fs/cgroup: cpuset, cpu, io");
    expect(judgeMode(topologyOf(SYSTEMD_HYBRID)).found).toBe(
      "hybrid; v1: cpu, cpuacct, cpuset, devices, freezer, memory, pids; v2 at /sys/fs/cgroup/unified: no controllers",
    );
    expect(judgeMode(topologyOf(V1)).status).toBe("ok");
    expect(judgeMode(topologyOf(NONE))).toMatchObject({ status: "fail", remedy: expect.stringContaining("mount") });
  });

  test("a missing controller comes with its remedy", () => {
    expect(judgeController(topologyOf(V2), "memory")).toEqual({ status: "ok", found: "cgroup v2" });
    expect(judgeController(topologyOf(V1), "memory").found).toBe("cgroup v1 at /sys/fs/cgroup/memory");
    expect(judgeController(topologyOf(PI), "memory")).toMatchObject({
      status: "warn",
      found: "the memory controller is disabled",
      remedy: expect.stringContaining("/boot/firmware/cmdline.txt"),
    });
  });

  test("the freezer is only needed without cgroup2", () => {
    expect(judgeFreezer(topologyOf(PI)).status).toBe("ok");
    expect(judgeFreezer(topologyOf(V1)).status).toBe("ok");
    expect(judgeFreezer(topologyOf(NONE)).status).toBe("warn");
  });
});

describe("storage", () => {
  test("file systems: built in, as a module, or neither", () => {
    const filesystems = "nodev\tsysfs\n\text4\n\tsquashfs\nnodev\toverlay\n";
    expect(fileSystemState("squashfs", filesystems, undefined)).toBe("built in");
    expect(fileSystemState("overlay", filesystems, undefined)).toBe("built in");
    expect(fileSystemState("squash", filesystems, "kernel/fs/squashfs/squashfs.ko:")).toBeUndefined();
    expect(fileSystemState("squashfs", "", "kernel/fs/squashfs/squashfs.ko.xz:")).toBe("module");
    expect(fileSystemState("squashfs", "", undefined)).toBeUndefined();
  });

  test("compressors", () => {
    const config = parseKernelConfig("CONFIG_SQUASHFS=m\nCONFIG_SQUASHFS_ZLIB=y\nCONFIG_SQUASHFS_XZ=y\n");
    expect(compressorsOf(config)).toEqual(["zlib", "xz"]);
    expect(judgeCompressors(compressorsOf(config))).toEqual({
      status: "warn",
      found: "zlib, xz, but not zstd",
      remedy: "use a kernel with CONFIG_SQUASHFS_ZSTD=y, or import images with --compression gzip",
    });
    expect(judgeCompressors(["zstd"]).status).toBe("ok");
    expect(judgeCompressors([]).status).toBe("warn");
    expect(judgeCompressors(compressorsOf(undefined)).found).toStartWith("unknown");
    expect(judgeXattrs(config).status).toBe("warn");
    expect(judgeXattrs(undefined).status).toBe("ok");
  });

  test("loop devices", () => {
    expect(judgeLoops({ total: 8, used: 3 }).found).toBe("5 of 8 free, more on demand");
    expect(judgeLoops(undefined).status).toBe("warn");
  });

  const disk = (free: number, freeInodes = 1000, inodes = 10_000): Disk => ({
    path: "/data",
    type: "ext4",
    total: 1e9,
    free,
    inodes,
    freeInodes,
  });

  test("room and inodes", () => {
    expect(judgeRoom(disk(5e8))).toEqual({ status: "ok", found: "500 MB of 1000 MB free at /data (ext4)" });
    expect(judgeRoom(disk(5e7)).status).toBe("warn");
    expect(judgeRoom(disk(0)).status).toBe("fail");
    expect(judgeRoom({ ...disk(0), total: 0 }).status).toBe("ok");
    expect(judgeInodes(disk(1, 5000)).status).toBe("ok");
    expect(judgeInodes(disk(1, 500)).status).toBe("warn");
    expect(judgeInodes(disk(1, 5)).status).toBe("fail");
    expect(judgeInodes(disk(1, 0, 0)).status).toBe("ok");
  });

  test("the file system under a path is that of the nearest visible mount", () => {
    const mounts = `1 0 8:1 / / rw - ext4 /dev/a rw
2 1 8:2 / /data rw - f2fs /dev/b rw
3 2 8:3 / /data/x\\040y rw - vfat /dev/c rw
4 1 8:4 / /over/below rw - xfs /dev/d rw
5 1 8:5 / /over rw - tmpfs none rw
`;
    expect(typeAt("/", mounts)).toBe("ext4");
    expect(typeAt("/database", mounts)).toBe("ext4");
    expect(typeAt("/data", mounts)).toBe("f2fs");
    expect(typeAt("/data/x y/z", mounts)).toBe("vfat");
    expect(typeAt("/over/below", mounts)).toBe("tmpfs");
    expect(typeAt("/", "")).toBe("unknown");
  });

  test("the nearest directory that is there", () => {
    expect(nearest("/proc/no/such/thing")).toBe("/proc");
    expect(nearest("/no-such-directory")).toBe("/");
    expect(nearest("/")).toBe("/");
  });
});

describe("clock", () => {
  test("1970 and the far future are wrong, with and without a battery", () => {
    expect(judgeClock(Date.UTC(2026, 5, 1), true)).toEqual({
      status: "ok",
      found: "2026-06-01T00:00:00Z, with a real-time clock",
    });
    expect(judgeClock(12_345, false)).toMatchObject({ status: "warn", remedy: "set the clock: an NTP client at boot" });
    expect(judgeClock(Date.UTC(2150, 0, 1), true)).toMatchObject({ status: "warn" });
    for (const now of [Number.NaN, Number.POSITIVE_INFINITY, -1]) expect(judgeClock(now, true).status).toBe("warn");
  });
});

test("meminfoBytes", () => {
  const text = "MemTotal:       1024 kB\nSwapTotal:          0 kB\nOdd\nBad: x kB\n";
  expect(meminfoBytes(text, "MemTotal")).toBe(1_048_576);
  for (const name of ["SwapTotal", "Odd", "Bad", "Missing", ""]) expect(meminfoBytes(text, name)).toBe(0);
});
