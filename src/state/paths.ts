// Where bunker keeps things. `root` is on a disk and survives a reboot, `run` is on a tmpfs and does not.
//
//   root/containers/ID/   record.json  what bunker knows of the container     upper/, work/  its overlay
//                         config.json  its OCI spec                           log, log.N     its output
//                         exit         how it ended (plan/memory.ts: EXIT_RECORD)
//   root/names/NAME       symlink to the ID: making it reserves the name
//   root/images/          one JSON file an image, and symlinks for names      root/layers/   one squashfs a layer
//   run/locks/ID          locked as long as a monitor or a command works on the container; says who runs
//   run/layers/LAYER      where the layer is mounted
//   run/blueprints        blueprints of earlier starts (run/memory.ts)
//   run/stage             an empty directory on which containers build their root

import { call } from "../sys/call.ts";
import { mkdirs } from "../sys/file.ts";
import { UserError } from "../errors.ts";

export interface Paths {
  readonly root: string;
  readonly run: string;
}

const DEFAULTS: Paths = { root: "/var/lib/bunker", run: "/run/bunker" };

/** The two directories: from BUNKER_ROOT and BUNKER_RUN, or the FHS's places. */
export function paths(env: Readonly<Record<string, string | undefined>> = process.env): Paths {
  return { root: absolute("BUNKER_ROOT", env, DEFAULTS.root), run: absolute("BUNKER_RUN", env, DEFAULTS.run) };
}

function absolute(name: string, env: Readonly<Record<string, string | undefined>>, otherwise: string): string {
  const value = env[name];
  if (value === undefined || value === "") return otherwise;
  if (!value.startsWith("/") || value.includes("\0")) {
    throw new UserError(`invalid value ${JSON.stringify(value)} for ${name}: expected an absolute path`);
  }
  return value.replace(/\/+$/, "") || "/";
}

export const containersDir = (p: Paths) => `${p.root}/containers`;
export const containerDir = (p: Paths, id: string) => `${p.root}/containers/${id}`;
export const recordPath = (p: Paths, id: string) => `${p.root}/containers/${id}/record.json`;
export const configPath = (p: Paths, id: string) => `${p.root}/containers/${id}/config.json`;
export const exitPath = (p: Paths, id: string) => `${p.root}/containers/${id}/exit`;
export const logPath = (p: Paths, id: string) => `${p.root}/containers/${id}/log`;
export const namesDir = (p: Paths) => `${p.root}/names`;
export const namePath = (p: Paths, name: string) => `${p.root}/names/${name}`;
export const imagesDir = (p: Paths) => `${p.root}/images`;
export const tagsDir = (p: Paths) => `${p.root}/images/names`;
export const layersDir = (p: Paths) => `${p.root}/layers`;
export const locksDir = (p: Paths) => `${p.run}/locks`;
export const lockPath = (p: Paths, id: string) => `${p.run}/locks/${id}`;
export const mountedLayersDir = (p: Paths) => `${p.run}/layers`;
export const blueprintsDir = (p: Paths) => `${p.run}/blueprints`;
export const stageDir = (p: Paths) => `${p.run}/stage`;

/**
 * Makes the directories that verbs which change something rely on. State is root's alone: it holds images' secrets.
 * @throws UserError for anybody but root
 */
export function makeDirectories(p: Paths): void {
  if (call("geteuid") !== 0) {
    throw new UserError("only root can do this: containers are made of mounts, control groups and namespaces", {
      remedy: "run it with sudo; 'bunker run --explain' and 'bunker doctor' work for everybody",
    });
  }
  for (const dir of [containersDir(p), namesDir(p), tagsDir(p), layersDir(p)]) mkdirs(dir, 0o700);
  for (const dir of [locksDir(p), mountedLayersDir(p), blueprintsDir(p), stageDir(p)]) mkdirs(dir, 0o700);
}
