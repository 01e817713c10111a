// A container as `inspect` shows it: Docker's document, because programs read it. Pure: everything comes from the record,
// the monitor's bytes and the OCI spec. Nothing is hidden: whoever can read these can read the environment anyway.
//
// Source: the Docker Engine API, ContainerInspect; fields that have no meaning here are left out.

import { ALL, CAPABILITIES, DEFAULT_CAPABILITIES } from "../oci/caps.ts";
import { NETWORK_SYSCTLS } from "../oci/defaults.ts";
import { signalName } from "../oci/signals.ts";
import { type Mount, type Resources, type Rlimit, type Spec, UNLIMITED } from "../oci/spec.ts";
import { SIGKILL } from "../sys/abi/consts.gen.ts";
import { describeErrno } from "../sys/numbers.ts";
import type { ContainerRecord, ContainerState, Live } from "./record.ts";

/** Go's zero time, which stands for "never". */
const NEVER = "0001-01-01T00:00:00Z";
/** Microseconds: the period that --cpus is worked out with. */
const CPUS_PERIOD = 100_000;

/** @param files where the container's log and spec are, whether they are there or not */
export function toInspect(
  record: ContainerRecord,
  state: ContainerState,
  spec: Spec,
  files: { readonly log: string; readonly config: string },
): Record<string, unknown> {
  const [path = "", ...args] = spec.process.args;
  const { log } = record;
  return {
    Id: record.id,
    Created: rfc3339(record.created),
    Path: path,
    Args: args,
    State: describeState(state),
    Image: record.image.id,
    LogPath: log === undefined ? "" : files.log,
    Name: `/${record.name}`,
    RestartCount: 0,
    Driver: "overlay",
    Platform: "linux",
    OCIConfigPath: files.config,
    HostConfig: describeHost(record, spec),
    Mounts: spec.mounts.filter(isBind).map(describeMount),
    Config: describeConfig(record, spec),
    NetworkSettings: {
      Ports: {},
      Networks: { [record.network]: { IPAddress: "", Gateway: "", MacAddress: "" } },
    },
  };
}

/** Milliseconds from 1970 to the end of the year 9999: later times are a damaged file's. */
const LATEST = 253_402_300_799_999;

/** RFC 3339 as Go writes it: the fraction without zeros at its end. Milliseconds since 1970. */
export function rfc3339(time: number): string {
  if (!(time >= 0 && time <= LATEST)) return NEVER;
  return new Date(time).toISOString().replace(/\.?0*Z$/, "Z");
}

function describeState({ status, live, exit }: ContainerState): Record<string, unknown> {
  const running = status === "running";
  return {
    Status: status,
    Running: running,
    Paused: false,
    Restarting: false,
    OOMKilled: exit?.oomKilled ?? false,
    Dead: status === "dead",
    Pid: running ? (live?.initPid ?? 0) : 0,
    MonitorPid: running ? (live?.monitorPid ?? 0) : 0,
    // What nobody saw end was killed, as far as anyone can tell.
    ExitCode: exit?.code ?? (status === "dead" ? 128 + SIGKILL : 0),
    Error: live?.failure === undefined ? "" : describeFailure(live.failure),
    StartedAt: live === undefined || live.initPid <= 0 ? NEVER : rfc3339(live.started),
    FinishedAt: exit === undefined ? NEVER : rfc3339(exit.finished),
  };
}

function describeFailure({ op, errno }: NonNullable<Live["failure"]>): string {
  if (op === -1) return "killed while it was being set up";
  const [code, text] = describeErrno(errno);
  return `operation ${op} of the launch: ${text} (${code})`;
}

function describeHost(record: ContainerRecord, spec: Spec): Record<string, unknown> {
  const { process, linux } = spec;
  const { log } = record;
  const options = log === undefined ? {} : { "max-size": `${log.maxSize}`, "max-file": `${log.maxFiles}` };
  return {
    Binds: spec.mounts.filter(isBind).map(bindText),
    LogConfig: { Type: log === undefined ? "none" : "bunker", Config: options },
    NetworkMode: record.network,
    PortBindings: {},
    RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
    AutoRemove: record.autoRemove,
    ...describeCapabilities(record.privileged, process.capabilities?.bounding ?? []),
    GroupAdd: (process.user.additionalGids ?? []).filter((gid) => gid !== process.user.gid).map(String),
    IpcMode: "private",
    OomScoreAdj: process.oomScoreAdj ?? 0,
    Privileged: record.privileged,
    ReadonlyRootfs: spec.root.readonly ?? false,
    SecurityOpt: process.noNewPrivileges === true ? ["no-new-privileges"] : [],
    ShmSize: shmSize(spec.mounts),
    Sysctls: ownSysctls(linux.sysctl ?? {}),
    Tmpfs: Object.fromEntries(
      spec.mounts.filter(isOwnTmpfs).map((mount) => [mount.destination, mount.options?.join(",")]),
    ),
    ...describeResources(linux.resources ?? {}),
    CgroupParent: parentOf(linux.cgroupsPath ?? ""),
    Devices: (linux.devices ?? []).map(({ path }) => ({ PathInContainer: path })),
    Ulimits: (process.rlimits ?? []).map(describeLimit),
    MaskedPaths: linux.maskedPaths ?? [],
    ReadonlyPaths: linux.readonlyPaths ?? [],
  };
}

function describeConfig(record: ContainerRecord, spec: Spec): Record<string, unknown> {
  const { process } = spec;
  const { uid, gid } = process.user;
  const typed = record.attached && record.interactive;
  return {
    Hostname: spec.hostname ?? "",
    User: uid === 0 && gid === 0 ? "" : `${uid}:${gid}`,
    AttachStdin: typed,
    AttachStdout: record.attached,
    AttachStderr: record.attached,
    Tty: record.terminal,
    OpenStdin: record.interactive,
    StdinOnce: typed,
    Env: process.env ?? [],
    // Whether a word came from the image's entrypoint or from the command is not kept: all are the command.
    Cmd: process.args,
    Entrypoint: null,
    Image: record.image.name,
    WorkingDir: process.cwd,
    Labels: record.labels,
    StopSignal: signalName(record.stopSignal),
    StopTimeout: record.stopTimeout,
  };
}

/** The caps, in the options' terms. 0 stands for "not capped", except for PidsLimit, which has null for that. */
function describeResources({ memory, cpu, pids, unified }: Resources): Record<string, unknown> {
  const { quota = 0, period = 0 } = cpu ?? {};
  const asCpus = quota > 0 && period === CPUS_PERIOD;
  return {
    CpuShares: cpu?.shares ?? 0,
    Memory: memory?.limit ?? 0,
    NanoCpus: asCpus ? Math.round((quota / period) * 1e9) : 0,
    CpuPeriod: asCpus ? 0 : period,
    CpuQuota: asCpus ? 0 : quota,
    CpusetCpus: cpu?.cpus ?? "",
    CpusetMems: cpu?.mems ?? "",
    MemoryReservation: memory?.reservation ?? 0,
    // A cap on memory alone leaves swap without one.
    MemorySwap: memory?.swap ?? (memory?.limit === undefined ? 0 : -1),
    MemoryHigh: Number(unified?.["memory.high"] ?? 0),
    OomKillDisable: false,
    PidsLimit: pids?.limit ?? null,
  };
}

/** What was added to and taken from the default set; null where nothing was. */
function describeCapabilities(privileged: boolean, bounding: readonly string[]): Record<string, unknown> {
  if (privileged) return { CapAdd: null, CapDrop: null };
  const all = Object.keys(CAPABILITIES);
  if (all.every((name) => bounding.includes(name))) return { CapAdd: [ALL], CapDrop: null };
  const kept = DEFAULT_CAPABILITIES.filter((name) => bounding.includes(name));
  const added = bounding.filter((name) => !DEFAULT_CAPABILITIES.includes(name));
  const dropped = kept.length === 0 ? [ALL] : DEFAULT_CAPABILITIES.filter((name) => !bounding.includes(name));
  return { CapAdd: added.length > 0 ? added : null, CapDrop: dropped.length > 0 ? dropped : null };
}

function ownSysctls(all: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(all).filter(([name, value]) => NETWORK_SYSCTLS[name] !== value));
}

function describeLimit({ type, soft, hard }: Rlimit): Record<string, unknown> {
  const number = (value: number): number => (value === UNLIMITED ? -1 : value);
  return { Name: type.replace(/^RLIMIT_/, "").toLowerCase(), Hard: number(hard), Soft: number(soft) };
}

/** "/bunker" of "/bunker/ID". */
function parentOf(cgroupsPath: string): string {
  return cgroupsPath.slice(0, Math.max(0, cgroupsPath.lastIndexOf("/")));
}

function isBind({ type, options = [] }: Mount): boolean {
  return type === "bind" || options.includes("bind") || options.includes("rbind");
}

/** The default tmpfs mounts are below /dev. */
function isOwnTmpfs({ type, destination }: Mount): boolean {
  return type === "tmpfs" && destination !== "/dev" && destination !== "/dev/shm";
}

function shmSize(mounts: readonly Mount[]): number {
  const shm = mounts.find(({ destination }) => destination === "/dev/shm");
  const size = shm?.options?.find((option) => /^size=\d+$/.test(option));
  return Number(size?.slice("size=".length) ?? 0);
}

const isReadOnly = ({ options = [] }: Mount): boolean => options.includes("ro") || options.includes("rro");

function bindText(mount: Mount): string {
  return `${mount.source ?? ""}:${mount.destination}${isReadOnly(mount) ? ":ro" : ""}`;
}

const PROPAGATIONS: readonly string[] = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];

function describeMount(mount: Mount): Record<string, unknown> {
  return {
    Type: "bind",
    Source: mount.source ?? "",
    Destination: mount.destination,
    Mode: isReadOnly(mount) ? "ro" : "",
    RW: !isReadOnly(mount),
    Propagation: mount.options?.find((option) => PROPAGATIONS.includes(option)) ?? "rprivate",
  };
}
