// Carrying a blueprint out: every step makes something that the next one needs and says how to take it back. The last one
// replaces this process by the launch program; from there everything acquired belongs to the monitor.

import { createCgroup } from "../cg/apply.ts";
import { removeCgroup } from "../cg/procs.ts";
import { EXIT, UserError } from "../errors.ts";
import { openBind } from "../fs/binds.ts";
import { ensureMounted } from "../fs/layers.ts";
import { EXIT_RECORD, EXIT_RESERVED, LIVE } from "../plan/memory.ts";
import { claimContainer, makeOverlayDirs } from "../state/claim.ts";
import { configPath, logPath, type Paths, recordPath } from "../state/paths.ts";
import { O_DIRECTORY, O_RDONLY } from "../sys/abi/consts.gen.ts";
import { close, createExclusive, open, unlinkIfThere, writeAt, writeAtomic, writeFile } from "../sys/file.ts";
import { emptyMemfd, execFd, fillMemfd } from "../sys/process.ts";
import { Undo } from "../undo.ts";
import { type Drawn, descriptorNumbers, type Filling, fillProgram, fillText, type Holes } from "./blueprint.ts";
import { openLog, openStdio } from "./stdio.ts";

const EXIT_ROOM = new Uint8Array(EXIT_RECORD.size + EXIT_RECORD.oomText);

/** Starts a container. Returns only by throwing, and then nothing is left of it. */
export function start(paths: Paths, { blueprint, files }: Drawn): never {
  const undo = new Undo();
  try {
    ensureMounted(paths, blueprint.image.layers, blueprint.image.word);
    const claim = claimContainer(paths, blueprint.name, undo);
    const filling = { id: claim.id, name: claim.name, now: Date.now() };
    const fds = new Map<string, number>([["lock", claim.lock]]);
    const hold = (role: string, fd: number) => {
      undo.push(() => close(fd));
      fds.set(role, fd);
    };
    for (const bind of blueprint.binds) hold(bind.role, openBind(bind));
    openStdio(blueprint, hold);
    makeOverlayDirs(claim.dir);
    // Before the groups are made: if bunker is killed, the sweep knows them from here.
    const record = fillText(files.record, filling);
    writeAt(claim.lock, LIVE.record, record, "the lock file");
    const { v2Dir, dirs } = createCgroup(blueprint.cgroup.plan, blueprint.cgroup.parent, claim.id);
    undo.push(() => removeCgroup(dirs));
    if (v2Dir !== undefined) hold("cgroup", open(v2Dir, O_RDONLY | O_DIRECTORY));
    if (blueprint.log) hold("log", openLog(logPath(paths, claim.id)));
    if (files.init.length > 0) hold("init", sealedProgram("bunker-init", files.init, blueprint.holes.init, filling));
    hold("program", sealedProgram("bunker-launch", files.program, blueprint.holes.program, filling));
    writeFile(configPath(paths, claim.id), fillText(files.config, filling), 0o600);
    if (blueprint.keepsExit) writeFile(`${claim.dir}/${EXIT_RESERVED}`, EXIT_ROOM, 0o640);
    if (blueprint.cidfile !== undefined) writeCidfile(blueprint.cidfile, claim.id, undo);
    // The record comes last: what has one is complete.
    writeAtomic(recordPath(paths, claim.id), record, { mode: 0o600 });
    becomeLaunch(fds, descriptorNumbers(blueprint.binds), claim.id);
  } catch (error) {
    undo.run();
    throw error;
  }
}

function sealedProgram(name: string, program: Uint8Array<ArrayBuffer>, holes: Holes, filling: Filling): number {
  const fd = emptyMemfd(name);
  // A copy: if this start fails, the holes are needed again.
  const own = program.slice();
  fillProgram(own, holes, filling);
  fillMemfd(fd, own);
  return fd;
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

/**
 * Replaces bunker by the launch program. It inherits exactly `fds`, under the numbers that it knows them by, and stdio; no
 * environment, and no way back to bunker's executable but the path of the exit verb.
 */
function becomeLaunch(fds: ReadonlyMap<string, number>, numbers: ReadonlyMap<string, number>, id: string): never {
  const kept: [number, number][] = [];
  for (const [role, fd] of fds) {
    const number = numbers.get(role);
    if (number === undefined) throw new Error(`the launch program knows no descriptor "${role}"`);
    kept.push([fd, number]);
  }
  const program = fds.get("program");
  if (program === undefined) throw new Error("the launch has no descriptor for its own program");
  execFd(program, ["bunker-monitor", id.slice(0, 12)], [], kept);
}
