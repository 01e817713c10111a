// From the options of `bunker run`, as words, to the request they mean. What each word may be is in the files beside this
// one; what only the image or the host can tell is checked when the spec is made.

import { EXIT, SysError, UsageError, UserError } from "../../errors.ts";
import { EMPTY_REQUEST, type ResourceRequest, type RunRequest } from "../request.ts";
import { parseCapability } from "./capability.ts";
import { parseCpus } from "./cpus.ts";
import { parseCpuset } from "./cpuset.ts";
import { parseDevice } from "./device.ts";
import { type HostEnv, parseEnv, parseEnvFile, type Variable } from "./env.ts";
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

/** A request that is being filled in. */
type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** @throws UsageError naming the option and what was expected */
export function parseRun(flags: RunFlags, context: RunContext): RunRequest {
  const [image = "", ...command] = flags.operands;
  if (image === "") throw new UsageError("run: the name of the image is empty", "run");
  refuseNul("the image", image);
  for (const word of command) refuseNul("the command", word);
  const request: Draft<RunRequest> = { ...EMPTY_REQUEST, image, command };
  request.detach = flags.flag("detach");
  request.interactive = flags.flag("interactive");
  request.tty = flags.flag("tty");
  request.remove = flags.flag("rm");
  set(request, "name", flags.string("name"), parseName);
  set(request, "cidfile", flags.string("cidfile"), (path) => parseCidfile(path, context.cwd));
  request.logging = parseLogging(flags.string("log-driver"), flags.list("log-opt"));
  request.labels = parseLabels(flags, context);
  request.resources = parseResources(flags);
  fillProcess(request, flags, context);
  fillFiles(request, flags, context);
  fillIsolation(request, flags);
  return request;
}

/** Sets a field, unless there is no text, or what it means is "not set". */
function set<T, K extends keyof T>(
  draft: T,
  key: K,
  text: string | undefined,
  parse: (text: string) => T[K] | undefined,
): void {
  const value = text === undefined ? undefined : parse(text);
  if (value !== undefined) draft[key] = value;
}

/** What `parse` makes of each. */
function all<T>(texts: readonly string[], parse: (text: string) => T): T[] {
  const found: T[] = [];
  for (const text of texts) found.push(parse(text));
  return found;
}

function fillProcess(request: Draft<RunRequest>, flags: RunFlags, context: RunContext): void {
  request.env = parseEnvironment(flags, context);
  set(request, "workdir", flags.string("workdir"), (path) => parseAbsolute("--workdir", path));
  set(request, "user", flags.string("user"), parseUser);
  request.groupAdd = all(flags.list("group-add"), parseGroup);
  set(request, "entrypoint", flags.string("entrypoint"), parseEntrypoint);
  request.init = flags.flag("init");
  set(request, "stopSignal", flags.string("stop-signal"), (text) => parseSignal("--stop-signal", text));
  set(request, "stopTimeout", flags.string("stop-timeout"), number.parseStopTimeout);
  request.ulimits = all(flags.list("ulimit"), parseUlimit);
  set(request, "oomScoreAdj", flags.string("oom-score-adj"), number.parseOomScoreAdj);
}

function fillFiles(request: Draft<RunRequest>, flags: RunFlags, context: RunContext): void {
  request.mounts = [
    ...all(flags.list("volume"), (text) => parseVolume(text, context.cwd)),
    ...all(flags.list("mount"), (text) => parseMount(text, context.cwd)),
    ...all(flags.list("tmpfs"), parseTmpfs),
  ];
  request.readOnly = flags.flag("read-only");
  request.devices = all(flags.list("device"), parseDevice);
  set(request, "shmSize", flags.string("shm-size"), (text) => parseOptionalSize("--shm-size", text));
}

function fillIsolation(request: Draft<RunRequest>, flags: RunFlags): void {
  set(request, "hostname", flags.string("hostname"), (text) => (text === "" ? undefined : parseHostname(text)));
  request.capAdd = all(flags.list("cap-add"), (text) => parseCapability("--cap-add", text));
  request.capDrop = all(flags.list("cap-drop"), (text) => parseCapability("--cap-drop", text));
  request.noNewPrivileges = parseSecurityOpts(flags.list("security-opt")).noNewPrivileges;
  request.privileged = flags.flag("privileged");
  request.network = parseNetwork(flags.string("network"));
  request.sysctls = recordOf(all(flags.list("sysctl"), parseSysctl));
  set(request, "cgroupParent", flags.string("cgroup-parent"), parseCgroupParent);
}

function parseResources(flags: RunFlags): ResourceRequest {
  const found: Draft<ResourceRequest> = {};
  const size = (flag: string) => (text: string) => parseOptionalSize(flag, text);
  set(found, "memory", flags.string("memory"), size("--memory"));
  set(found, "memoryReservation", flags.string("memory-reservation"), size("--memory-reservation"));
  set(found, "memorySwap", flags.string("memory-swap"), parseMemorySwap);
  set(found, "memoryHigh", flags.string("memory-high"), size("--memory-high"));
  set(found, "nanoCpus", flags.string("cpus"), parseCpus);
  set(found, "cpuQuota", flags.string("cpu-quota"), number.parseCpuQuota);
  set(found, "cpuPeriod", flags.string("cpu-period"), number.parseCpuPeriod);
  set(found, "cpuShares", flags.string("cpu-shares"), number.parseCpuShares);
  set(found, "cpusetCpus", flags.string("cpuset-cpus"), (text) => parseCpuset("--cpuset-cpus", text));
  set(found, "cpusetMems", flags.string("cpuset-mems"), (text) => parseCpuset("--cpuset-mems", text));
  set(found, "pidsLimit", flags.string("pids-limit"), number.parsePidsLimit);
  return found;
}

function parseEnvironment(flags: RunFlags, context: RunContext): Variable[] {
  const env: Variable[] = [];
  for (const file of flags.list("env-file")) {
    for (const variable of parseEnvFile(file, readFrom("--env-file", context, file), context.env)) env.push(variable);
  }
  for (const text of flags.list("env")) env.push(parseEnv(text, context.env));
  return env;
}

function parseLabels(flags: RunFlags, context: RunContext): Record<string, string> {
  const labels: (readonly [string, string])[] = [];
  for (const file of flags.list("label-file")) {
    for (const label of parseLabelFile(file, readFrom("--label-file", context, file))) labels.push(label);
  }
  for (const text of flags.list("label")) labels.push(parseLabel(text));
  return recordOf(labels);
}

/** An own property for each pair, "__proto__" included; a later one of a name wins. */
function recordOf(pairs: readonly (readonly [name: string, value: string])[]): Record<string, string> {
  return pairs.length === 0 ? {} : Object.fromEntries(pairs);
}

function readFrom(flag: string, context: RunContext, file: string): Uint8Array {
  refuseNul(flag, file);
  try {
    return context.readFile(resolvePath(context.cwd, file));
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    throw new UserError(`cannot read ${flag} ${file}: ${error.message}`, { exitCode: EXIT.usage, cause: error });
  }
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
