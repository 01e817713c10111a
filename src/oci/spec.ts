// The OCI runtime specification's config.json, as far as bunker carries it out: one description of a container for
// `run`, the agent and the OCI command line. Field names are the specification's own.
//
// Source: runtime-spec 1.2, config.md and config-linux.md. Hooks, seccomp and other fields that are not here are
// refused by name in validate.ts, so that nothing a file asks for is dropped silently.

/** The version that specs made here declare. */
export const OCI_VERSION = "1.2.0";

/**
 * An rlimit without bound. The specification writes it as 2^64-1, which a JavaScript number holds as 2^64; that is
 * also what JSON.parse makes of it. `specJson` writes the exact digits again.
 */
export const UNLIMITED = 2 ** 64;

export interface Spec {
  readonly ociVersion: string;
  readonly process: Process;
  readonly root: Root;
  readonly hostname?: string;
  readonly domainname?: string;
  /** In the order in which they are mounted. */
  readonly mounts: readonly Mount[];
  readonly linux: Linux;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Process {
  readonly terminal?: boolean;
  readonly consoleSize?: { readonly height: number; readonly width: number };
  readonly user: User;
  readonly args: readonly string[];
  /** `NAME=value`, each name once in specs made here. */
  readonly env?: readonly string[];
  readonly cwd: string;
  readonly capabilities?: Capabilities;
  readonly rlimits?: readonly Rlimit[];
  readonly noNewPrivileges?: boolean;
  /** -1000 to 1000. */
  readonly oomScoreAdj?: number;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly umask?: number;
  readonly additionalGids?: readonly number[];
}

/** Sets of names such as "CAP_CHOWN". A missing set is empty. */
export interface Capabilities {
  readonly bounding?: readonly string[];
  readonly effective?: readonly string[];
  readonly permitted?: readonly string[];
  readonly inheritable?: readonly string[];
  readonly ambient?: readonly string[];
}

export interface Rlimit {
  /** "RLIMIT_NOFILE" and so on. */
  readonly type: string;
  /** In the unit of setrlimit(2); UNLIMITED for no bound. */
  readonly soft: number;
  readonly hard: number;
}

export interface Root {
  /** Absolute, or relative to the bundle. */
  readonly path: string;
  readonly readonly?: boolean;
}

export interface Mount {
  /** Absolute path inside the container. */
  readonly destination: string;
  /** File system type; absent or "bind" with the option "bind" or "rbind" for bind mounts. */
  readonly type?: string;
  readonly source?: string;
  /** As mount(8) names them: flags, propagation, and data for the file system ("size=65536k"). */
  readonly options?: readonly string[];
}

export const NAMESPACE_TYPES = ["pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"] as const;
export type NamespaceType = (typeof NAMESPACE_TYPES)[number];

export interface Namespace {
  readonly type: NamespaceType;
  /** A namespace file to join; absent for a new namespace. */
  readonly path?: string;
}

export interface IdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

export interface Linux {
  readonly namespaces: readonly Namespace[];
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
  readonly devices?: readonly Device[];
  /** Absolute: below the mount point of each hierarchy. */
  readonly cgroupsPath?: string;
  readonly resources?: Resources;
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly rootfsPropagation?: string;
}

export interface Device {
  /** c and u: character, b: block, p: fifo. */
  readonly type: "c" | "b" | "u" | "p";
  /** Absolute path inside the container. */
  readonly path: string;
  readonly major?: number;
  readonly minor?: number;
  /** Permission bits, 0 to 0o777. */
  readonly fileMode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export interface Resources {
  /** In order; the first rule denies everything in specs made here. */
  readonly devices?: readonly DeviceRule[];
  readonly memory?: MemoryResources;
  readonly cpu?: CpuResources;
  readonly pids?: { readonly limit: number };
  /** Control files of cgroup v2 by name, e.g. "memory.high". */
  readonly unified?: Readonly<Record<string, string>>;
}

export interface DeviceRule {
  readonly allow: boolean;
  /** a: all. Absent means all. */
  readonly type?: "a" | "c" | "b";
  /** Absent or -1 means any. */
  readonly major?: number;
  readonly minor?: number;
  /** Letters of "rwm": read, write, mknod. */
  readonly access?: string;
}

/** Bytes; -1 for no limit. `swap` is memory plus swap, as on cgroup v1. */
export interface MemoryResources {
  readonly limit?: number;
  readonly reservation?: number;
  readonly swap?: number;
}

export interface CpuResources {
  /** 2 to 262144, relative. */
  readonly shares?: number;
  /** Microseconds of processor time a period; -1 for no limit. */
  readonly quota?: number;
  /** Microseconds. */
  readonly period?: number;
  /** Lists such as "0-2,4". */
  readonly cpus?: string;
  readonly mems?: string;
}

// In the language since ES2025, in the runtime, but not yet in TypeScript's library.
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown };

/** The text of config.json. Numbers of 2^64 become 2^64-1, which other runtimes read as an unsigned 64-bit number. */
export function specJson(spec: Spec, indent?: number): string {
  // A function between costs ten times what the text itself does, so it is there only where it is needed.
  if (spec.process.rlimits?.some(({ hard }) => hard === UNLIMITED) !== true) {
    return JSON.stringify(spec, undefined, indent);
  }
  const exact = (_key: string, value: unknown): unknown =>
    value === UNLIMITED ? rawJSON("18446744073709551615") : value;
  return JSON.stringify(spec, exact, indent);
}
