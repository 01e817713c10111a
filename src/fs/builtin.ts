// The image that every bunker carries: `@bun`, the JavaScript runtime that bunker itself is built on. It has no layers.
// The running executable is bound into the container, where BUN_BE_BUN makes it be Bun, together with the libraries that
// it is running with on this host.
//
// Which libraries those are, the executable's ELF file says (by name) and /proc/self/maps (by path). A self-contained
// build needs none: it has neither a loader nor names that a container would have to provide.

import { UserError } from "../errors.ts";
import type { ImageConfig } from "../oci/image.ts";
import { O_RDONLY } from "../sys/abi/consts.gen.ts";
import { call, must } from "../sys/call.ts";
import { close, open, readText } from "../sys/file.ts";
import { addressOf } from "../sys/gate.ts";
import { type ElfNeeds, readElf } from "./elf.ts";
import { BUN_IMAGE } from "./image-record.ts";

export interface FileBind {
  /** Absolute path on the host. */
  readonly source: string;
  /** Absolute path in the container; read-only there. */
  readonly target: string;
}

export interface BunImage {
  readonly config: ImageConfig;
  readonly binds: readonly FileBind[];
  /** Directories that the lowest layer has to have, parents first. */
  readonly dirs: readonly { readonly path: string; readonly mode: number }[];
  readonly passwd: string;
  readonly group: string;
}

const BUN = "/usr/local/bin/bun";
const SCRIPTS = "/app";
const CONFIG: ImageConfig = {
  Env: [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "BUN_BE_BUN=1",
    "HOME=/root",
    "TMPDIR=/tmp",
    "BUN_RUNTIME_TRANSPILER_CACHE_PATH=0",
    "DO_NOT_TRACK=1",
  ],
  WorkingDir: "/",
};

/** Reads what an ELF file on the host needs. */
export type ReadNeeds = (path: string) => ElfNeeds;

/**
 * @param execPath the running executable
 * @param readMaps the text of /proc/self/maps; not asked for by a self-contained build
 * @throws UserError where a library that the executable needs is not among those it runs with
 */
export function bunImage(execPath: string, readMaps: () => string, readNeeds: ReadNeeds = elfNeeds): BunImage {
  const needs = readNeeds(execPath);
  const binds: FileBind[] = [{ source: execPath, target: BUN }];
  if (needs.interpreter !== undefined) binds.push({ source: needs.interpreter, target: needs.interpreter });
  for (const bind of libraries(execPath, needs, readMaps, readNeeds)) {
    if (!binds.some(({ target }) => target === bind.target)) binds.push(bind);
  }
  return {
    config: CONFIG,
    binds,
    dirs: [
      { path: "/tmp", mode: 0o1777 },
      { path: "/root", mode: 0o700 },
      { path: "/etc", mode: 0o755 },
      { path: SCRIPTS, mode: 0o755 },
      ...directoriesOf(binds).map((path) => ({ path, mode: 0o755 })),
    ],
    passwd: "root:x:0:0:root:/root:/usr/local/bin/bun\nnobody:x:65534:65534:nobody:/:/usr/local/bin/bun\n",
    group: "root:x:0:\nnogroup:x:65534:\n",
  };
}

/** The image on this host, now. */
export function hostBunImage(): BunImage {
  return bunImage(process.execPath, () => readText("/proc/self/maps"));
}

/** Paths of the files that are mapped executable, each once. */
export function mappedFiles(maps: string): string[] {
  const paths = new Set<string>();
  for (const line of maps.split("\n")) {
    // address perms offset dev inode path (proc_pid_maps(5)); a newline in a path is written \012
    const [, path] = /^[0-9a-f]+-[0-9a-f]+ ..x. [0-9a-f]+ \S+ [1-9]\d* +(\/.*)$/.exec(line) ?? [];
    if (path === undefined || path.startsWith("/memfd:")) continue;
    // After an upgrade of the library the path leads to its successor, which is meant to take its place.
    paths.add(path.replace(/ \(deleted\)$/, "").replaceAll("\\012", "\n"));
  }
  return [...paths];
}

/** The libraries of an executable and those that they need, where the host has them and by the names that are asked for. */
function libraries(execPath: string, needs: ElfNeeds, readMaps: () => string, readNeeds: ReadNeeds): FileBind[] {
  const binds: FileBind[] = [];
  const wanted = needs.needed.filter(mustBeFound);
  const mapped = wanted.length === 0 ? [] : mappedFiles(readMaps());
  for (const name of wanted) {
    const path = providerOf(name, mapped, readNeeds);
    if (path === undefined) {
      throw new UserError(`cannot use image ${BUN_IMAGE}: the library ${name}, which ${execPath} needs, is not loaded`);
    }
    binds.push({ source: path, target: path });
    const named = `${path.slice(0, path.lastIndexOf("/"))}/${name}`;
    if (named !== path) binds.push({ source: path, target: named });
    const more = readNeeds(path).needed.filter((next) => mustBeFound(next) && !wanted.includes(next));
    wanted.push(...more);
  }
  return binds;
}

/** A self-contained build names its libraries by the descriptors that it opens for itself. */
function mustBeFound(name: string): boolean {
  return !name.startsWith("/proc/self/fd/");
}

/** By its file name, else (libc-2.31.so, libstdc++.so.6.0.30) by what it calls itself. */
function providerOf(name: string, mapped: readonly string[], readNeeds: ReadNeeds): string | undefined {
  if (name.startsWith("/")) return name;
  const byName = mapped.find((path) => path.endsWith(`/${name}`));
  if (byName !== undefined) return byName;
  return mapped.find((path) => /\.so(?:\.|$)/.test(path) && readNeeds(path).soname === name);
}

/** The directories of all targets, parents first, each once. */
function directoriesOf(binds: readonly FileBind[]): string[] {
  const dirs = new Set<string>();
  for (const { target } of binds) {
    for (let at = target.indexOf("/", 1); at !== -1; at = target.indexOf("/", at + 1)) dirs.add(target.slice(0, at));
  }
  return [...dirs];
}

function elfNeeds(path: string): ElfNeeds {
  const fd = open(path, O_RDONLY);
  try {
    return readElf((offset, length) => {
      const bytes = new Uint8Array(new ArrayBuffer(length));
      const got = must(call("pread64", fd, addressOf(bytes), length, offset), `read ${path}`);
      return bytes.subarray(0, got);
    }, path);
  } finally {
    close(fd);
  }
}

export interface BunCommand {
  /** Whether the same words mean the same as long as the scripts are there. */
  readonly lasting: boolean;
  readonly args: readonly string[];
  readonly scripts: readonly FileBind[];
}

const SCRIPT = /\.[cm]?[jt]s$|\.[jt]sx$/;
const HINT = "give a script of the host, or a command: bunker run @bun ./app.ts, bunker run @bun bun --help";
const GREETING = ["bun", "--print", `"Bun " + Bun.version + "\\n" + ${JSON.stringify(HINT)}`];

/**
 * What `bunker run @bun WORDS...` runs. A first word that names a script on the host is run by Bun, bound read-only at
 * /app; any other is the command itself; without words Bun says its version.
 * @param cwd what a relative path of a script starts from
 */
export function bunCommand(
  words: readonly string[],
  isHostFile: (path: string) => boolean,
  cwd: string = process.cwd(),
): BunCommand {
  const [first, ...rest] = words;
  if (first === undefined) return { args: GREETING, scripts: [], lasting: true };
  if (!SCRIPT.test(first)) return { args: words, scripts: [], lasting: true };
  // Once the file is there, the words mean the script.
  if (!isHostFile(first)) return { args: words, scripts: [], lasting: false };
  const target = `${SCRIPTS}/${first.slice(first.lastIndexOf("/") + 1)}`;
  const source = first.startsWith("/") ? first : `${cwd}/${first}`;
  return { args: ["bun", target, ...rest], scripts: [{ source, target }], lasting: true };
}
