// What a run would prepare, found out by looking only: nothing is made, mounted, locked or attached, and root is not
// needed. It follows src/run.ts step by step and calls the same functions wherever those only look.

import { DEFAULT_PARENT, handleOf, type Made } from "../cg/apply.ts";
import { planForHost } from "../cg/host.ts";
import type { CgroupPlan } from "../cg/types.ts";
import { SysError } from "../errors.ts";
import { matchImage } from "../fs/images.ts";
import { BUN_IMAGE, type StoredLayer } from "../fs/image-record.ts";
import { lowerDirs, topmostFirst } from "../fs/layers.ts";
import { hostFacts } from "../host.ts";
import type { HostDevice } from "../oci/devices.ts";
import { findHostDevices } from "../oci/hostdevices.ts";
import { type ImageFacts, makeSpec } from "../oci/make.ts";
import type { RunRequest } from "../oci/request.ts";
import type { Spec } from "../oci/spec.ts";
import type { PreparedBind } from "../plan/launch-input.ts";
import type { Claim } from "../state/claim.ts";
import { containerDir, type Paths } from "../state/paths.ts";
import { EACCES, EPERM } from "../sys/abi/errno.gen.ts";
import { call } from "../sys/call.ts";
import { close, readText, statIfThere } from "../sys/file.ts";
import { findSources, madeSources, placeGroups, preparedBinds, readHostFiles } from "./draw.ts";
import { findRunImage, type RunImage } from "./image.ts";
import type { Prepared } from "./input.ts";
import { openStdio, readTerminal } from "./stdio.ts";

/** Stands for the id that a container would be given: 64 digits, like all of them. */
export const EXAMPLE_ID = "0123456789abcdef".repeat(4);
/** Stands for the name that bunker would make up. */
const EXAMPLE_NAME = "calm_kestrel";
/** In the place of descriptors, which a rehearsal does not open. */
export const NUMBERS = { lock: -1, program: -2 } as const;

export interface Rehearsal {
  readonly paths: Paths;
  /** With what the image adds to it. */
  readonly request: RunRequest;
  readonly prepared: Prepared;
  /** The descriptors of the container's streams. */
  readonly roles: readonly string[];
  /** The topmost first. */
  readonly layers: readonly StoredLayer[];
  readonly cgroup: CgroupPlan;
  /** The control groups, in the order in which they would be made. */
  readonly groups: readonly Made[];
  /** Sources of bind mounts that would be made, as -v does. */
  readonly madeSources: readonly string[];
  /** What could not be found out, and what was assumed instead: whole sentences. */
  readonly remarks: readonly string[];
}

/**
 * @throws UsageError or UserError for a request that could not be carried out on this host, as a run would
 */
export async function rehearse(paths: Paths, asked: RunRequest): Promise<Rehearsal> {
  const remarks: string[] = [];
  const image = await lookAtImage(paths, asked, remarks);
  const { request } = image;
  const layers = topmostFirst(image.layers);
  const dir = containerDir(paths, EXAMPLE_ID);
  const claim: Claim = { id: EXAMPLE_ID, name: request.name ?? EXAMPLE_NAME, dir, lock: NUMBERS.lock };
  const spec = describe(request, image.facts, claim, remarks);
  const { binds, made } = lookAtBinds(spec, madeSources(request), remarks);
  const cgroup = planForHost(spec.linux.resources ?? {});
  const groups = placeGroups(cgroup, request.cgroupParent ?? DEFAULT_PARENT, claim.id);
  const prepared: Prepared = {
    claim,
    image: { ...image, layers: lowerDirs(paths, image.layers) },
    spec,
    binds,
    cgroup: handleOf(groups),
    ...(request.tty ? { terminal: readTerminal(request) } : {}),
    ...(request.network === "host" ? { hostFiles: readHostFiles() } : {}),
    overlay: { upper: `${dir}/upper`, work: `${dir}/work` },
  };
  return { paths, request, prepared, roles: lookAtStdio(request), layers, cgroup, groups, madeSources: made, remarks };
}

async function lookAtImage(paths: Paths, request: RunRequest, remarks: string[]): Promise<RunImage> {
  if (request.image === BUN_IMAGE) return findRunImage(paths, request);
  const known = unlessForbidden(() => matchImage(paths, request.image));
  if (known.value !== undefined) return findRunImage(paths, request);
  const problem = known.forbidden ? "cannot be looked up without root" : "is not on this machine";
  remarks.push(`The image ${JSON.stringify(request.image)} ${problem}: one with a single layer stands in for it.`);
  return standIn(request, remarks);
}

/** An image that nobody has seen: it has any user and group that is named, and a command where none is given. */
function standIn(request: RunRequest, remarks: string[]): RunImage {
  const layer: StoredLayer = { diffID: `sha256:${"0".repeat(64)}`, kind: "squashfs", size: 0 };
  const [user = "", group = ""] = (request.user ?? "").split(":");
  const names = [user, group, ...request.groupAdd].filter((name) => /\D/.test(name));
  if (names.length > 0) remarks.push(`Which numbers ${names.join(", ")} have in it is not known: 1000 is shown.`);
  const given = request.command.length > 0 || (request.entrypoint?.length ?? 0) > 0;
  const facts: ImageFacts = {
    config: given ? {} : { Cmd: ["<the image's command>"] },
    passwd: names.map((name) => `${name}:x:1000:1000::/:\n`).join(""),
    group: names.map((name) => `${name}:x:1000:\n`).join(""),
  };
  return { request, id: layer.diffID, lasting: false, facts, layers: [layer], base: [] };
}

function describe(request: RunRequest, image: ImageFacts, claim: Claim, remarks: string[]): Spec {
  const found = unlessForbidden(() => findHostDevices(request.devices, request.privileged));
  if (found.forbidden) remarks.push("The host's devices cannot be looked at without root: none of them is shown.");
  const devices: readonly HostDevice[] = found.value ?? [];
  const facts = hostFacts(claim.id, `${claim.dir}/rootfs`, devices, request.resources.memory !== undefined);
  if (call("geteuid") === 0) return makeSpec(request, image, facts);
  // The caller's own limit would keep the container's down; root's does not.
  return makeSpec(request, image, { ...facts, kernelMaxNofile: Number(readText("/proc/sys/fs/nr_open")) });
}

/** A source that may not be looked at is taken for a directory; one that a run would make is noted in `made`. */
function lookAtBinds(
  spec: Spec,
  make: ReadonlySet<string>,
  remarks: string[],
): { binds: PreparedBind[]; made: string[] } {
  const made: string[] = [];
  const sources = findSources(spec, make, (source) => {
    const found = unlessForbidden(() => statIfThere(source));
    if (found.forbidden) remarks.push(`${source} cannot be looked at without root: it is taken for a directory.`);
    else if (found.value === undefined) made.push(source);
    return found.forbidden ? { kind: "dir" } : found.value;
  });
  return { binds: preparedBinds(spec, sources), made };
}

/** The pipes are made and closed again: they are nothing but this process's own, and so the roles are a run's. */
function lookAtStdio(request: RunRequest): string[] {
  const held = new Map<string, number>();
  openStdio(request, (role, fd) => held.set(role, fd));
  for (const fd of held.values()) close(fd);
  return [...held.keys()];
}

/** What `look` finds, or that it may not look. */
function unlessForbidden<T>(look: () => T): { readonly value?: T; readonly forbidden: boolean } {
  try {
    return { value: look(), forbidden: false };
  } catch (error) {
    if (error instanceof SysError && (error.errno === EACCES || error.errno === EPERM)) return { forbidden: true };
    throw error;
  }
}
