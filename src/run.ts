// `bunker run`, the whole story: from a request to a container. Each step makes something that the next one needs and
// says how to take it back; the last one replaces this process by the launch program, so from success there is no way
// back, and everything acquired goes over to the monitor. ARCHITECTURE.md walks through it.

import { createCgroup, DEFAULT_PARENT } from "./cg/apply.ts";
import { planForHost } from "./cg/host.ts";
import { removeCgroup } from "./cg/procs.ts";
import type { CgroupHandle } from "./cg/types.ts";
import { EXIT, UserError } from "./errors.ts";
import { openBinds } from "./fs/binds.ts";
import { hostFacts } from "./host.ts";
import { findHostDevices } from "./oci/hostdevices.ts";
import { makeSpec } from "./oci/make.ts";
import type { RunRequest } from "./oci/request.ts";
import { type Spec, specJson } from "./oci/spec.ts";
import { becomeLaunch, initFile } from "./plan/launch.ts";
import { openImage, type RunImage } from "./run/image.ts";
import { makeLaunchInput, makeRecord, type Prepared } from "./run/input.ts";
import { openLog, openStdio } from "./run/stdio.ts";
import { type Claim, claimContainer, makeOverlayDirs } from "./state/claim.ts";
import { configPath, makeDirectories, type Paths, programsDir, recordPath } from "./state/paths.ts";
import { sweep } from "./sweep.ts";
import { O_DIRECTORY, O_RDONLY } from "./sys/abi/consts.gen.ts";
import { close, createExclusive, open, readText, unlinkIfThere, writeAtomic, writeFile } from "./sys/file.ts";
import { emptyMemfd } from "./sys/process.ts";
import { Undo } from "./undo.ts";

/** Runs a container. Does not return: this process becomes the container's front, or an error is thrown. */
export async function run(paths: Paths, asked: RunRequest): Promise<never> {
  makeDirectories(paths);
  sweep(paths);
  const undo = new Undo();
  try {
    const image = await openImage(paths, asked);
    const { request } = image;
    const claim = claimContainer(paths, request.name, undo);
    const spec = describe(request, image, claim);
    const binds = openBinds(spec, madeSources(request), undo);
    const stdio = openStdio(request, undo);
    const overlay = makeOverlayDirs(claim.dir);
    const cgroup = makeCgroup(spec, request, claim, undo);
    return await launch(paths, request, { claim, image, spec, binds, cgroup, stdio, overlay }, undo);
  } catch (error) {
    undo.run();
    throw error;
  }
}

function describe(request: RunRequest, image: RunImage, claim: Claim): Spec {
  const devices = findHostDevices(request.devices, request.privileged);
  const capsMemory = request.resources.memory !== undefined;
  return makeSpec(request, image.facts, hostFacts(claim.id, `${claim.dir}/rootfs`, devices, capsMemory));
}

/** Destinations of mounts whose missing source is made, as -v does. */
export function madeSources(request: RunRequest): Set<string> {
  const made = request.mounts.filter((mount) => mount.kind === "bind" && mount.createSource);
  return new Set(made.map(({ target }) => target));
}

function makeCgroup(spec: Spec, request: RunRequest, claim: Claim, undo: Undo): CgroupHandle {
  const plan = planForHost(spec.linux.resources ?? {});
  const handle = createCgroup(plan, request.cgroupParent ?? DEFAULT_PARENT, claim.id);
  undo.push(() => removeCgroup(handle.dirs));
  return handle;
}

/** Writes down what the container is, then becomes its launch. */
async function launch(paths: Paths, request: RunRequest, prepared: Prepared, undo: Undo): Promise<never> {
  const { claim, binds, stdio, cgroup, spec } = prepared;
  const fds = new Map([...binds.fds, ...stdio.fds, ["lock", claim.lock]]);
  const hold = (role: string, fd: number) => {
    undo.push(() => close(fd));
    fds.set(role, fd);
  };
  if (cgroup.v2Dir !== undefined) hold("cgroup", open(cgroup.v2Dir, O_RDONLY | O_DIRECTORY));
  if (request.init) hold("init", await initFile(spec));
  // The exit verb finds the program's notes through this number.
  hold("program", emptyMemfd("bunker-launch"));
  const input = makeLaunchInput(paths, request, prepared, fds.get("program") ?? -1);
  if (input.log !== undefined) hold("log", openLog(input.log.path, undo));
  writeState(paths, request, prepared);
  if (request.cidfile !== undefined) writeCidfile(request.cidfile, claim.id, undo);
  return becomeLaunch(programsDir(paths), input, fds);
}

/** The record comes last: what has one is complete. */
function writeState(paths: Paths, request: RunRequest, prepared: Prepared): void {
  const { id } = prepared.claim;
  const boot = readText("/proc/sys/kernel/random/boot_id").trim();
  const record = makeRecord(request, boot, Date.now(), prepared);
  writeFile(configPath(paths, id), specJson(prepared.spec), 0o600);
  writeAtomic(recordPath(paths, id), JSON.stringify(record), { mode: 0o600 });
}

function writeCidfile(path: string, id: string, undo: Undo): void {
  if (!createExclusive(path, id)) {
    throw new UserError(`cannot write the container's id: ${path} is there already`, {
      remedy: "remove the file, or make sure that the other container is not running",
      exitCode: EXIT.usage,
    });
  }
  undo.push(() => unlinkIfThere(path));
}
