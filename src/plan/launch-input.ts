// What the plan needs to know: the OCI spec says what the container is, the rest says what has been prepared for it on
// this host. Plain data, so that a launch can be planned, printed and compared without a kernel in sight.

import type { Spec } from "../oci/spec.ts";

/** Something that the lowest layer of the root provides: a mount point, or a small file. Absolute path in the container. */
export interface BaseEntry {
  readonly path: string;
  readonly kind: "dir" | "file";
  readonly mode: number;
  /** The file's content. */
  readonly text?: string;
}

/** A bind mount whose source is open already: `fd` is the role of a detached copy made with open_tree(2). */
export interface PreparedBind {
  /** Index of the mount in `spec.mounts`. */
  readonly mount: number;
  readonly fd: string;
  readonly source: string;
  readonly isDirectory: boolean;
}

/** Where the container's groups are; paths are the host's. */
export interface PreparedCgroup {
  /** Role of a descriptor of the cgroup v2 directory, for CLONE_INTO_CGROUP. */
  readonly v2Fd?: string;
  /** cgroup v1: `tasks` files that the child writes itself into. */
  readonly joinFiles: readonly string[];
  /** Groups to remove after exit, the deepest first. */
  readonly dirs: readonly string[];
  /** memory.events (v2) or memory.oom_control (v1): its text goes into the exit record. */
  readonly oomFile?: string;
  /** v1 hierarchies to show inside: mount option ("memory", "cpu,cpuacct") by directory name. */
  readonly v1Mounts: readonly { readonly name: string; readonly options: string }[];
}

export interface PreparedLog {
  /** The current file; older ones are PATH.1, PATH.2, ... */
  readonly path: string;
  /** Bytes after which a file is rotated. */
  readonly maxSize: number;
  /** Files kept, the current one included. */
  readonly maxFiles: number;
}

export interface Terminal {
  /** The client's terminal settings before and during the run (struct termios), where its input is a terminal: bytes. */
  readonly saved?: readonly number[];
  readonly raw?: readonly number[];
  readonly rows: number;
  readonly columns: number;
}

export interface LaunchInput {
  readonly id: string;
  readonly spec: Spec;
  /** The container's state directory. */
  readonly dir: string;
  /** The file whose lock says "alive"; inherited as role `lock`. */
  readonly lockPath: string;
  /** The symlink that reserves the container's name. */
  readonly namePath: string;
  /** An empty directory of the host on which the child builds the root, in its own mount namespace. */
  readonly stage: string;
  /** The image's layers, the topmost first: absolute paths, or relative to `layersDir`. */
  readonly layers: readonly string[];
  readonly layersDir: string;
  /** Parents before children. */
  readonly base: readonly BaseEntry[];
  readonly upper: string;
  readonly work: string;
  readonly binds: readonly PreparedBind[];
  readonly cgroup: PreparedCgroup;
  /** Missing: output is not kept. */
  readonly log?: PreparedLog;
  /** Stay in the foreground: pass stdio and signals, exit with the container's status. */
  readonly attached: boolean;
  /** Keep the container's input open and, when attached, feed it. */
  readonly interactive: boolean;
  readonly terminal?: Terminal;
  /** Run the command under a small init that forwards signals and reaps; role `init` is its executable. */
  readonly init: boolean;
  /** Remove everything when the container ends. */
  readonly autoRemove: boolean;
  /** Files and directories of the record that have to reach the disk soon after the start. */
  readonly durable: readonly string[];
  /** Files in /etc that bunker provides (hosts, hostname, resolv.conf). */
  readonly etc: readonly { readonly name: string; readonly text: string }[];
  /** bunker's own executable, the arguments of its exit verb, and where that finds the container. */
  readonly exitVerb: { readonly path: string; readonly argv: readonly string[]; readonly env: readonly string[] };
  /** Printed by a detached run once the container runs. */
  readonly announce: string;
}
