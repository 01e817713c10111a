// What `bunker run` was asked to do: the typed meaning of its options, independent of how they were written (command line,
// HTTP request, compose file). Strings are already numbers here; nothing here depends on the image or on this host.

/** Mount propagation, as mount(2) has it; an r in front: of the whole subtree. */
export type Propagation = "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave";

export interface BindRequest {
  readonly kind: "bind";
  /** Absolute, normalised path on the host. */
  readonly source: string;
  /** Absolute, normalised path in the container. */
  readonly target: string;
  readonly readOnly: boolean;
  readonly propagation: Propagation;
  /** Mounts below the source come along. */
  readonly recursive: boolean;
  /** A missing source is made as a directory (`-v`), instead of being an error (`--mount`). */
  readonly createSource: boolean;
}

export interface TmpfsRequest {
  readonly kind: "tmpfs";
  readonly target: string;
  /** As mount(8) names them, without defaults. */
  readonly options: readonly string[];
}

export type MountRequest = BindRequest | TmpfsRequest;

export interface DeviceRequest {
  /** Path on the host: a device node, or a directory whose device nodes are all meant. */
  readonly source: string;
  /** Path in the container. */
  readonly target: string;
  /** Letters of "rwm". */
  readonly access: string;
}

/** Sizes are bytes. Absent means: not asked for. */
export interface ResourceRequest {
  readonly memory?: number;
  readonly memoryReservation?: number;
  /** Memory plus swap; -1 for unlimited swap. */
  readonly memorySwap?: number;
  /** Above this the kernel throttles instead of killing. */
  readonly memoryHigh?: number;
  /** Billionths of a processor (`--cpus`); excludes quota and period. */
  readonly nanoCpus?: number;
  /** Microseconds; -1 for no limit. */
  readonly cpuQuota?: number;
  /** Microseconds. */
  readonly cpuPeriod?: number;
  readonly cpuShares?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  /** -1 for unlimited. */
  readonly pidsLimit?: number;
}

export interface UlimitRequest {
  /** As the runtime spec names it: "RLIMIT_NOFILE". */
  readonly type: string;
  /** UNLIMITED of spec.ts for no bound. */
  readonly soft: number;
  readonly hard: number;
}

export interface LogRequest {
  readonly driver: "bunker" | "none";
  /** Bytes a log file may have before it is rotated; -1 for no bound; absent: the default. */
  readonly maxSize?: number;
  /** Files kept, the current one included. */
  readonly maxFile?: number;
}

export interface RunRequest {
  readonly detach: boolean;
  readonly interactive: boolean;
  readonly tty: boolean;
  readonly remove: boolean;
  readonly name?: string;
  /** In order, a later one of the same name wins. No value: the name is taken out of the container's environment. */
  readonly env: readonly (readonly [name: string, value?: string])[];
  readonly workdir?: string;
  /** "uid[:gid]" or "name[:group]", still to be looked up in the image. */
  readonly user?: string;
  /** Names or numbers. */
  readonly groupAdd: readonly string[];
  /** [] clears the image's entrypoint. */
  readonly entrypoint?: readonly string[];
  readonly hostname?: string;
  readonly mounts: readonly MountRequest[];
  readonly readOnly: boolean;
  readonly devices: readonly DeviceRequest[];
  readonly resources: ResourceRequest;
  /** "ALL", or names of caps.ts. */
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly noNewPrivileges: boolean;
  readonly privileged: boolean;
  readonly init: boolean;
  /** A signal's number, 1 to 64. */
  readonly stopSignal?: number;
  /** Seconds; -1 waits for ever. */
  readonly stopTimeout?: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly network: "none" | "host";
  readonly ulimits: readonly UlimitRequest[];
  /** Bytes. */
  readonly shmSize?: number;
  readonly sysctls: Readonly<Record<string, string>>;
  /** -1000 to 1000. */
  readonly oomScoreAdj?: number;
  /** A path below the root of each hierarchy: "/bunker" if absent. */
  readonly cgroupParent?: string;
  readonly logging: LogRequest;
  /** Absolute path of a file that the container's id is written to. */
  readonly cidfile?: string;
  readonly image: string;
  readonly command: readonly string[];
}

/** A request that asks for nothing but an image: what options are laid over. */
export const EMPTY_REQUEST: Omit<RunRequest, "image" | "command"> = {
  detach: false,
  interactive: false,
  tty: false,
  remove: false,
  env: [],
  groupAdd: [],
  mounts: [],
  readOnly: false,
  devices: [],
  resources: {},
  capAdd: [],
  capDrop: [],
  noNewPrivileges: false,
  privileged: false,
  init: false,
  labels: {},
  network: "none",
  ulimits: [],
  sysctls: {},
  logging: { driver: "bunker" },
};
