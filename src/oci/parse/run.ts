// From the options of `bunker run`, as words, to the request they mean. What each word may be is in the files beside this
// one; what only the image or the host can tell is checked when the spec is made.

import { UsageError } from "../../errors.ts";
import type { ResourceRequest, RunRequest } from "../request.ts";
import { parseCapability } from "./capability.ts";
import { parseCpus } from "./cpus.ts";
import { parseCpuset } from "./cpuset.ts";
import { parseDevice } from "./device.ts";
import { type HostEnv, parseEnv, parseEnvFile } from "./env.ts";
import { invalid, refuseNul } from "./fault.ts";
import { parseLabel, parseLabelFile } from "./label.ts";
import { parseLogging } from "./logging.ts";
import { parseMount } from "./mount.ts";
import { parseHostname, parseName } from "./name.ts";
import * as number from "./number.ts";
import { parseAbsolute, parseCgroupParent, resolvePath } from "./path.ts";
import { parseSecurityOpts } from "./security.ts";
import { parseSignal } from "./signal.ts";
import { parseMemorySwap, parseOptionalSize } from "./size.ts";
import { parseSysctl } from "./sysctl.ts";
import { parseTmpfs } from "./tmpfs.ts";
import { parseUlimit } from "./ulimit.ts";
import { parseGroup, parseUser } from "./user.ts";
import { parseVolume } from "./volume.ts";

type FlagName = "detach" | "interactive" | "tty" | "rm" | "read-only" | "init" | "privileged";
type StringName =
  | "name"
  | "workdir"
  | "user"
  | "entrypoint"
  | "hostname"
  | "memory"
  | "memory-reservation"
  | "memory-swap"
  | "memory-high"
  | "cpus"
  | "cpu-quota"
  | "cpu-period"
  | "cpu-shares"
  | "cpuset-cpus"
  | "cpuset-mems"
  | "pids-limit"
  | "stop-signal"
  | "stop-timeout"
  | "network"
  | "shm-size"
  | "oom-score-adj"
  | "cgroup-parent"
  | "log-driver"
  | "cidfile";
type ListName =
  | "env"
  | "env-file"
  | "group-add"
  | "volume"
  | "mount"
  | "tmpfs"
  | "device"
  | "cap-add"
  | "cap-drop"
  | "security-opt"
  | "label"
  | "label-file"
  | "ulimit"
  | "sysctl"
  | "log-opt";

/** The parsed command line, as far as it is needed here. */
export interface RunFlags {
  flag(name: FlagName): boolean;
  string(name: StringName): string | undefined;
  list(name: ListName): readonly string[];
  /** The image, then the command. */
  readonly operands: readonly string[];
}

/** Where the command line was typed. */
export interface RunContext {
  /** Absolute. */
  readonly cwd: string;
  readonly env: HostEnv;
  /** Reads an env-file or label-file; throws where it cannot. */
  readonly readFile: (path: string) => Uint8Array;
}

/** @throws UsageError naming the option and what was expected */
export function parseRun(flags: RunFlags, context: RunContext): RunRequest {
  const [image = "", ...command] = flags.operands;
  if (image === "") throw new UsageError("run: the name of the image is empty", "run");
  for (const word of [image, ...command]) refuseNul("the command", word);
  return {
    ...parseProcess(flags, context),
    ...parseFiles(flags, context),
    ...parseIsolation(flags),
    ...optional("name", flags.string("name"), parseName),
    ...optional("cidfile", flags.string("cidfile"), (path) => parseCidfile(path, context.cwd)),
    detach: flags.flag("detach"),
    interactive: flags.flag("interactive"),
    tty: flags.flag("tty"),
    remove: flags.flag("rm"),
    labels: parseLabels(flags, context),
    logging: parseLogging(flags.string("log-driver"), flags.list("log-opt")),
    resources: parseResources(flags),
    image,
    command,
  };
}

/** `{ key: parse(text) }`, or nothing where there is no text or it means "not set". */
function optional<K extends string, T>(
  key: K,
  text: string | undefined,
  parse: (text: string) => T | undefined,
): { [P in K]?: T } {
  const value = text === undefined ? undefined : parse(text);
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: T };
}

function parseProcess(flags: RunFlags, context: RunContext) {
  const fromFiles = flags.list("env-file").flatMap((file) => parseEnvFile(file, readFrom(context, file), context.env));
  return {
    env: [...fromFiles, ...flags.list("env").map((text) => parseEnv(text, context.env))],
    ...optional("workdir", flags.string("workdir"), (path) => parseAbsolute("--workdir", path)),
    ...optional("user", flags.string("user"), parseUser),
    groupAdd: flags.list("group-add").map(parseGroup),
    ...optional("entrypoint", flags.string("entrypoint"), parseEntrypoint),
    init: flags.flag("init"),
    ...optional("stopSignal", flags.string("stop-signal"), (text) => parseSignal("--stop-signal", text)),
    ...optional("stopTimeout", flags.string("stop-timeout"), number.parseStopTimeout),
    ulimits: flags.list("ulimit").map(parseUlimit),
    ...optional("oomScoreAdj", flags.string("oom-score-adj"), number.parseOomScoreAdj),
  };
}

function parseFiles(flags: RunFlags, context: RunContext) {
  return {
    mounts: [
      ...flags.list("volume").map((text) => parseVolume(text, context.cwd)),
      ...flags.list("mount").map((text) => parseMount(text, context.cwd)),
      ...flags.list("tmpfs").map(parseTmpfs),
    ],
    readOnly: flags.flag("read-only"),
    devices: flags.list("device").map(parseDevice),
    ...optional("shmSize", flags.string("shm-size"), (text) => parseOptionalSize("--shm-size", text)),
  };
}

function parseIsolation(flags: RunFlags) {
  return {
    ...optional("hostname", flags.string("hostname"), (text) => (text === "" ? undefined : parseHostname(text))),
    capAdd: flags.list("cap-add").map((text) => parseCapability("--cap-add", text)),
    capDrop: flags.list("cap-drop").map((text) => parseCapability("--cap-drop", text)),
    noNewPrivileges: parseSecurityOpts(flags.list("security-opt")).noNewPrivileges,
    privileged: flags.flag("privileged"),
    network: parseNetwork(flags.string("network")),
    sysctls: Object.fromEntries(flags.list("sysctl").map(parseSysctl)),
    ...optional("cgroupParent", flags.string("cgroup-parent"), parseCgroupParent),
  };
}

function parseResources(flags: RunFlags): ResourceRequest {
  const size = (flag: string) => (text: string) => parseOptionalSize(flag, text);
  return {
    ...optional("memory", flags.string("memory"), size("--memory")),
    ...optional("memoryReservation", flags.string("memory-reservation"), size("--memory-reservation")),
    ...optional("memorySwap", flags.string("memory-swap"), parseMemorySwap),
    ...optional("memoryHigh", flags.string("memory-high"), size("--memory-high")),
    ...optional("nanoCpus", flags.string("cpus"), parseCpus),
    ...optional("cpuQuota", flags.string("cpu-quota"), number.parseCpuQuota),
    ...optional("cpuPeriod", flags.string("cpu-period"), number.parseCpuPeriod),
    ...optional("cpuShares", flags.string("cpu-shares"), number.parseCpuShares),
    ...optional("cpusetCpus", flags.string("cpuset-cpus"), (text) => parseCpuset("--cpuset-cpus", text)),
    ...optional("cpusetMems", flags.string("cpuset-mems"), (text) => parseCpuset("--cpuset-mems", text)),
    ...optional("pidsLimit", flags.string("pids-limit"), number.parsePidsLimit),
  };
}

function parseLabels(flags: RunFlags, context: RunContext): Record<string, string> {
  const fromFiles = flags.list("label-file").flatMap((file) => parseLabelFile(file, readFrom(context, file)));
  return Object.fromEntries([...fromFiles, ...flags.list("label").map(parseLabel)]);
}

function readFrom(context: RunContext, file: string): Uint8Array {
  refuseNul("a file's name", file);
  return context.readFile(resolvePath(context.cwd, file));
}

/** An empty one takes the image's entrypoint away. */
function parseEntrypoint(text: string): string[] {
  refuseNul("--entrypoint", text);
  return text === "" ? [] : [text];
}

function parseCidfile(path: string, cwd: string): string {
  refuseNul("--cidfile", path);
  if (path === "") throw new UsageError("--cidfile: the path is empty", "run");
  return resolvePath(cwd, path);
}

function parseNetwork(text = "none"): "none" | "host" {
  if (text === "none" || text === "host") return text;
  throw invalid("--network", text, "none or host");
}
