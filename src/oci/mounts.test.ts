// Default mounts, the user's, and their order.

import { expect, test } from "bun:test";
import { messageOf } from "./testing.ts";

import { makeMounts } from "./mounts.ts";
import type { BindRequest, MountRequest } from "./request.ts";

const BASE = { mounts: [], readOnly: false, privileged: false };
const bind = (source: string, target: string, more: Partial<BindRequest> = {}): BindRequest => {
  const usual = { readOnly: false, propagation: "rprivate", recursive: true, createSource: true } as const;
  return { kind: "bind", source, target, ...usual, ...more };
};
const make = (mounts: MountRequest[], more: Partial<typeof BASE> & { shmSize?: number } = {}, rro = true) =>
  makeMounts({ ...BASE, mounts, ...more }, rro);
const places = (...args: Parameters<typeof make>) => make(...args).map(({ destination }) => destination);
const at = (path: string, ...args: Parameters<typeof make>) =>
  make(...args).find((m) => m.destination === path)?.options;

const DEFAULTS = ["/proc", "/dev", "/dev/pts", "/sys", "/sys/fs/cgroup", "/dev/mqueue", "/dev/shm"];

test("the user's come after the defaults, from the root down, in their order at one depth", () => {
  const mounts = [bind("/1", "/z/y/x"), bind("/2", "/b"), bind("/3", "/a"), bind("/4", "/z/y")];
  expect(places(mounts)).toEqual([...DEFAULTS, "/b", "/a", "/z/y", "/z/y/x"]);
});

test("a mount of the user's replaces the default one there", () => {
  expect(places([bind("/p", "/proc")])).toEqual([...DEFAULTS.slice(1), "/proc"]);
  expect(places([bind("/dev", "/dev")])).toEqual(["/proc", "/sys", "/sys/fs/cgroup", "/dev"]);
  expect(places([{ kind: "tmpfs", target: "/dev/shm", options: [] }])).toEqual([...DEFAULTS.slice(0, -1), "/dev/shm"]);
});

test("two for one place", () => {
  const twice = [bind("/1", "/a"), { kind: "tmpfs", target: "/a", options: [] }] satisfies MountRequest[];
  expect(messageOf(() => make(twice))).toContain("two mounts for /a");
});

test("options of bind mounts", () => {
  expect(at("/a", [bind("/1", "/a")])).toEqual(["rbind", "rprivate"]);
  expect(at("/a", [bind("/1", "/a", { readOnly: true })])).toEqual(["rbind", "ro", "rro", "rprivate"]);
  expect(at("/a", [bind("/1", "/a", { readOnly: true })], {}, false)).toEqual(["rbind", "ro", "rprivate"]);
  expect(at("/a", [bind("/1", "/a", { readOnly: true, recursive: false, propagation: "slave" })])).toEqual([
    "bind",
    "ro",
    "slave",
  ]);
});

test("options of tmpfs: the user's override the defaults", () => {
  const options = ["exec", "size=64m", "defaults", "size=1m", "rslave"];
  expect(at("/t", [{ kind: "tmpfs", target: "/t", options }])).toEqual([
    "nosuid",
    "nodev",
    "exec",
    "size=1m",
    "rslave",
  ]);
});

test("/dev/shm has its size", () => {
  expect(at("/dev/shm", [])).toContain("size=67108864");
  expect(at("/dev/shm", [], { shmSize: 4096 })).toContain("size=4096");
});

test("a read-only root leaves what has to be written to, and the user's own mounts", () => {
  const mounts = make([bind("/1", "/a")], { readOnly: true });
  const readOnly = mounts.filter(({ options }) => options?.includes("ro")).map(({ destination }) => destination);
  expect(readOnly).toEqual(["/sys", "/sys/fs/cgroup"]);
});

test("privileged: sysfs and control groups can be written to, unless the root is read-only", () => {
  expect(at("/sys", [], { privileged: true })).toEqual(["nosuid", "noexec", "nodev"]);
  expect(at("/sys/fs/cgroup", [], { privileged: true })).not.toContain("ro");
  expect(at("/sys", [], { privileged: true, readOnly: true })).toContain("ro");
});
