import { describe, expect, test } from "bun:test";

import { makeRecord } from "../../test/helpers/containers.ts";
import { makeSpec } from "../oci/make.ts";
import { EMPTY_REQUEST, type RunRequest } from "../oci/request.ts";
import type { Spec } from "../oci/spec.ts";
import { rfc3339, toInspect } from "./inspect.ts";
import type { ContainerRecord, ContainerState } from "./record.ts";

const FILES = { log: "/state/log", config: "/state/config.json" };

function specOf(request: Partial<RunRequest>): Spec {
  const host = {
    id: "a1".padEnd(64, "0"),
    hostname: "board",
    rootfs: "/rootfs",
    recursiveReadOnly: true,
    throttled: 0,
    devices: [],
    cpus: 4,
  };
  return makeSpec({ ...EMPTY_REQUEST, image: "alpine", command: ["sleep", "1000"], ...request }, { config: {} }, host);
}

interface Document {
  readonly [name: string]: unknown;
  readonly State: Record<string, unknown>;
  readonly HostConfig: Record<string, unknown>;
  readonly Config: Record<string, unknown>;
}

function inspect(
  request: Partial<RunRequest> = {},
  state: ContainerState = { status: "created" },
  fields: Partial<ContainerRecord> = {},
): Document {
  return toInspect(makeRecord(fields), state, specOf(request), FILES) as unknown as Document;
}

describe("the document", () => {
  test("says who it is", () => {
    expect(inspect()).toMatchObject({
      Id: "a1".padEnd(64, "0"),
      Created: "2027-01-31T12:00:00Z",
      Path: "sleep",
      Args: ["1000"],
      Image: `sha256:${"5".repeat(64)}`,
      LogPath: "/state/log",
      Name: "/web",
      RestartCount: 0,
      Mounts: [],
      NetworkSettings: { Networks: { none: {} } },
    });
  });

  test("is JSON", () => {
    const document = inspect();
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  test("of a container without a log has no path of one", () => {
    const { log: _, ...rest } = makeRecord({});
    const document = toInspect(rest, { status: "created" }, specOf({}), FILES) as unknown as Document;
    expect(document).toMatchObject({ LogPath: "", HostConfig: { LogConfig: { Type: "none", Config: {} } } });
  });
});

describe("the state", () => {
  const live = { initPid: 42, monitorPid: 41, started: Date.UTC(2027, 0, 31, 12, 0, 0, 120) };
  const stateOf = (state: ContainerState) => inspect({}, state).State;

  test("of a running container", () => {
    expect(stateOf({ status: "running", live })).toEqual({
      Status: "running",
      Running: true,
      Paused: false,
      Restarting: false,
      OOMKilled: false,
      Dead: false,
      Pid: 42,
      MonitorPid: 41,
      ExitCode: 0,
      Error: "",
      StartedAt: "2027-01-31T12:00:00.12Z",
      FinishedAt: "0001-01-01T00:00:00Z",
    });
  });

  test("of one that has ended", () => {
    const exit = { code: 137, signal: 9, finished: Date.UTC(2027, 1, 1), oomKilled: true };
    expect(stateOf({ status: "exited", live, exit })).toMatchObject({
      Running: false,
      Pid: 0,
      ExitCode: 137,
      OOMKilled: true,
      FinishedAt: "2027-02-01T00:00:00Z",
    });
  });

  test("of one that never ran, one that is dead, and one whose launch failed", () => {
    const never = "0001-01-01T00:00:00Z";
    expect(stateOf({ status: "created" })).toMatchObject({
      Status: "created",
      StartedAt: never,
      Dead: false,
      ExitCode: 0,
    });
    expect(stateOf({ status: "dead", live })).toMatchObject({ Dead: true, ExitCode: 137, Pid: 0 });
    const failed = { initPid: 0, monitorPid: 0, started: 0, failure: { op: 12, errno: 2 } };
    expect(stateOf({ status: "dead", live: failed })).toMatchObject({
      StartedAt: never,
      Error: "operation 12 of the launch: No such file or directory (ENOENT)",
    });
    const killed = { ...failed, failure: { op: -1, errno: 0 } };
    expect(stateOf({ status: "dead", live: killed })["Error"]).toBe("killed while it was being set up");
  });
});

describe("the caps", () => {
  const hostOf = (request: Partial<RunRequest>, fields: Partial<ContainerRecord> = {}) =>
    inspect(request, { status: "created" }, fields).HostConfig;

  test("where none were asked for", () => {
    expect(hostOf({})).toMatchObject({
      Memory: 0,
      MemorySwap: 0,
      MemoryReservation: 0,
      MemoryHigh: 0,
      NanoCpus: 0,
      CpuQuota: 0,
      CpuPeriod: 0,
      CpuShares: 0,
      CpusetCpus: "",
      PidsLimit: null,
      CapAdd: null,
      CapDrop: null,
      Privileged: false,
      ReadonlyRootfs: false,
      NetworkMode: "none",
      Binds: [],
      Tmpfs: {},
      Sysctls: {},
      SecurityOpt: [],
      ShmSize: 64 * 1024 * 1024,
      CgroupParent: "/bunker",
    });
  });

  test("are in the terms of the options", () => {
    const memory = 64 * 1024 * 1024;
    expect(hostOf({ resources: { memory, pidsLimit: 20, cpuShares: 512, cpusetCpus: "0-1" } })).toMatchObject({
      Memory: memory,
      MemorySwap: 2 * memory,
      PidsLimit: 20,
      CpuShares: 512,
      CpusetCpus: "0-1",
    });
    expect(hostOf({ resources: { memory, memorySwap: -1, memoryHigh: memory } })).toMatchObject({
      MemorySwap: -1,
      MemoryHigh: memory,
    });
    expect(hostOf({ resources: { nanoCpus: 500_000_000 } })).toMatchObject({
      NanoCpus: 5e8,
      CpuQuota: 0,
      CpuPeriod: 0,
    });
    expect(hostOf({ resources: { cpuQuota: 5000, cpuPeriod: 10_000 } })).toMatchObject({
      NanoCpus: 0,
      CpuQuota: 5000,
      CpuPeriod: 10_000,
    });
  });

  test("capabilities are what was added and taken", () => {
    expect(hostOf({ capAdd: ["CAP_SYS_TIME"], capDrop: ["CAP_CHOWN"] })).toMatchObject({
      CapAdd: ["CAP_SYS_TIME"],
      CapDrop: ["CAP_CHOWN"],
    });
    expect(hostOf({ capDrop: ["ALL"] })).toMatchObject({ CapAdd: null, CapDrop: ["ALL"] });
    expect(hostOf({ capAdd: ["ALL"] })).toMatchObject({ CapAdd: ["ALL"], CapDrop: null });
    expect(hostOf({ privileged: true }, { privileged: true })).toMatchObject({ CapAdd: null, Privileged: true });
  });

  test("limits, sysctls and the rest", () => {
    const found = hostOf({
      ulimits: [{ type: "RLIMIT_CORE", soft: 0, hard: 2 ** 64 }],
      sysctls: { "kernel.msgmax": "65536" },
      noNewPrivileges: true,
      readOnly: true,
      cgroupParent: "/site/apps",
      oomScoreAdj: 500,
    });
    expect(found["Ulimits"]).toContainEqual({ Name: "core", Hard: -1, Soft: 0 });
    expect(found).toMatchObject({
      Sysctls: { "kernel.msgmax": "65536" },
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: true,
      CgroupParent: "/site/apps",
      OomScoreAdj: 500,
    });
  });
});

test("mounts are the user's", () => {
  const bind = { kind: "bind", propagation: "rprivate", recursive: true, createSource: false } as const;
  const document = inspect({
    mounts: [
      { ...bind, source: "/data", target: "/srv", readOnly: false },
      { ...bind, source: "/etc", target: "/mnt", readOnly: true, propagation: "rslave" },
      { kind: "tmpfs", target: "/scratch", options: ["size=1m"] },
    ],
  });
  expect(document["Mounts"]).toEqual([
    { Type: "bind", Source: "/data", Destination: "/srv", Mode: "", RW: true, Propagation: "rprivate" },
    { Type: "bind", Source: "/etc", Destination: "/mnt", Mode: "ro", RW: false, Propagation: "rslave" },
  ]);
  expect(document.HostConfig["Binds"]).toEqual(["/data:/srv", "/etc:/mnt:ro"]);
  expect(Object.keys(document.HostConfig["Tmpfs"] as object)).toEqual(["/scratch"]);
});

test("the configuration is the process", () => {
  const { Config } = inspect(
    { user: "1000:1001", workdir: "/srv", env: [["A", "1"]], hostname: "box" },
    { status: "created" },
    { attached: true, interactive: true, terminal: true, labels: { a: "b" } },
  );
  expect(Config).toMatchObject({
    Hostname: "box",
    User: "1000:1001",
    AttachStdin: true,
    Tty: true,
    OpenStdin: true,
    Cmd: ["sleep", "1000"],
    Entrypoint: null,
    Image: "alpine:3.20",
    WorkingDir: "/srv",
    Labels: { a: "b" },
    StopSignal: "SIGTERM",
    StopTimeout: 10,
  });
  expect(Config["Env"]).toContain("A=1");
  expect(inspect().Config).toMatchObject({ User: "", AttachStdin: false });
});

test("times are as Go writes them", () => {
  expect(rfc3339(0)).toBe("1970-01-01T00:00:00Z");
  expect(rfc3339(1)).toBe("1970-01-01T00:00:00.001Z");
  expect(rfc3339(10)).toBe("1970-01-01T00:00:00.01Z");
  expect(rfc3339(600_000)).toBe("1970-01-01T00:10:00Z");
  for (const bad of [-1, 1e18, Number.NaN, Infinity]) expect(rfc3339(bad)).toBe("0001-01-01T00:00:00Z");
});
