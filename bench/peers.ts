// The engines beside bunker: which of them are here, what they need before they can be timed, and their commands. All of
// them run the same busybox tree, without a network, from inside the private mount namespace (private.ts).
//
// One that is not installed, or does not work here, is left out by name.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

import type { Absence, Stopwatch } from "./measure.ts";
import type { Command } from "./stopwatch.ts";
import { foreign, output, which, type Workspace } from "./workspace.ts";

/** What the report calls them. */
export const PEER = {
  crun: "crun, bare bundle",
  crunFull: "crun, podman's config.json",
  runc: "runc, bare bundle",
  podman: "podman",
  bwrap: "bwrap",
} as const;

export interface Peers {
  /** Commands that start `true`, wait for it and leave nothing, by PEER's names. */
  readonly cold: ReadonlyMap<string, Command>;
  /** podman with its settings; undefined where it does not work. */
  readonly podman: ((...words: string[]) => Command) | undefined;
  /** Writes a bundle that runs `args` with crun; undefined where that does not work. */
  readonly crun: ((name: string, args: readonly string[]) => (id: string, ...options: string[]) => Command) | undefined;
  /** Remove what an interrupted run has left; failing is no harm. */
  readonly cleanup: readonly Command[];
  /** Name and version of each that is installed. */
  readonly versions: readonly string[];
  readonly absent: readonly Absence[];
}

/** What `crun spec` writes, as far as it is looked at here. */
interface Config {
  process: { terminal?: boolean; args: string[] };
  root: { path: string };
  mounts: { destination: string; type?: string; source?: string }[];
  linux: { cgroupsPath?: string };
}

export async function findPeers(space: Workspace, inside: Stopwatch): Promise<Peers> {
  const kit = new Kit(space, inside);
  const crun = await kit.attempt(PEER.crun, ["crun"], () => kit.bareBundles("crun"));
  const runc = await kit.attempt(PEER.runc, ["runc"], () => kit.bareBundles("runc"));
  const podman = await kit.attempt(PEER.podman, ["podman", "conmon"], () => kit.podman());
  await kit.attempt(PEER.crunFull, ["crun", "podman"], async () => {
    if (podman === undefined) throw new Error("podman does not work here");
    kit.cold.set(PEER.crunFull, await kit.podmansBundle(podman));
  });
  await kit.attempt(PEER.bwrap, ["bwrap"], async () => void kit.cold.set(PEER.bwrap, kit.bwrap()));
  if (crun !== undefined) kit.cold.set(PEER.crun, crun("crun-true", ["true"])(`${space.tag}-crun`));
  if (runc !== undefined) kit.cold.set(PEER.runc, runc("runc-true", ["true"])(`${space.tag}-runc`));
  if (podman !== undefined) kit.cold.set(PEER.podman, podman("run", "--rm", ...ALIKE(space), PODMAN_IMAGE, "true"));
  const cleanup = podman === undefined ? [] : [podman("rm", "--all", "--force", "--time", "0")];
  if (crun !== undefined) cleanup.push(crunDelete(space));
  return { cold: kit.cold, podman, crun, cleanup, versions: versions(), absent: kit.absent };
}

const PODMAN_IMAGE = "localhost/bench";
/** What podman gets to do the same work: no network, and a control group that is found again. */
const ALIKE = (space: Workspace) => ["--network", "none", "--cgroup-parent", `/${space.tag}`];

/** The words that start a container which stays. */
export function podmanRun(space: Workspace, name: string, args: readonly string[]): string[] {
  return ["run", "-d", "--name", name, ...ALIKE(space), PODMAN_IMAGE, ...args];
}

/** The container that crun starts in the background. */
export const crunServer = (space: Workspace) => `${space.tag}-server`;

export function crunDelete(space: Workspace): Command {
  return foreign(space, ["crun", "--root", "/run/crun", "delete", "--force", crunServer(space)]);
}

function versions(): string[] {
  const first = (...argv: string[]) => output(argv)?.split("\n")[0]?.trim();
  return ["crun", "runc", "podman", "conmon", "bwrap"].flatMap((name) => first(name, "--version") ?? []);
}

class Kit {
  readonly cold = new Map<string, Command>();
  readonly absent: Absence[] = [];
  readonly #space: Workspace;
  readonly #inside: Stopwatch;

  constructor(space: Workspace, inside: Stopwatch) {
    this.#space = space;
    this.#inside = inside;
  }

  /** What `make` makes, or undefined and a line in the report. */
  async attempt<T>(name: string, programs: readonly string[], make: () => Promise<T>): Promise<T | undefined> {
    try {
      const missing = programs.find((program) => which(program) === undefined);
      if (missing !== undefined) throw new Error(`${missing} is not installed`);
      return await make();
    } catch (error) {
      this.absent.push({ name, why: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  }

  /** Bundles as `spec` describes them: no seccomp, three capabilities, a read-only root, no limits. */
  async bareBundles(engine: "crun" | "runc"): Promise<NonNullable<Peers["crun"]>> {
    const template = `${this.#space.dir}/${engine}-spec`;
    mkdirSync(template);
    await this.#inside.must(foreign(this.#space, ["sh", "-ec", `cd "$1" && exec "$2" spec`, "sh", template, engine]));
    const text = readFileSync(`${template}/config.json`, "utf8");
    return (name, args) => {
      const config = JSON.parse(text) as Config;
      config.process.args = [...args];
      return this.#bundle(engine, name, config);
    };
  }

  #bundle(engine: "crun" | "runc", name: string, config: Config): (id: string, ...options: string[]) => Command {
    const dir = `${this.#space.dir}/${name}`;
    mkdirSync(dir);
    config.process.terminal = false;
    config.root.path = this.#space.rootfs;
    writeFileSync(`${dir}/config.json`, JSON.stringify(config));
    return (id, ...options) =>
      foreign(this.#space, [engine, "--root", `/run/${engine}`, "run", ...options, "--bundle", dir, id]);
  }

  /** podman with storage, settings and an image of its own. */
  async podman(): Promise<NonNullable<Peers["podman"]>> {
    const { dir, rootfs } = this.#space;
    const settings = { CONTAINERS_CONF: `${dir}/containers.conf`, CONTAINERS_STORAGE_CONF: `${dir}/storage.conf` };
    writeFileSync(settings.CONTAINERS_CONF, CONTAINERS_CONF);
    const storage = `driver = "overlay"\ngraphroot = "${dir}/storage"\nrunroot = "/run/storage"\n`;
    writeFileSync(settings.CONTAINERS_STORAGE_CONF, `[storage]\n${storage}`);
    const places = [
      "--tmpdir",
      "/run/libpod",
      "--network-config-dir",
      "/run/networks",
      "--volumepath",
      `${dir}/volumes`,
    ];
    const podman = (...words: string[]) => foreign(this.#space, ["podman", ...places, ...words], settings);
    await this.#inside.must(foreign(this.#space, ["tar", "-C", rootfs, "-cf", `${dir}/rootfs.tar`, "."]));
    await this.#inside.must(podman("import", "-q", `${dir}/rootfs.tar`, PODMAN_IMAGE));
    return podman;
  }

  /** The config.json that podman writes for the same image and command, run by crun alone. */
  async podmansBundle(podman: NonNullable<Peers["podman"]>): Promise<Command> {
    const id = (await this.#inside.must(podman("create", ...ALIKE(this.#space), PODMAN_IMAGE, "true"))).stdout.trim();
    await this.#inside.must(podman("init", id));
    const path = (await this.#inside.must(podman("inspect", "--format", "{{.OCIConfigPath}}", id))).stdout.trim();
    const config = JSON.parse((await this.#inside.must(foreign(this.#space, ["cat", path]))).stdout) as Config;
    await this.#inside.must(podman("rm", "-f", id));
    this.#replaceSources(config);
    config.linux.cgroupsPath = `/${this.#space.tag}/full`;
    return this.#bundle("crun", "crun-full", config)(`${this.#space.tag}-full`);
  }

  /** podman's bind mounts show files of the container, which is gone: empty ones take their places. */
  #replaceSources(config: Config): void {
    const files = `${this.#space.dir}/crun-full-files`;
    mkdirSync(`${files}/dev/shm`, { recursive: true });
    for (const mount of config.mounts.filter(({ type }) => type === "bind")) {
      const source = `${files}${mount.destination}`;
      if (mount.destination !== "/dev/shm") {
        mkdirSync(source.slice(0, source.lastIndexOf("/")), { recursive: true });
        writeFileSync(source, "");
      }
      mount.source = source;
    }
  }

  /** No engine, but what many put in the place of one: the namespaces and a root, and nothing else. */
  bwrap(): Command {
    const { rootfs } = this.#space;
    return foreign(this.#space, [
      "bwrap",
      "--unshare-all",
      "--bind",
      rootfs,
      "/",
      "--proc",
      "/proc",
      "--dev",
      "/dev",
      "true",
    ]);
  }
}

/** podman's default limits are above what a machine may allow (it then refuses to run anything): ask for modest ones. */
const CONTAINERS_CONF = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "crun"
`;
