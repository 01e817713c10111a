// Devices of this host: needs nothing but /dev.

import { expect, test } from "bun:test";
import { messageOf } from "./testing.ts";

import { symlinkSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findHostDevices } from "./hostdevices.ts";

const request = (source: string, target = source, access = "rwm") => ({ source, target, access });

test("a node, under another name", () => {
  const [found] = findHostDevices([request("/dev/null", "/dev/nothing", "rw")], false);
  expect(found?.device).toMatchObject({ path: "/dev/nothing", type: "c", major: 1, minor: 3, fileMode: 0o666 });
  expect(found?.rule).toEqual({ allow: true, type: "c", major: 1, minor: 3, access: "rw" });
});

test("through a symlink", () => {
  const dir = mkdtempSync(join(tmpdir(), "bunker-devices-"));
  try {
    symlinkSync("/dev/zero", join(dir, "link"));
    expect(findHostDevices([request(join(dir, "link"), "/dev/z")], false)[0]?.device).toMatchObject({
      major: 1,
      minor: 5,
    });
    // Inside a directory symlinks are not followed, so this one has no devices.
    expect(messageOf(() => findHostDevices([request(dir)], false))).toContain("neither a device nor a directory with");
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("all of /dev for a privileged container, without terminals and file systems of their own", () => {
  const paths = findHostDevices([], true).map(({ device }) => device.path);
  expect(paths).toContain("/dev/null");
  expect(paths).not.toContain("/dev/console");
  expect(paths.filter((path) => path.startsWith("/dev/pts/") || path.startsWith("/dev/shm/"))).toEqual([]);
});

test("nothing there, or no device", () => {
  expect(messageOf(() => findHostDevices([request("/dev/no-such-thing")], false))).toBe(
    "--device /dev/no-such-thing: no such device on the host",
  );
  expect(messageOf(() => findHostDevices([request("/etc/passwd")], false))).toContain(
    "neither a device nor a directory",
  );
});
