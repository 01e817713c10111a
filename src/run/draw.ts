// Drawing a blueprint: the command line, the image and the host come in, what has to be done comes out. Looks at the host
// and changes nothing there. Only loaded where no blueprint is remembered.

import { DEFAULT_PARENT, handleOf, type Made } from "../cg/apply.ts";
import { planForHost } from "../cg/host.ts";
import { normaliseParent } from "../cg/parent.ts";
import type { CgroupPlan } from "../cg/types.ts";
import { type BindSource, sourceMissing } from "../fs/binds.ts";
import { lowerDirs } from "../fs/layers.ts";
import { hostFacts } from "../host.ts";
import { findHostDevices } from "../oci/hostdevices.ts";
import { makeSpec } from "../oci/make.ts";
import type { RunRequest } from "../oci/request.ts";
import { type Spec, specJson } from "../oci/spec.ts";
import { buildLaunch } from "../plan/build.ts";
import { buildInit } from "../plan/init.ts";
import type { PreparedBind } from "../plan/launch-input.ts";
import { parseMountOptions } from "../plan/mount-options.ts";
import { programFile } from "../plan/program-file.ts";
import type { Claim } from "../state/claim.ts";
import { containerDir, type Paths } from "../state/paths.ts";
import { readTextIfThere, statIfThere } from "../sys/file.ts";
import type { FileKind } from "../sys/kinds.ts";
import {
  type BlueprintFiles,
  descriptorNumbers,
  type Drawn,
  findHoles,
  HOSTS,
  ID_HOLE,
  NAME_HOLE,
  NUMBERS,
  RESOLV_CONF,
  TIME_HOLE,
} from "./blueprint.ts";
import { findRunImage, type RunImage } from "./image.ts";
import { type HostFiles, makeLaunchInput, makeRecord, type Prepared } from "./input.ts";
import { readTerminal } from "./stdio.ts";

/** @throws UsageError or UserError for a request that cannot be carried out on this host */
export async function draw(paths: Paths, asked: RunRequest): Promise<Drawn> {
  const image = await findRunImage(paths, asked);
  const { request } = image;
  const dir = containerDir(paths, ID_HOLE);
  const claim: Claim = { id: ID_HOLE, name: request.name ?? NAME_HOLE, dir, lock: NUMBERS.lock };
  const spec = describe(request, image, claim);
  const binds = findSources(spec, madeSources(request));
  const plan = planForHost(spec.linux.resources ?? {});
  const parent = request.cgroupParent ?? DEFAULT_PARENT;
  const prepared: Prepared = {
    claim,
    image: { ...image, layers: lowerDirs(paths, image.layers) },
    spec,
    binds: preparedBinds(spec, binds),
    cgroup: handleOf(placeGroups(plan, parent, ID_HOLE)),
    ...(request.tty ? { terminal: readTerminal(request) } : {}),
    ...(request.network === "host" ? { hostFiles: readHostFiles() } : {}),
    overlay: { upper: `${dir}/upper`, work: `${dir}/work` },
  };
  const files = makeFiles(paths, request, prepared, binds);
  return {
    blueprint: {
      image: {
        word: asked.image,
        id: image.id,
        layers: image.layers,
        ...(image.name === undefined ? {} : { name: image.name }),
      },
      ...(request.name === undefined ? {} : { name: request.name }),
      ...(request.cidfile === undefined ? {} : { cidfile: request.cidfile }),
      tty: request.tty,
      interactive: request.interactive,
      binds,
      cgroup: { plan, parent },
      log: request.logging.driver !== "none",
      keepsExit: !request.remove,
      holes: { program: findHoles(files.program), init: findHoles(files.init) },
      lasting: isLasting(request, image),
    },
    files,
  };
}

/**
 * Whether the same words mean the same next time. A terminal's settings, the host's devices and an image's id without
 * its name are of this moment.
 */
function isLasting(request: RunRequest, image: RunImage): boolean {
  if (request.tty || request.privileged || request.devices.length > 0) return false;
  return image.lasting;
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

/**
 * The bind mounts of a spec, and what their sources are.
 * @param made destinations whose missing source is made
 * @param look what is at a source; undefined where nothing is
 * @throws UserError for a source that is missing and is not made
 */
export function findSources(
  spec: Spec,
  made: ReadonlySet<string>,
  look: (source: string) => { readonly kind: FileKind } | undefined = statIfThere,
): BindSource[] {
  const binds = spec.mounts.filter(({ type, options }) => type === "bind" || parseMountOptions(options ?? []).bind);
  return binds.map((mount, index) => {
    const make = made.has(mount.destination);
    const found = look(mount.source ?? "");
    if (found === undefined && !make) throw sourceMissing(mount.source ?? "", mount.destination);
    return { role: `bind.${index}`, mount, make, isDirectory: found === undefined || found.kind === "dir" };
  });
}

/** The same as the plan is told. */
export function preparedBinds(spec: Spec, binds: readonly BindSource[]): PreparedBind[] {
  return binds.map(({ role, mount, isDirectory }) => ({
    mount: spec.mounts.indexOf(mount),
    fd: role,
    source: mount.source ?? "",
    isDirectory,
  }));
}

export function readHostFiles(): HostFiles {
  const hosts = readTextIfThere(HOSTS);
  const resolvConf = readTextIfThere(RESOLV_CONF);
  return { ...(hosts === undefined ? {} : { hosts }), ...(resolvConf === undefined ? {} : { resolvConf }) };
}

/** The groups of a plan, in their places. */
export function placeGroups(plan: CgroupPlan, parent: string, id: string): Made[] {
  const above = normaliseParent(parent);
  return plan.groups.map((group) => ({ group, dir: `${group.mount}${above}/${id}` }));
}

function makeFiles(paths: Paths, request: RunRequest, p: Prepared, binds: readonly BindSource[]): BlueprintFiles {
  const numbers = descriptorNumbers(binds);
  const encoder = new TextEncoder();
  return {
    config: encoder.encode(specJson(p.spec)),
    record: encoder.encode(JSON.stringify(makeRecord(request, TIME_HOLE, p))),
    program: programFile(buildLaunch(makeLaunchInput(paths, request, p, NUMBERS.program)), numbers),
    init: request.init ? programFile(buildInit(p.spec), new Map()) : new Uint8Array(new ArrayBuffer(0)),
  };
}
