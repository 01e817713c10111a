// A machine for one file of tests: bunker's compiled executable with state directories of its own. Leaving it removes
// every container and image, and fails when anything of them is still on the host.
//
// BUNKER_TEST_EXE names another executable than dist/bunker.

import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";

import { groupParents, hostState, type HostState, leaked, mountsBelow } from "./leak.ts";
import { until } from "./until.ts";

export const EXE = process.env["BUNKER_TEST_EXE"] ?? join(import.meta.dir, "..", "..", "dist", "bunker");

/** A command that takes this long hangs. */
const HANGS_AFTER = 60_000;

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: "pipe" | "ignore" | Bun.BunFile | Uint8Array;
}

export interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly OOMKilled: boolean;
    readonly Dead: boolean;
    readonly ExitCode: number;
    readonly Pid: number;
    readonly MonitorPid: number;
  };
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly Config: { readonly Labels: Readonly<Record<string, string>> } & Readonly<Record<string, unknown>>;
}

export class Board implements AsyncDisposable {
  readonly dir: string;
  readonly root: string;
  readonly run: string;
  readonly #before: HostState;

  /** @param root where the state goes instead of the board's directory, such as a file system of a given size */
  constructor(root?: string) {
    if (!existsSync(EXE)) throw new Error(`there is no ${EXE}: npm run compile makes it`);
    // On a disk: /tmp may be a tmpfs, which not every kernel carries overlays on.
    this.dir = realpathSync(mkdtempSync("/var/tmp/bunker-e2e-"));
    this.root = root ?? join(this.dir, "root");
    this.run = join(this.dir, "run");
    this.#before = hostState(this.dir);
  }

  get env(): Record<string, string> {
    const { PATH = "/usr/sbin:/usr/bin:/sbin:/bin" } = process.env;
    return { PATH, LANG: "C.UTF-8", COLUMNS: "200", BUNKER_ROOT: this.root, BUNKER_RUN: this.run };
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  /** Starts a command without waiting for its end. */
  start(args: readonly string[], options: StartOptions = {}): Bun.Subprocess<StartOptions["stdin"], "pipe", "pipe"> {
    const { env, cwd = "/", stdin = "ignore" } = options;
    return Bun.spawn([EXE, ...args], { env: { ...this.env, ...env }, cwd, stdin, stdout: "pipe", stderr: "pipe" });
  }

  /** Runs a command to its end. */
  async with(options: StartOptions, ...args: readonly string[]): Promise<Ran> {
    return finished(this.start(args, options), args.join(" "));
  }

  bunker(...args: readonly string[]): Promise<Ran> {
    return this.with({}, ...args);
  }

  /** Runs a shell's command line, in which `bunker` is the executable. */
  async shell(line: string): Promise<Ran> {
    const script = `bunker() { ${EXE} "$@"; }\n${line}`;
    const child = Bun.spawn(["bash", "-c", script], { env: this.env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    return finished(child, line);
  }

  /** The output of a command that has to succeed. */
  async ok(...args: readonly string[]): Promise<string> {
    const { code, out, err } = await this.bunker(...args);
    if (code !== 0) throw new Error(`bunker ${args.join(" ")}: exit ${code}: ${err}${out}`);
    return out;
  }

  /** Imports a squashfs file or a directory. */
  async import(source: string, name: string, ...options: readonly string[]): Promise<void> {
    await this.ok("import", ...options, source, name);
  }

  async inspect(name: string): Promise<Inspected> {
    const [found] = JSON.parse(await this.ok("inspect", name)) as Inspected[];
    if (found === undefined) throw new Error(`inspect ${name} printed nothing`);
    return found;
  }

  /** Ids of all containers. */
  async ids(): Promise<string[]> {
    return lines(await this.ok("ps", "-aq", "--no-trunc"));
  }

  /** A file of a container's control groups, by its name in either version; as the host sees it. */
  groupFile(id: string, ...names: readonly string[]): string {
    for (const dir of groupParents()) {
      for (const name of names) {
        const path = join(dir, id, name);
        if (existsSync(path)) return readFileSync(path, "utf8");
      }
    }
    throw new Error(`container ${id} has no ${names.join(" or ")}`);
  }

  /** Removes all containers; fails when something of them stays. */
  async clear(): Promise<void> {
    const ids = await this.ids();
    if (ids.length > 0) await this.ok("rm", "-f", ...ids);
    await this.settled(() => [...leaked(this.#before, this.#withoutLayers()), ...this.#filesOfContainers()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.clear();
      const images = [...new Set(lines(await this.ok("images", "-q", "--no-trunc")))];
      if (images.length > 0) await this.ok("rmi", "-f", ...images);
      await this.settled(() => [...leaked(this.#before, hostState(this.dir)), ...this.#files()]);
    } finally {
      for (const point of mountsBelow(this.dir)) Bun.spawnSync(["umount", "-l", point]);
      rmSync(this.dir, { recursive: true, force: true });
    }
  }

  /** Layers stay mounted until their image goes. */
  #withoutLayers(): HostState {
    const now = hostState(this.dir);
    return { ...now, loops: [], mounts: now.mounts.filter((point) => !point.startsWith(`${this.run}/layers/`)) };
  }

  #filesOfContainers(): string[] {
    return [
      join(this.root, "containers"),
      join(this.root, "names"),
      join(this.run, "locks"),
      join(this.run, "stage"),
    ].flatMap(entries);
  }

  #files(): string[] {
    const known = [".lock", "names"];
    const images = entries(join(this.root, "images")).filter(
      (path) => !known.some((name) => path.endsWith(`/${name}`)),
    );
    const more = [join(this.root, "images", "names"), join(this.root, "layers"), join(this.run, "layers")];
    return [...this.#filesOfContainers(), ...images, ...more.flatMap(entries)];
  }

  /** A loop device and a control group go a moment after their last user; a leak stays. */
  async settled(found: () => readonly string[]): Promise<void> {
    try {
      await until("nothing is left", () => found().length === 0);
    } catch {
      throw new Error(`left over:\n  ${found().join("\n  ")}`);
    }
  }
}

function entries(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir).map((name) => join(dir, name)) : [];
}

export function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** Reads a command's output to its end. */
export async function finished(
  child: Bun.Subprocess<StartOptions["stdin"], "pipe", "pipe">,
  what: string,
): Promise<Ran> {
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill("SIGKILL");
  }, HANGS_AFTER);
  try {
    const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    await child.exited;
    if (hung) throw new Error(`hangs: ${what}: ${err}${out}`);
    return { code: statusOf(child), out, err };
  } finally {
    clearTimeout(timer);
  }
}

/** As a shell has it. */
export function statusOf({ exitCode, signalCode }: Bun.Subprocess): number {
  if (signalCode === null) return exitCode ?? -1;
  return 128 + (typeof signalCode === "number" ? signalCode : constants.signals[signalCode]);
}

/** Collects a stream, so that a test can wait for a part of it. */
export class Watched {
  #text = "";
  #ended = false;

  constructor(stream: ReadableStream<Uint8Array>) {
    void this.#read(stream);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) this.#text += decoder.decode(chunk, { stream: true });
    this.#ended = true;
  }

  get text(): string {
    return this.#text;
  }

  async seen(part: string): Promise<void> {
    await until(`output of ${JSON.stringify(part)}, there is ${JSON.stringify(this.#text)}`, () => {
      if (this.#text.includes(part)) return true;
      if (this.#ended) throw new Error(`ended without ${JSON.stringify(part)}: ${JSON.stringify(this.#text)}`);
      return false;
    });
  }

  async end(): Promise<string> {
    await until("the end of the output", () => this.#ended);
    return this.#text;
  }
}
