// Where a benchmark works: a directory on the disk for images and containers, one in memory for what engines keep in
// /run, a tree with a static busybox in it, and bunker's own state apart from that of the machine. All of it goes again.

import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";

import { UserError } from "../src/errors.ts";
import { parseMountinfo } from "../src/sys/mountinfo.ts";
import type { Command } from "./stopwatch.ts";

/** The image of all rows. */
export const IMAGE = "bench";
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface Workspace {
  /** On the disk. */
  readonly dir: string;
  /** In memory, where the machine has /dev/shm. */
  readonly run: string;
  /** The tree that all engines run. */
  readonly rootfs: string;
  /** The executable that is measured. */
  readonly bunker: string;
  /** Name that everything outside of the directories carries: control groups, containers. */
  readonly tag: string;
}

export function makeWorkspace(bunker: string): Workspace {
  if (process.getuid?.() !== 0) {
    throw new UserError("cannot measure containers: starting them takes root", { remedy: "run it as root" });
  }
  if (!existsSync(bunker)) {
    throw new UserError(`cannot measure ${bunker}: it is not there`, { remedy: "build it first: npm run compile" });
  }
  if (/[:,\\\s]/.test(tmpdir())) {
    throw new UserError(`cannot work in ${tmpdir()}: overlayfs splits its options at such characters`, {
      remedy: "set TMPDIR to a directory with a plain name",
    });
  }
  const dir = mkdtempSync(`${tmpdir()}/bunker-bench-`);
  const run = existsSync("/dev/shm") ? mkdtempSync("/dev/shm/bunker-bench-") : `${dir}/run`;
  const space = { dir, run, rootfs: `${dir}/rootfs`, bunker, tag: `bunker-bench-${process.pid}` };
  for (const name of ["host", "inside", "home", "stage"]) mkdirSync(`${dir}/${name}`);
  try {
    makeTree(space.rootfs);
  } catch (error) {
    removeDirectories(space);
    throw error;
  }
  return space;
}

/** A busybox tree with the mount points that engines would otherwise make in it. */
function makeTree(rootfs: string): void {
  for (const name of ["bin", "dev", "etc", "proc", "root", "run", "sys", "tmp"]) {
    mkdirSync(`${rootfs}/${name}`, { recursive: true });
  }
  const busybox = Bun.which("busybox", { PATH });
  if (busybox === null) throw noBusybox("it is not installed");
  copyFileSync(busybox, `${rootfs}/bin/busybox`);
  chmodSync(`${rootfs}/bin/busybox`, 0o755);
  const listed = output(["chroot", rootfs, "/bin/busybox", "--list"]);
  if (listed === undefined) throw noBusybox(`${busybox} does not run without libraries`);
  for (const applet of listed.split("\n")) {
    if (applet !== "" && applet !== "busybox") symlinkSync("busybox", `${rootfs}/bin/${applet}`);
  }
}

function noBusybox(why: string): UserError {
  return new UserError(`cannot make the image from busybox: ${why}`, { remedy: "apt-get install busybox-static" });
}

/** What a command prints; undefined where it fails or is not there. */
export function output(argv: readonly string[]): string | undefined {
  try {
    const ended = Bun.spawnSync([...argv], { env: { PATH }, stdin: "ignore", stdout: "pipe", stderr: "ignore" });
    return ended.exitCode === 0 ? ended.stdout.toString() : undefined;
  } catch {
    return undefined; // not installed
  }
}

/** A command of bunker's, over the state of the workspace. */
export function bunker(space: Workspace, ...words: string[]): Command {
  const env = { PATH, BUNKER_ROOT: `${space.dir}/bunker`, BUNKER_RUN: space.run };
  return { argv: [space.bunker, ...words], env };
}

/** A command of anybody else's, at home in the workspace. */
export function foreign(space: Workspace, argv: readonly string[], env: Record<string, string> = {}): Command {
  return { argv, env: { PATH, HOME: `${space.dir}/home`, ...env } };
}

export function which(name: string): string | undefined {
  return Bun.which(name, { PATH }) ?? undefined;
}

/** Removes all that the benchmark made: containers first, then mounts, control groups and directories. */
export function removeWorkspace(space: Workspace): void {
  const run = (...words: string[]) =>
    Bun.spawnSync([...bunker(space, ...words).argv], { ...bunker(space), stderr: "ignore" });
  const ids = run("ps", "-aq").stdout.toString().split("\n").filter(Boolean);
  if (ids.length > 0) run("rm", "-f", ...ids);
  for (const { point } of parseMountinfo(readFileSync("/proc/self/mountinfo", "utf8"))) {
    if (point.startsWith(`${space.run}/`)) output(["umount", point]);
  }
  for (const parent of cgroupRoots()) removeGroup(`${parent}/${space.tag}`);
  removeDirectories(space);
}

function removeDirectories(space: Workspace): void {
  rmSync(space.run, { recursive: true, force: true });
  rmSync(space.dir, { recursive: true, force: true });
}

/** Where control groups are made: the mount points of all hierarchies. */
function cgroupRoots(): string[] {
  return parseMountinfo(readFileSync("/proc/self/mountinfo", "utf8"))
    .filter(({ type }) => type === "cgroup" || type === "cgroup2")
    .map(({ point }) => point);
}

/** Groups cannot be removed with what is in them: their files are the kernel's. */
function removeGroup(dir: string): void {
  if (!existsSync(dir)) return;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(`${dir}/${entry.name}`);
  }
  rmdirSync(dir);
}
