// Refuses a spec that cannot be carried out as it stands, naming the field. Specs that were made here go through this as
// well as those from files, so what builds the launch can rely on every string and number being what it should be.
//
// Source: runtime-spec 1.2, config.md and config-linux.md; relations between fields as runc checks them.

import { UserError } from "../errors.ts";
import { CAPABILITIES } from "./caps.ts";
import { quote } from "./parse/fault.ts";
import { cleanPath } from "./parse/path.ts";
import { RLIMITS } from "./rlimits.ts";
import { fault, Fault, flag, integer, list, map, matching, object, oneOf, path, text } from "./schema.ts";
import { type Linux, NAMESPACE_TYPES, type Process, type Spec, UNLIMITED } from "./spec.ts";
import { sysctlNamespace } from "./sysctl.ts";

/** 2^32-1 means "leave as it is" to the kernel's calls. */
const ID = integer(0, 2 ** 32 - 2);
/** Device numbers: 12 and 20 bits (linux/kdev_t.h); -1 stands for any in rules. */
const MAJOR = integer(0, 2 ** 12 - 1);
const MINOR = integer(0, 2 ** 20 - 1);
const COUNT = integer(-1, 2 ** 63);
const PERMISSIONS = integer(0, 0o7777);

const CAPABILITY_LIST = list(oneOf(Object.keys(CAPABILITIES)));

const PROCESS = object({
  required: {
    user: object({
      required: { uid: ID, gid: ID },
      optional: { umask: integer(0, 0o777), additionalGids: list(ID) },
    }),
    args: list(text),
    cwd: path,
  },
  optional: {
    terminal: flag,
    consoleSize: object({ required: { height: integer(0, 65_535), width: integer(0, 65_535) } }),
    env: list(matching(/^[^=]+=/, "NAME=value")),
    capabilities: object({
      optional: {
        bounding: CAPABILITY_LIST,
        effective: CAPABILITY_LIST,
        permitted: CAPABILITY_LIST,
        inheritable: CAPABILITY_LIST,
        ambient: CAPABILITY_LIST,
      },
    }),
    rlimits: list(
      object({
        required: { type: oneOf(Object.keys(RLIMITS)), soft: integer(0, UNLIMITED), hard: integer(0, UNLIMITED) },
      }),
    ),
    noNewPrivileges: flag,
    oomScoreAdj: integer(-1000, 1000),
  },
  unsupported: ["apparmorProfile", "selinuxLabel", "scheduler", "ioPriority", "execCPUAffinity", "commandLine"],
});

const MOUNT = object({
  required: { destination: path },
  optional: { type: text, source: text, options: list(text) },
  unsupported: ["uidMappings", "gidMappings"],
});

const RESOURCES = object({
  optional: {
    devices: list(
      object({
        required: { allow: flag },
        optional: {
          type: oneOf(["a", "c", "b"]),
          major: integer(-1, 2 ** 12 - 1),
          minor: integer(-1, 2 ** 20 - 1),
          access: matching(/^[rwm]*$/, 'letters of "rwm"'),
        },
      }),
    ),
    memory: object({
      optional: { limit: COUNT, reservation: COUNT, swap: COUNT },
      unsupported: ["kernel", "kernelTCP", "swappiness", "disableOOMKiller"],
    }),
    cpu: object({
      optional: { shares: integer(0, 2 ** 63), quota: COUNT, period: integer(0, 2 ** 63), cpus: text, mems: text },
      unsupported: ["burst", "realtimeRuntime", "realtimePeriod", "idle"],
    }),
    pids: object({ required: { limit: COUNT } }),
    unified: map(text),
  },
  unsupported: ["blockIO", "hugepageLimits", "network", "rdma"],
});

const MAPPINGS = list(object({ required: { containerID: ID, hostID: ID, size: integer(1, 2 ** 32 - 1) } }));

const LINUX = object({
  optional: {
    namespaces: list(object({ required: { type: oneOf(NAMESPACE_TYPES) }, optional: { path } })),
    uidMappings: MAPPINGS,
    gidMappings: MAPPINGS,
    devices: list(
      object({
        required: { path, type: oneOf(["c", "b", "u", "p"]) },
        optional: { major: MAJOR, minor: MINOR, fileMode: PERMISSIONS, uid: ID, gid: ID },
      }),
    ),
    cgroupsPath: path,
    resources: RESOURCES,
    sysctl: map(text),
    maskedPaths: list(path),
    readonlyPaths: list(path),
    rootfsPropagation: oneOf(["private", "shared", "slave", "unbindable"]),
  },
  unsupported: ["seccomp", "intelRdt", "mountLabel", "personality", "timeOffsets", "netDevices", "memoryPolicy"],
});

const SPEC = object({
  required: {
    ociVersion: matching(/^1\.\d+\.\d+/, "a version 1 of the runtime specification"),
    process: PROCESS,
    root: object({ required: { path: text }, optional: { readonly: flag } }),
  },
  optional: {
    hostname: matching(/^[^/]{0,64}$/s, "a host name of at most 64 characters"),
    domainname: matching(/^[^/]{0,64}$/s, "a domain name of at most 64 characters"),
    mounts: list(MOUNT),
    linux: LINUX,
    annotations: map(text),
  },
  unsupported: ["hooks", "windows", "solaris", "vm", "zos"],
});

/**
 * The spec, with what the specification lets be missing filled in, unknown fields and nulls left out.
 * @param what where it came from, for the error: a file's path
 * @throws UserError naming the field that is wrong or not supported
 */
export function validateSpec(value: unknown, what = "config.json"): Spec {
  try {
    const found = SPEC(value, "") as Partial<Spec>;
    const { mounts = [], linux } = found;
    const spec = { ...found, mounts, linux: { ...linux, namespaces: linux?.namespaces ?? [] } } as Spec;
    checkProcess(spec.process);
    spec.mounts.forEach(({ destination }, index) => {
      if (cleanPath(destination) === "/")
        throw fault(`mounts[${index}].destination`, "the root itself cannot be mounted over");
    });
    checkLinux(spec.linux);
    checkNamespaces(spec);
    return spec;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new UserError(`${what}: ${error.message}`);
  }
}

function checkProcess(process: Process): void {
  if ((process.args[0] ?? "") === "") throw fault("process.args", "names no program");
  const seen = new Set<string>();
  for (const [index, { type, soft, hard }] of (process.rlimits ?? []).entries()) {
    const at = `process.rlimits[${index}]`;
    if (soft > hard) throw fault(at, `the soft limit of ${type} is above the hard limit`);
    if (seen.has(type)) throw fault(at, `${type} is there twice`);
    seen.add(type);
  }
}

function checkLinux(linux: Linux): void {
  for (const [index, device] of (linux.devices ?? []).entries()) {
    const numbered = device.major !== undefined && device.minor !== undefined;
    if (device.type !== "p" && !numbered)
      throw fault(`linux.devices[${index}]`, `${device.path} has no major and minor`);
  }
}

/** What belongs to a namespace can only be set where the container has one of its own. */
function checkNamespaces({ hostname, domainname, linux }: Spec): void {
  const types = linux.namespaces.map(({ type }) => type);
  const twice = types.find((type, index) => types.indexOf(type) !== index);
  if (twice !== undefined) throw fault("linux.namespaces", `"${twice}" is there twice`);
  if (!types.includes("mount")) throw fault("linux.namespaces", 'without "mount" there is no root of its own');
  if (hostname !== undefined && !types.includes("uts")) throw fault("hostname", 'needs a "uts" namespace');
  if (domainname !== undefined && !types.includes("uts")) throw fault("domainname", 'needs a "uts" namespace');
  if (linux.uidMappings !== undefined && !types.includes("user")) {
    throw fault("linux.uidMappings", 'needs a "user" namespace');
  }
  for (const name of Object.keys(linux.sysctl ?? {})) {
    const at = `linux.sysctl[${quote(name)}]`;
    const namespace = sysctlNamespace(name);
    if (namespace === undefined) throw fault(at, "would change the whole host");
    if (!types.includes(namespace)) throw fault(at, `needs a "${namespace}" namespace`);
  }
}
