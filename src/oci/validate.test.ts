// Specs from files: what is refused, and how the error names it.

import { expect, test } from "bun:test";
import { messageOf } from "./testing.ts";

import { randomFrom } from "./testing.ts";
import { validateSpec } from "./validate.ts";

const GOOD = {
  ociVersion: "1.0.2-dev",
  process: {
    terminal: false,
    user: { uid: 0, gid: 0, additionalGids: null },
    args: ["sh"],
    env: ["PATH=/bin", "EMPTY="],
    cwd: "/",
    capabilities: { bounding: ["CAP_CHOWN"], ambient: null },
    rlimits: [{ type: "RLIMIT_NOFILE", soft: 1024, hard: 18446744073709552000 }],
    apparmorProfile: "",
  },
  root: { path: "rootfs", readonly: true },
  hostname: "box",
  mounts: [{ destination: "/proc", type: "proc", source: "proc" }],
  hooks: {},
  linux: {
    namespaces: [{ type: "pid" }, { type: "mount" }, { type: "uts" }, { type: "ipc" }],
    resources: { devices: [{ allow: false, access: "rwm" }], blockIO: {}, memory: { disableOOMKiller: false } },
    devices: [{ path: "/dev/x", type: "c", major: 1, minor: 2, fileMode: 438 }],
    seccomp: null,
    sysctl: { "kernel.sem": "1 2 3 4" },
  },
  annotations: { a: "b" },
  unknown: { anything: true },
};

/** GOOD with the value at a dotted path replaced; `undefined` takes it away. */
function changed(path: string, value: unknown): unknown {
  const copy = structuredClone(GOOD) as Record<string, unknown>;
  const keys = path.split(".");
  let at = copy;
  for (const key of keys.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>;
  const last = keys.at(-1) ?? "";
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

test("a good one comes back, without nulls and unknown fields", () => {
  const spec = validateSpec(GOOD);
  expect(spec.process).toEqual({
    terminal: false,
    user: { uid: 0, gid: 0 },
    args: ["sh"],
    env: ["PATH=/bin", "EMPTY="],
    cwd: "/",
    capabilities: { bounding: ["CAP_CHOWN"] },
    rlimits: [{ type: "RLIMIT_NOFILE", soft: 1024, hard: 2 ** 64 }],
  });
  expect(spec).not.toHaveProperty("unknown");
  expect(validateSpec(spec)).toEqual(spec);
  expect(validateSpec(changed("mounts", undefined)).mounts).toEqual([]);
});

test.each([
  ["ociVersion", undefined, "ociVersion: is missing"],
  ["ociVersion", "2.0.0", "ociVersion: expected a version 1"],
  ["process", undefined, "process: is missing"],
  ["process.args", [], "process.args: names no program"],
  ["process.args", [""], "process.args: names no program"],
  ["process.args", "sh", 'process.args: expected a list, found "sh"'],
  ["process.args.0", "a\0b", "process.args[0]: contains a NUL"],
  ["process.env.0", "PATH", "process.env[0]: expected NAME=value"],
  ["process.env.0", "=x", "process.env[0]: expected NAME=value"],
  ["process.env.1", "A=\0", "process.env[1]: contains a NUL"],
  ["process.cwd", "srv", "process.cwd: expected an absolute path"],
  ["process.cwd", "/a/../b", 'process.cwd: "/a/../b" contains ".."'],
  ["process.user.uid", -1, "process.user.uid: expected a whole number from 0"],
  ["process.user.uid", 4294967295, "process.user.uid: expected"],
  ["process.user.gid", "0", 'process.user.gid: expected a whole number from 0 to 4294967294, found "0"'],
  ["process.user.additionalGids", [0, 1.5], "process.user.additionalGids[1]"],
  ["process.capabilities.bounding", ["CHOWN"], "process.capabilities.bounding[0]: expected a known name"],
  ["process.rlimits.0.type", "NOFILE", "process.rlimits[0].type: expected a known name"],
  ["process.rlimits.0.soft", 1e20, "process.rlimits[0].soft: expected"],
  ["process.rlimits.0.hard", 1, "process.rlimits[0]: the soft limit of RLIMIT_NOFILE is above"],
  ["process.rlimits.1", GOOD.process.rlimits[0], "process.rlimits[1]: RLIMIT_NOFILE is there twice"],
  ["process.oomScoreAdj", 1001, "process.oomScoreAdj"],
  ["process.terminal", "yes", "process.terminal: expected true or false"],
  ["process.apparmorProfile", "docker-default", "process.apparmorProfile: is not supported"],
  ["process.selinuxLabel", "x", "process.selinuxLabel: is not supported"],
  ["root", undefined, "root: is missing"],
  ["root.path", 5, "root.path: expected a string"],
  ["hostname", "a/b", "hostname: expected a host name"],
  ["hostname", "x".repeat(65), "hostname: expected a host name of at most 64"],
  ["hooks", { prestart: [{ path: "/x" }] }, "hooks: is not supported"],
  ["mounts.0.destination", undefined, "mounts[0].destination: is missing"],
  ["mounts.0.destination", "proc", "mounts[0].destination: expected an absolute path"],
  ["mounts.0.destination", "/../etc", 'mounts[0].destination: "/../etc" contains ".."'],
  ["mounts.0.destination", "/./", "mounts[0].destination: the root itself"],
  ["mounts.0.options", "ro", "mounts[0].options: expected a list"],
  ["mounts.0.options", ["ro\0"], "mounts[0].options[0]: contains a NUL"],
  ["mounts.0.uidMappings", [{}], "mounts[0].uidMappings: is not supported"],
  ["mounts", {}, "mounts: expected a list, found an object"],
  ["linux.namespaces.0.type", "net", 'linux.namespaces[0].type: expected "pid", "network"'],
  ["linux.namespaces.0.path", "proc/1/ns/pid", "linux.namespaces[0].path: expected an absolute path"],
  ["linux.namespaces.1", { type: "pid" }, 'linux.namespaces: "pid" is there twice'],
  ["linux.namespaces", [], 'linux.namespaces: without "mount"'],
  ["linux.namespaces", [{ type: "mount" }], 'hostname: needs a "uts" namespace'],
  ["linux.uidMappings", [{ containerID: 0, hostID: 0, size: 1 }], 'linux.uidMappings: needs a "user" namespace'],
  ["linux.uidMappings", [{ containerID: 0, hostID: 0, size: 0 }], "linux.uidMappings[0].size"],
  ["linux.devices.0.path", "dev/x", "linux.devices[0].path: expected an absolute path"],
  ["linux.devices.0.type", "x", "linux.devices[0].type: expected"],
  ["linux.devices.0.major", undefined, "linux.devices[0]: /dev/x has no major and minor"],
  ["linux.devices.0.major", 4096, "linux.devices[0].major: expected"],
  ["linux.cgroupsPath", "system.slice:bunker:x", "linux.cgroupsPath: expected an absolute path"],
  ["linux.cgroupsPath", "/../x", "linux.cgroupsPath"],
  ["linux.resources.devices.0.access", "rwx", "linux.resources.devices[0].access"],
  ["linux.resources.devices.0.allow", undefined, "linux.resources.devices[0].allow: is missing"],
  ["linux.resources.memory.limit", "64m", "linux.resources.memory.limit: expected a whole number"],
  ["linux.resources.memory.limit", -2, "linux.resources.memory.limit"],
  ["linux.resources.memory.swappiness", 0, "linux.resources.memory.swappiness: is not supported"],
  ["linux.resources.memory.disableOOMKiller", true, "linux.resources.memory.disableOOMKiller: is not supported"],
  ["linux.resources.cpu", { realtimePeriod: 5 }, "linux.resources.cpu.realtimePeriod: is not supported"],
  ["linux.resources.blockIO", { weight: 10 }, "linux.resources.blockIO: is not supported"],
  ["linux.resources.pids", {}, "linux.resources.pids.limit: is missing"],
  ["linux.resources.unified", { "memory.high": 5 }, 'linux.resources.unified["memory.high"]: expected a string'],
  ["linux.seccomp", { defaultAction: "SCMP_ACT_ALLOW" }, "linux.seccomp: is not supported"],
  ["linux.maskedPaths", ["proc/kcore"], "linux.maskedPaths[0]: expected an absolute path"],
  ["linux.sysctl", { "kernel.panic": "1" }, 'linux.sysctl["kernel.panic"]: would change the whole host'],
  ["linux.sysctl", { "net.x.y": "1" }, 'linux.sysctl["net.x.y"]: needs a "network" namespace'],
  ["linux.rootfsPropagation", "up", "linux.rootfsPropagation: expected"],
  ["annotations", { a: 1 }, 'annotations["a"]: expected a string'],
  ["annotations", { "a\0": "1" }, "contains a NUL"],
])("%s: %j", (path, value, why) => {
  const message = messageOf(() => validateSpec(changed(path, value), "/b/config.json"));
  expect(message).toStartWith("/b/config.json: ");
  expect(message).toContain(why);
});

test.each([[null], [undefined], [5], ["x"], [[]], [true]])("no spec at all: %p", (value) => {
  expect(messageOf(() => validateSpec(value))).toContain("config.json: expected an object");
});

test("any value in any place: a spec or an error for the user", () => {
  const random = randomFrom(5);
  const hostile: unknown[] = [
    null,
    0,
    -1,
    1.5,
    NaN,
    1e300,
    "",
    "\0",
    "/",
    "..",
    "x".repeat(100_000),
    [],
    {},
    [[]],
    true,
  ];
  const places: (readonly [object, string])[] = [];
  const collect = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const key of Object.keys(node)) {
      places.push([node, key]);
      collect((node as Record<string, unknown>)[key]);
    }
  };
  for (let round = 0; round < 1000; round++) {
    const copy = structuredClone(GOOD);
    places.length = 0;
    collect(copy);
    const [node, key] = places[random(places.length)] ?? [copy, "process"];
    (node as Record<string, unknown>)[key] = hostile[random(hostile.length)];
    try {
      const spec = validateSpec(copy);
      expect(JSON.stringify(spec)).not.toContain("\\u0000");
    } catch (error) {
      expect(error).toHaveProperty("name", "UserError");
      expect((error as Error).message.length).toBeLessThan(300);
    }
  }
});
