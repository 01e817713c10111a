// The script that makes the peers' mount namespace, for the layouts of control groups that hosts have.

import { expect, test } from "bun:test";

import { parseMountinfo } from "../src/sys/mountinfo.ts";
import { isHybrid, privateScript } from "./private.ts";

const HYBRID = parseMountinfo(
  [
    "20 1 0:19 / /sys rw - sysfs sysfs rw",
    "21 20 0:20 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755",
    "22 21 0:21 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
    "23 21 0:22 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
    "24 21 0:23 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd",
    "25 21 0:24 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
  ].join("\n"),
);
const UNIFIED = parseMountinfo("21 20 0:20 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw");

test("on a hybrid host the namespace has the version 1 hierarchies only, each under all of its names", () => {
  expect(isHybrid(HYBRID)).toBe(true);
  expect(privateScript(HYBRID, "/tmp/x").split("\n")).toEqual([
    "mount -t tmpfs tmpfs /run",
    "mount -t tmpfs tmpfs '/tmp/x'",
    "mkdir '/tmp/x/cpu,cpuacct'",
    "mount --bind '/sys/fs/cgroup/cpu,cpuacct' '/tmp/x/cpu,cpuacct'",
    "ln -s 'cpu,cpuacct' '/tmp/x/cpu'",
    "ln -s 'cpu,cpuacct' '/tmp/x/cpuacct'",
    "mkdir '/tmp/x/memory'",
    "mount --bind '/sys/fs/cgroup/memory' '/tmp/x/memory'",
    "mkdir '/tmp/x/systemd'",
    "mount --bind '/sys/fs/cgroup/systemd' '/tmp/x/systemd'",
    "mount --rbind '/tmp/x' /sys/fs/cgroup",
    'exec "$@"',
  ]);
});

test("where all is version 2, or all version 1, nothing is changed but /run", () => {
  const [, , , memory] = HYBRID;
  for (const mounts of [UNIFIED, memory === undefined ? [] : [memory], []]) {
    expect(isHybrid(mounts)).toBe(false);
    expect(privateScript(mounts, "/tmp/x")).toBe('mount -t tmpfs tmpfs /run\nexec "$@"');
  }
});

test("no path can leave its quotes", () => {
  const script = privateScript(HYBRID, "/tmp/it's $(touch /x) `y`");
  expect(script).toContain(`mount -t tmpfs tmpfs '/tmp/it'\\''s $(touch /x) \`y\`'`);
  expect(Bun.spawnSync(["sh", "-n", "-c", script]).exitCode).toBe(0);
});
