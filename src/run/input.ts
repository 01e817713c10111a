// What the plan is told, and what stays on the disk about a container: both are put together here, from the spec and from
// what was prepared. Pure.

import { executablePath } from "../self.ts";
import type { CgroupHandle } from "../cg/types.ts";
import { signalNumber } from "../oci/signals.ts";
import type { RunRequest } from "../oci/request.ts";
import type { Spec } from "../oci/spec.ts";
import type {
  BaseEntry,
  LaunchInput,
  PreparedBind,
  PreparedCgroup,
  PreparedLog,
  Terminal,
} from "../plan/launch-input.ts";
import type { Claim } from "../state/claim.ts";
import {
  configPath,
  lockPath,
  logPath,
  mountedLayersDir,
  namePath,
  type Paths,
  recordPath,
  stageDir,
} from "../state/paths.ts";
import type { ContainerRecord } from "../state/record.ts";
import type { RunImage } from "./image.ts";

/** How much output is kept unless --log-opt says otherwise: enough to see what happened, little enough for flash. */
const LOG_DEFAULTS = { maxSize: 4 * 1024 * 1024, maxFiles: 3 };
/** The program compares sizes as 32-bit numbers. */
const LARGEST_LOG = 0x7fffffff;
const SIGTERM = 15;
const STOP_TIMEOUT = 10;

/** Texts of /etc/hosts and /etc/resolv.conf on the host; missing where it has none. */
export interface HostFiles {
  readonly hosts?: string;
  readonly resolvConf?: string;
}

export interface Prepared {
  readonly claim: Claim;
  readonly image: Pick<RunImage, "id" | "facts" | "base"> & { readonly layers: readonly string[] };
  readonly spec: Spec;
  readonly binds: readonly PreparedBind[];
  readonly cgroup: CgroupHandle;
  readonly terminal?: Terminal;
  /** For a container on the host's network. */
  readonly hostFiles?: HostFiles;
  readonly overlay: { readonly upper: string; readonly work: string };
}

/** @param programFd the number of the descriptor that holds the launch program; the exit verb reads its notes there */
export function makeLaunchInput(paths: Paths, request: RunRequest, p: Prepared, programFd: number): LaunchInput {
  const { claim, spec } = p;
  const { id, dir } = claim;
  const log = preparedLog(paths, id, request);
  const { terminal } = p;
  return {
    id,
    spec,
    dir,
    lockPath: lockPath(paths, id),
    namePath: namePath(paths, claim.name),
    stage: stageDir(paths),
    layers: p.image.layers,
    layersDir: mountedLayersDir(paths),
    base: baseEntries(p),
    ...p.overlay,
    binds: p.binds,
    cgroup: preparedCgroup(p.cgroup),
    ...(log === undefined ? {} : { log }),
    attached: !request.detach,
    interactive: request.interactive,
    ...(terminal === undefined ? {} : { terminal }),
    init: request.init,
    autoRemove: request.remove,
    durable: [recordPath(paths, id), configPath(paths, id), dir],
    etc: etcFiles(spec, p.hostFiles),
    exitVerb: {
      path: executablePath(),
      argv: ["__exit", id, String(programFd), String(claim.lock)],
      env: [`BUNKER_ROOT=${paths.root}`, `BUNKER_RUN=${paths.run}`],
    },
    announce: id,
  };
}

function preparedLog(paths: Paths, id: string, request: RunRequest): PreparedLog | undefined {
  const { driver, maxSize = LOG_DEFAULTS.maxSize, maxFile = LOG_DEFAULTS.maxFiles } = request.logging;
  if (driver === "none") return undefined;
  return {
    path: logPath(paths, id),
    maxSize: maxSize < 0 ? LARGEST_LOG : Math.min(maxSize, LARGEST_LOG),
    maxFiles: maxFile,
  };
}

function preparedCgroup(handle: CgroupHandle): PreparedCgroup {
  const { v2Dir, joinFiles, dirs, oomFile, namespaceMounts } = handle;
  return {
    ...(v2Dir === undefined ? {} : { v2Fd: "cgroup" }),
    joinFiles,
    dirs,
    ...(oomFile === undefined ? {} : { oomFile }),
    v1Mounts: namespaceMounts
      .filter(({ type }) => type === "cgroup")
      .map(({ name, data }) => ({ name, options: data })),
  };
}

/** File systems of their own, in which the lowest layer shows nothing. */
const COVERED = ["/proc", "/sys", "/dev"];

/** Mount points for the default and the user's mounts, then what the image adds; every parent once and first. */
function baseEntries({ spec, image, binds, hostFiles }: Prepared): BaseEntry[] {
  const entries = new Map<string, BaseEntry>();
  const add = (entry: BaseEntry) => {
    const parts = entry.path.split("/").slice(1, -1);
    parts.forEach((_, index) => {
      const path = `/${parts.slice(0, index + 1).join("/")}`;
      if (!entries.has(path)) entries.set(path, { path, kind: "dir", mode: 0o755 });
    });
    if (!entries.has(entry.path)) entries.set(entry.path, entry);
  };
  for (const path of [...COVERED, "/etc"]) add({ path, kind: "dir", mode: 0o755 });
  for (const entry of image.base) add(entry);
  const files = new Set(binds.filter((bind) => !bind.isDirectory).map((bind) => bind.mount));
  spec.mounts.forEach(({ destination: path }, index) => {
    if (path === "/" || COVERED.some((covered) => path === covered || path.startsWith(`${covered}/`))) return;
    add(files.has(index) ? { path, kind: "file", mode: 0o644 } : { path, kind: "dir", mode: 0o755 });
  });
  for (const { name } of etcFiles(spec, hostFiles)) add({ path: `/etc/${name}`, kind: "file", mode: 0o644 });
  return [...entries.values()];
}

/**
 * Docker's files. On the host's network they are the host's; otherwise a container knows itself and loopback, and no name
 * server, for it has no network to ask one over.
 */
function etcFiles(spec: Spec, host: HostFiles | undefined): { name: string; text: string }[] {
  const hostname = spec.hostname ?? "localhost";
  const short = hostname.split(".", 1)[0];
  const names = short === hostname ? hostname : `${hostname} ${short}`;
  const own = `127.0.0.1\tlocalhost ${names}\n::1\tlocalhost ip6-localhost ip6-loopback\n`;
  const files = [
    { name: "hostname", text: `${hostname}\n` },
    { name: "hosts", text: host?.hosts ?? own },
    { name: "resolv.conf", text: host?.resolvConf ?? "" },
  ];
  const replaced = new Set(spec.mounts.map(({ destination }) => destination));
  return files.filter(({ name }) => !replaced.has(`/etc/${name}`));
}

export function makeRecord(request: RunRequest, created: number, p: Prepared): ContainerRecord {
  const { logging } = request;
  const { maxSize = LOG_DEFAULTS.maxSize, maxFile: maxFiles = LOG_DEFAULTS.maxFiles } = logging;
  const { StopSignal, StopTimeout } = p.image.facts.config;
  return {
    version: 1,
    id: p.claim.id,
    name: p.claim.name,
    image: { name: request.image, id: p.image.id },
    created,
    autoRemove: request.remove,
    attached: !request.detach,
    interactive: request.interactive,
    terminal: request.tty,
    labels: p.spec.annotations ?? {},
    network: request.network,
    privileged: request.privileged,
    stopSignal: request.stopSignal ?? signalNumber(StopSignal ?? "") ?? SIGTERM,
    stopTimeout: request.stopTimeout ?? StopTimeout ?? STOP_TIMEOUT,
    cgroup: p.cgroup,
    ...(logging.driver === "none" ? {} : { log: { maxSize, maxFiles } }),
    command: p.spec.process.args,
  };
}
