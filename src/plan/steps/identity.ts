// Child, stage "identity": from all privileges down to those of the spec, in the order in which each step is still
// allowed: limits, bounding set, groups, ids, capabilities, no_new_privs.
//
// Where it stands: the finished root; afterwards the container's own user.

import {
  AT_FDCWD,
  KEYCTL_JOIN_SESSION_KEYRING,
  LINUX_CAPABILITY_VERSION_3,
  O_CLOEXEC,
  O_WRONLY,
  PR_CAP_AMBIENT,
  PR_CAP_AMBIENT_RAISE,
  PR_CAPBSET_DROP,
  PR_SET_KEEPCAPS,
  PR_SET_NO_NEW_PRIVS,
  PR_SET_PDEATHSIG,
  RLIM_INFINITY,
  SIGKILL,
} from "../../sys/abi/consts.gen.ts";
import { RLIMIT64, USER_CAP_DATA, USER_CAP_HEADER } from "../../sys/abi/structs.gen.ts";
import { pack } from "../../sys/struct.ts";
import { CAPABILITIES, capabilityMask } from "../../oci/caps.ts";
import { RLIMITS } from "../../oci/rlimits.ts";
import { type Spec, UNLIMITED } from "../../oci/spec.ts";
import type { ProgramBuilder } from "../builder.ts";
import type { Memory } from "../memory.ts";

export function setLimits(b: ProgramBuilder, spec: Spec, m: Memory): void {
  const { oomScoreAdj, rlimits = [] } = spec.process;
  if (oomScoreAdj !== undefined) {
    const text = String(oomScoreAdj);
    b.call("open the OOM score", "openat", [AT_FDCWD, b.str("/proc/self/oom_score_adj"), O_WRONLY | O_CLOEXEC, 0], {
      into: m.result,
    });
    b.call(`set the OOM score to ${text}`, "write", [m.result, b.str(text), text.length]);
    b.call("close it", "close", [m.result]);
  }
  const bytes = (value: number) => (value === UNLIMITED ? BigInt(RLIM_INFINITY) : BigInt(value));
  for (const { type, soft, hard } of rlimits) {
    const limit = b.bytes(`rlimit.${type}`, pack(RLIMIT64, { rlim_cur: bytes(soft), rlim_max: bytes(hard) }));
    b.call(`set ${type} to ${soft}:${hard}`, "prlimit64", [0, resource(type), limit, 0]);
  }
}

function resource(type: string): number {
  const number = RLIMITS[type];
  if (number === undefined) throw new Error(`there is no resource limit ${type}`);
  return number;
}

/** Of a set of 64 bits: a newer kernel may have more capabilities than the headers. */
const LAST_POSSIBLE = 63;

export function becomeUser(b: ProgramBuilder, spec: Spec): void {
  const { user, capabilities = {} } = spec.process;
  b.call("take a session keyring of its own", "keyctl", [KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0], {
    onError: "ignore",
  });
  const bounding = capabilityMask(capabilities.bounding ?? []);
  for (let number = 0; number <= LAST_POSSIBLE; number++) {
    if (((bounding >> BigInt(number)) & 1n) === 1n) continue;
    // A kernel does not know the last ones: EINVAL.
    b.call(`drop capability ${number} from the bounding set`, "prctl", [PR_CAPBSET_DROP, number, 0, 0, 0], {
      onError: "ignore",
    });
  }
  b.call("keep capabilities across the change of user", "prctl", [PR_SET_KEEPCAPS, 1, 0, 0, 0]);
  setGroups(b, user.additionalGids ?? []);
  b.call(`become group ${user.gid}`, "setresgid", [user.gid, user.gid, user.gid]);
  b.call(`become user ${user.uid}`, "setresuid", [user.uid, user.uid, user.uid]);
  b.call("keep nothing else", "prctl", [PR_SET_KEEPCAPS, 0, 0, 0, 0]);
  setCapabilities(b, capabilities);
  if (spec.process.noNewPrivileges === true) {
    b.call("gain no privileges by execve", "prctl", [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0]);
  }
  // After the last change of credentials, which clears it: without its monitor a container has nobody to record its end.
  b.call("die with the monitor", "prctl", [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0]);
  b.call("set the file mode mask", "umask", [user.umask ?? 0o022]);
}

function setGroups(b: ProgramBuilder, gids: readonly number[]): void {
  const list = new Uint8Array(new ArrayBuffer(Math.max(4, gids.length * 4)));
  const view = new DataView(list.buffer);
  gids.forEach((gid, index) => view.setUint32(index * 4, gid, true));
  b.call("set the supplementary groups", "setgroups", [gids.length, b.bytes("groups", list, 4)]);
}

function setCapabilities(b: ProgramBuilder, sets: NonNullable<Spec["process"]["capabilities"]>): void {
  const [effective, permitted, inheritable] = [sets.effective, sets.permitted, sets.inheritable].map((names) =>
    capabilityMask(names ?? []),
  );
  const half = (mask: bigint | undefined, shift: bigint) => Number(((mask ?? 0n) >> shift) & 0xffffffffn);
  const data = new Uint8Array(new ArrayBuffer(USER_CAP_DATA.size * 2));
  [0n, 32n].forEach((shift, index) => {
    const part = {
      effective: half(effective, shift),
      permitted: half(permitted, shift),
      inheritable: half(inheritable, shift),
    };
    data.set(pack(USER_CAP_DATA, part), index * USER_CAP_DATA.size);
  });
  const header = pack(USER_CAP_HEADER, { version: LINUX_CAPABILITY_VERSION_3, pid: 0 });
  b.call("set the capabilities", "capset", [b.bytes("cap.header", header, 4), b.bytes("cap.data", data, 4)]);
  for (const name of sets.ambient ?? []) {
    const number = CAPABILITIES[name];
    if (number === undefined) throw new Error(`there is no capability ${name}`);
    b.call(`raise ambient capability ${name}`, "prctl", [PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0]);
  }
}
