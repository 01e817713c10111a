// What a report says about the machine, from texts of machines that are not this one.

import { expect, test } from "bun:test";

import { bunkerVersion, cgroupMode, fileSystemOf, prettyName } from "./machine.ts";

const MOUNTS = `1 1 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:5 / /dev rw - devtmpfs dev rw
3 2 0:6 / /dev/shm rw - tmpfs shm rw
4 1 0:7 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
not a line of mountinfo`;

test("the file system of a path is that of the longest mount point above it", () => {
  expect(fileSystemOf(MOUNTS, "/tmp/x")).toBe("ext4");
  expect(fileSystemOf(MOUNTS, "/dev/shm/x")).toBe("tmpfs");
  expect(fileSystemOf(MOUNTS, "/dev/shmx")).toBe("devtmpfs");
  expect(fileSystemOf("", "/x")).toBe("unknown");
});

test("control group modes", () => {
  const v1 = "5 1 0:8 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory";
  expect(cgroupMode(MOUNTS)).toBe("version 2");
  expect(cgroupMode(v1)).toBe("version 1");
  expect(cgroupMode(`${MOUNTS}\n${v1}`)).toBe("hybrid (controllers on version 1)");
});

test("names and versions, also where there are none", () => {
  expect(prettyName('NAME="x"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')).toBe("Debian GNU/Linux 12 (bookworm)");
  expect(prettyName("")).toBe("unknown");
  expect(bunkerVersion("bunker        0.1.0\ncommit        abc-modified\nbun           1.4.5\n")).toBe(
    "0.1.0 (abc-modified), Bun 1.4.5",
  );
  expect(bunkerVersion("")).toBe("unknown (unknown), Bun unknown");
});
