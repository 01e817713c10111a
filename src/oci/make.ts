// Makes the OCI spec of a container from what was asked for, what the image says and what this host is: the whole story,
// in order. Pure: the same three give the same spec.

import { UsageError, UserError } from "../errors.ts";
import { ALL, capabilitySets, chooseCapabilities, hasCapability } from "./caps.ts";
import { makeCommand } from "./command.ts";
import { DEFAULT_CGROUP_PARENT, maskedPaths, NETWORK_SYSCTLS, READONLY_PATHS } from "./defaults.ts";
import { type HostDevice, makeDeviceRules, makeDevices } from "./devices.ts";
import { makeEnvironment } from "./environment.ts";
import type { ImageConfig } from "./image.ts";
import { makeMounts } from "./mounts.ts";
import { cleanPath } from "./parse/path.ts";
import { quote } from "./parse/fault.ts";
import type { RunRequest } from "./request.ts";
import { type CapFacts, makeResources } from "./resources.ts";
import { makeRlimits } from "./rlimits.ts";
import { type Linux, type Namespace, OCI_VERSION, type Process, type Spec } from "./spec.ts";
import { sysctlNamespace } from "./sysctl.ts";
import { type ResolvedUser, resolveUser } from "./users.ts";

/** What the image brings: its configuration and two of its files. */
export interface ImageFacts {
  readonly config: ImageConfig;
  /** The text of /etc/passwd, if there is one. */
  readonly passwd?: string;
  /** The text of /etc/group, if there is one. */
  readonly group?: string;
}

/** What the host brings. */
export interface HostFacts extends CapFacts {
  /** The container's id, 64 hexadecimal digits; its first 12 are the default host name. */
  readonly id: string;
  /** The host's own name, which a container in its network shares. */
  readonly hostname: string;
  /** The container's root directory, absolute or relative to its bundle. */
  readonly rootfs: string;
  /** The highest number of open files that can be set: fs.nr_open. */
  readonly kernelMaxNofile?: number;
  /** Whether a tree of mounts can be made read-only: Linux 5.12. */
  readonly recursiveReadOnly: boolean;
  /** Capabilities that bunker itself has, as a mask; all of them where it is missing. */
  readonly capabilities?: bigint;
  /** How many processors have a thermal_throttle directory in sysfs; 0 where there is none. */
  readonly throttled: number;
  /** What hostdevices.ts found for the request. */
  readonly devices: readonly HostDevice[];
}

/**
 * @throws UsageError or UserError naming the option, or the image's field, that cannot be carried out
 */
export function makeSpec(request: RunRequest, image: ImageFacts, host: HostFacts): Spec {
  const user = resolveUser(request.user || image.config.User, image.passwd, image.group, request.groupAdd);
  const hostname = request.hostname ?? (request.network === "host" ? host.hostname : host.id.slice(0, 12));
  const spec = {
    ociVersion: OCI_VERSION,
    process: makeProcess(request, image.config, host, user, hostname),
    root: { path: host.rootfs, readonly: request.readOnly },
    hostname,
    mounts: makeMounts(request, host.recursiveReadOnly),
    linux: makeLinux(request, host),
    annotations: { ...image.config.Labels, ...request.labels },
  };
  refuseNuls(request.image, spec);
  return spec;
}

/**
 * What the image says and what the container's command line is has been through no parser. (All the rest is checked where
 * it is read; running all of validate.ts here would take longer than the rest of the launch.)
 */
function refuseNuls(image: string, { process, annotations }: Spec): void {
  let labels = "";
  for (const [name, value] of Object.entries(annotations ?? {})) labels += name + value;
  const found: readonly (readonly [what: string, text: string])[] = [
    ["the command", process.args.join("")],
    ["the environment", (process.env ?? []).join("")],
    ["the working directory", process.cwd],
    ["a label", labels],
  ];
  for (const [what, text] of found) {
    if (text.includes("\0")) throw new UserError(`run ${image}: ${what} contains a NUL character`, { exitCode: 125 });
  }
}

function makeProcess(
  request: RunRequest,
  config: ImageConfig,
  host: HostFacts,
  user: ResolvedUser,
  hostname: string,
): Process {
  const { uid, gid, additionalGids, home } = user;
  refuseUnheld(request.capAdd, host);
  const capabilities = chooseCapabilities(request.capAdd, request.capDrop, request.privileged, host.capabilities);
  return {
    terminal: request.tty,
    user: { uid, gid, additionalGids },
    args: makeCommand(request, config),
    env: makeEnvironment(request, config, { hostname, home }),
    cwd: makeCwd(request.workdir, config.WorkingDir),
    capabilities: capabilitySets(capabilities, uid),
    rlimits: makeRlimits(request.ulimits, host.kernelMaxNofile),
    noNewPrivileges: request.noNewPrivileges,
    // Always said, so that the container does not inherit the protection of the service that starts it.
    oomScoreAdj: request.oomScoreAdj ?? 0,
  };
}

/** What is asked for by name has to be there; ALL means all there are. */
function refuseUnheld(add: readonly string[], { capabilities }: HostFacts): void {
  if (capabilities === undefined) return;
  const missing = add.find((name) => name !== ALL && !hasCapability(capabilities, name));
  if (missing === undefined) return;
  throw new UserError(
    `cannot give --cap-add ${missing} to the container: bunker does not have this capability itself`,
    {
      remedy: "run bunker as root, and outside of other containers or services that restrict it",
      exitCode: 125,
    },
  );
}

function makeCwd(asked: string | undefined, fromImage: string | undefined): string {
  if (asked !== undefined && !asked.startsWith("/")) {
    throw new UsageError(`invalid value ${quote(asked)} for --workdir: expected an absolute path`, "run");
  }
  // Images may have a relative one, which means below the root.
  return cleanPath(`/${asked ?? fromImage ?? ""}`);
}

function makeLinux(request: RunRequest, host: HostFacts): Linux {
  return {
    namespaces: makeNamespaces(request),
    devices: makeDevices(host.devices),
    cgroupsPath: `${request.cgroupParent ?? DEFAULT_CGROUP_PARENT}/${host.id}`,
    resources: {
      devices: makeDeviceRules(host.devices, request.privileged),
      ...makeResources(request.resources, host),
    },
    sysctl: makeSysctls(request),
    maskedPaths: request.privileged ? [] : maskedPaths(host.throttled),
    readonlyPaths: request.privileged ? [] : READONLY_PATHS,
  };
}

function makeNamespaces(request: RunRequest): Namespace[] {
  const network: Namespace[] = request.network === "host" ? [] : [{ type: "network" }];
  return [{ type: "pid" }, ...network, { type: "mount" }, { type: "ipc" }, { type: "uts" }, { type: "cgroup" }];
}

function makeSysctls(request: RunRequest): Record<string, string> {
  if (request.network !== "host") return { ...NETWORK_SYSCTLS, ...request.sysctls };
  const clash = Object.keys(request.sysctls).find((name) => sysctlNamespace(name) === "network");
  if (clash === undefined) return { ...request.sysctls };
  throw new UsageError(
    `--sysctl ${clash} would change the host's network, which --network host shares`,
    "run",
    `set it on the host, or use a network of the container's own: --network none`,
  );
}
