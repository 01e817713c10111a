// Device nodes and rules.

import { expect, test } from "bun:test";

import { DEFAULT_DEVICES, type HostDevice, makeDeviceRules, makeDevices } from "./devices.ts";

const host = (path: string, major: number, minor: number): HostDevice => ({
  device: { path, type: "c", major, minor, fileMode: 0o660, uid: 0, gid: 20 },
  rule: { allow: true, type: "c", major, minor, access: "rw" },
});

test("the default nodes are those of the runtime specification", () => {
  expect(DEFAULT_DEVICES.map(({ path, major, minor }) => `${path} ${major}:${minor}`)).toEqual([
    "/dev/null 1:3",
    "/dev/zero 1:5",
    "/dev/full 1:7",
    "/dev/random 1:8",
    "/dev/urandom 1:9",
    "/dev/tty 5:0",
  ]);
});

test("everything is denied first, then the defaults are allowed, then what was asked for", () => {
  const rules = makeDeviceRules([host("/dev/ttyUSB0", 188, 0)], false);
  expect(rules[0]).toEqual({ allow: false, access: "rwm" });
  expect(rules.at(-1)).toEqual({ allow: true, type: "c", major: 188, minor: 0, access: "rw" });
  expect(rules.slice(1).every(({ allow }) => allow)).toBe(true);
  const opened = rules.filter(({ allow, access }) => allow && access === "rwm").map((r) => `${r.major}:${r.minor}`);
  expect(opened.sort()).toEqual(["10:200", "136:-1", "1:3", "1:5", "1:7", "1:8", "1:9", "5:0", "5:1", "5:2"].sort());
});

test("block devices may only be made", () => {
  expect(makeDeviceRules([], false).filter(({ type }) => type === "b")).toEqual([
    { allow: true, type: "b", major: -1, minor: -1, access: "m" },
  ]);
});

test("a privileged container may use all", () => {
  expect(makeDeviceRules([host("/dev/x", 1, 1)], true)).toEqual([{ allow: true, access: "rwm" }]);
});

test("the container's own nodes are not replaced; the last of a path counts", () => {
  const found = [host("/dev/null", 9, 9), host("/dev/ptmx", 5, 2), host("/dev/console", 5, 1), host("/dev/a", 1, 1)];
  expect(makeDevices([...found, host("/dev/a", 2, 2)]).map(({ path, major }) => [path, major])).toEqual([
    ["/dev/a", 2],
  ]);
});
