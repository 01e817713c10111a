// The whole way from a command line to config.json, against a file that was checked by eye; then each rule that only the
// whole shows.

import { expect, test } from "bun:test";
import { type HostFacts, type ImageFacts, makeSpec } from "./make.ts";
import { parseRun } from "./parse/run.ts";
import { EMPTY_REQUEST, type RunRequest } from "./request.ts";
import { specJson } from "./spec.ts";
import { messageOf } from "./testing.ts";
import { validateSpec } from "./validate.ts";

const HOST: HostFacts = {
  id: "0123456789abcdef".repeat(4),
  hostname: "gateway-7",
  rootfs: "/var/lib/bunker/containers/x/root",
  cpus: 4,
  kernelMaxNofile: 1_048_576,
  recursiveReadOnly: true,
  throttled: 0,
  devices: [],
};
const IMAGE: ImageFacts = {
  config: {
    Env: ["PATH=/app/bin:/bin", "MODE=slow"],
    Entrypoint: ["/app/bin/read"],
    Cmd: ["--help"],
    WorkingDir: "/app",
    Labels: { vendor: "example", site: "unknown" },
  },
  passwd: "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n",
  group: "dialout:x:20:app\n",
};

/** A request for an image with a command of its own. */
function make(more: Partial<RunRequest> = {}, image: Partial<ImageFacts> = {}, host: Partial<HostFacts> = {}) {
  const request = { ...EMPTY_REQUEST, image: "reader", command: ["sh"], ...more };
  return makeSpec(request, { ...IMAGE, ...image }, { ...HOST, ...host });
}

const FLAGS: Readonly<Record<string, boolean | string | readonly string[]>> = {
  detach: true,
  "read-only": true,
  user: "app",
  env: ["MODE=fast", "TZ=UTC"],
  volume: ["/srv/data:/data/in:ro", "/srv/out:/out"],
  mount: ["type=bind,source=/etc/site.conf,target=/etc/site.conf,readonly,bind-recursive=disabled"],
  tmpfs: ["/run:size=1m,exec"],
  memory: "64m",
  "memory-high": "48m",
  cpus: "0.5",
  "cpuset-cpus": "1,2,3",
  "pids-limit": "100",
  "cap-add": ["net_bind_service"],
  "cap-drop": ["ALL"],
  "security-opt": ["no-new-privileges"],
  label: ["site=roof"],
  ulimit: ["core=0:-1"],
  sysctl: ["net.core.somaxconn=1024"],
  "oom-score-adj": "200",
};

test("a representative command line gives the golden config.json", async () => {
  const request = parseRun(
    {
      flag: (name) => FLAGS[name] === true,
      string: (name) => (typeof FLAGS[name] === "string" ? FLAGS[name] : undefined),
      list: (name) => (Array.isArray(FLAGS[name]) ? (FLAGS[name] as readonly string[]) : []),
      operands: ["reader", "--port", "/dev/ttyUSB0"],
    },
    { cwd: "/", env: {}, readFile: () => new Uint8Array() },
  );
  const device = { path: "/dev/ttyUSB0", type: "c", major: 188, minor: 0, fileMode: 0o660, uid: 0, gid: 20 } as const;
  const rule = { allow: true, type: "c", major: 188, minor: 0, access: "rw" } as const;
  const text = specJson(makeSpec(request, IMAGE, { ...HOST, devices: [{ device, rule }] }), 2);
  const golden = await Bun.file(new URL("make.golden.json", import.meta.url)).text();
  const plain = (json: string) => JSON.stringify(JSON.parse(json), undefined, 2);
  expect(plain(text)).toBe(plain(golden));
  // What is made here would also be accepted from a file, unchanged.
  expect(validateSpec(JSON.parse(text))).toEqual(JSON.parse(text));
});

test("the same request gives the same spec", () => {
  expect(specJson(make({ tty: true }))).toBe(specJson(make({ tty: true })));
});

test("who and where", () => {
  const { process, hostname } = make();
  expect(process.user).toEqual({ uid: 0, gid: 0, additionalGids: [0] });
  expect(process.cwd).toBe("/app");
  expect(hostname).toBe("0123456789ab");
  expect(make({}, { config: { ...IMAGE.config, User: "app" } }).process.user.uid).toBe(1000);
  expect(make({ user: "5" }, { config: { ...IMAGE.config, User: "app" } }).process.user.uid).toBe(5);
  expect(make({ workdir: "/x/../y" }).process.cwd).toBe("/y");
  expect(make({}, { config: {} }).process.cwd).toBe("/");
  expect(make({}, { config: { WorkingDir: "srv" } }).process.cwd).toBe("/srv");
});

test("a terminal", () => {
  const { process } = make({ tty: true });
  expect(process.terminal).toBe(true);
  expect(process.env).toContain("TERM=xterm");
});

test("the host's network comes with its name, and without parameters of its own", () => {
  const spec = make({ network: "host" });
  expect(spec.hostname).toBe("gateway-7");
  expect(spec.process.env).toContain("HOSTNAME=gateway-7");
  expect(spec.linux.namespaces.map(({ type }) => type)).toEqual(["pid", "mount", "ipc", "uts", "cgroup"]);
  expect(spec.linux.sysctl).toEqual({});
  expect(make({ network: "host", hostname: "own" }).hostname).toBe("own");
  expect(make({ network: "host", sysctls: { "kernel.sem": "1" } }).linux.sysctl).toEqual({ "kernel.sem": "1" });
  expect(messageOf(() => make({ network: "host", sysctls: { "net.core.somaxconn": "1" } }))).toBe(
    "--sysctl net.core.somaxconn would change the host's network, which --network host shares",
  );
});

test("a network namespace of its own lets everybody ping and bind low ports", () => {
  expect(make().linux.sysctl).toEqual({
    "net.ipv4.ping_group_range": "0 2147483647",
    "net.ipv4.ip_unprivileged_port_start": "0",
  });
  const own = { "net.ipv4.ip_unprivileged_port_start": "1024" };
  expect(make({ sysctls: own }).linux.sysctl?.["net.ipv4.ip_unprivileged_port_start"]).toBe("1024");
});

test("capabilities of root and of others", () => {
  expect(make().process.capabilities?.effective).toHaveLength(14);
  const other = make({ user: "app" }).process.capabilities;
  expect(other?.bounding).toHaveLength(14);
  expect(other?.effective).toBeUndefined();
  expect(other?.permitted).toBeUndefined();
});

test("privileged: all capabilities, nothing masked, all devices", () => {
  const { process, linux, mounts } = make({ privileged: true }, {}, { throttled: 2 });
  expect(process.capabilities?.effective).toHaveLength(41);
  expect([linux.maskedPaths, linux.readonlyPaths]).toEqual([[], []]);
  expect(linux.resources?.devices).toEqual([{ allow: true, access: "rwm" }]);
  expect(mounts.find(({ destination }) => destination === "/sys")?.options).not.toContain("ro");
});

test("the masked paths of a machine with thermal throttling", () => {
  const masked = make({}, {}, { throttled: 2 }).linux.maskedPaths;
  expect(masked).toContain("/proc/kcore");
  expect(masked?.slice(-2)).toEqual([
    "/sys/devices/system/cpu/cpu0/thermal_throttle",
    "/sys/devices/system/cpu/cpu1/thermal_throttle",
  ]);
});

test("where its control groups are", () => {
  expect(make().linux.cgroupsPath).toBe(`/bunker/${HOST.id}`);
  expect(make({ cgroupParent: "/fleet" }).linux.cgroupsPath).toBe(`/fleet/${HOST.id}`);
});

test("what an image must not bring in", () => {
  const bad = (config: ImageFacts["config"]) => messageOf(() => make({ command: [] }, { config }));
  expect(bad({ Cmd: ["a\0b"] })).toBe("run reader: the command contains a NUL character");
  expect(bad({ Cmd: ["a"], Env: ["A=\0"] })).toContain("the environment contains a NUL");
  expect(bad({ Cmd: ["a"], Labels: { "x\0": "" } })).toContain("a label contains a NUL");
  expect(bad({ Cmd: ["a"], Labels: { x: "\0" } })).toContain("a label contains a NUL");
  expect(bad({ Cmd: ["a"], WorkingDir: "/a\0" })).toContain("the working directory contains a NUL");
  expect(bad({ Cmd: ["a"], User: "nobody" })).toContain('user "nobody" is not in the image');
  expect(bad({ Cmd: [""] })).toContain("the name of the program is empty");
  expect(bad({})).toContain("no command specified");
});

test("what a request from elsewhere must not bring in", () => {
  expect(messageOf(() => make({ workdir: "srv" }))).toContain("for --workdir: expected an absolute path");
  expect(messageOf(() => make({ command: ["a", "b\0"] }))).toContain("the command contains a NUL");
  expect(messageOf(() => make({ labels: { a: "\0" } }))).toContain("a label contains a NUL");
  expect(messageOf(() => make({ env: [["A", "\0"]] }))).toContain("the environment contains a NUL");
});

test("a capability that bunker has not got is refused where it is asked for by name", () => {
  const host = { capabilities: 0n };
  const why = "cannot give --cap-add CAP_SYS_TIME to the container: bunker does not have this capability itself";
  expect(messageOf(() => make({ capAdd: ["ALL", "CAP_SYS_TIME"] }, {}, host))).toBe(why);
  expect(make({ capAdd: ["ALL"] }, {}, host).process.capabilities?.bounding).toEqual([]);
});
