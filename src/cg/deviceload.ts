// Loads the device program that devicebpf.ts makes and attaches it to a cgroup v2 group. Source: bpf(2).

import type { DeviceRule } from "../oci/spec.ts";
import {
  BPF_CGROUP_DEVICE,
  BPF_F_ALLOW_MULTI,
  BPF_PROG_ATTACH,
  BPF_PROG_LOAD,
  BPF_PROG_TYPE_CGROUP_DEVICE,
  O_DIRECTORY,
  O_RDONLY,
  RLIM_INFINITY,
  RLIMIT_MEMLOCK,
} from "../sys/abi/consts.gen.ts";
import { EACCES, EINVAL, ENOSYS, EPERM } from "../sys/abi/errno.gen.ts";
import { RLIMIT64 } from "../sys/abi/structs.gen.ts";
import { call, sysError } from "../sys/call.ts";
import { close, open } from "../sys/file.ts";
import { addressOf } from "../sys/gate.ts";
import { cstr, place, reserve, scratchBase } from "../sys/memory.ts";
import { pack } from "../sys/struct.ts";
import { deviceProgram, INSN_SIZE } from "./devicebpf.ts";
import { refuse } from "./refusal.ts";

/**
 * union bpf_attr for BPF_PROG_LOAD, up to its seventeenth word: u32 prog_type; u32 insn_cnt; u64 insns; u64 license;
 * u32 log_level; u32 log_size; u64 log_buf; u32 kern_version; u32 prog_flags; char prog_name[16]; ...
 */
const PROG_LOAD = {
  size: 72,
  fields: {
    prog_type: [0, 4, false],
    insn_cnt: [4, 4, false],
    insns: [8, 8, false],
    license: [16, 8, false],
    prog_name: [48, 16, "bytes"],
  },
} as const;

/** union bpf_attr for BPF_PROG_ATTACH: u32 target_fd; u32 attach_bpf_fd; u32 attach_type; u32 attach_flags; ... */
const ATTACH = {
  size: 20,
  fields: {
    target_fd: [0, 4, false],
    attach_bpf_fd: [4, 4, false],
    attach_type: [8, 4, false],
    attach_flags: [12, 4, false],
  },
} as const;

function bpf(command: number, attr: Uint8Array): number {
  return call("bpf", command, place(attr), attr.length);
}

function tryLoad(program: Uint8Array): number {
  return bpf(
    BPF_PROG_LOAD,
    pack(PROG_LOAD, {
      prog_type: BPF_PROG_TYPE_CGROUP_DEVICE,
      insn_cnt: program.length / INSN_SIZE,
      insns: addressOf(program),
      license: cstr("MIT"),
      prog_name: new TextEncoder().encode("bunker_devices"),
    }),
  );
}

/** Loads a program; its descriptor, or the negative errno. */
export function loadDeviceProgram(program: Uint8Array<ArrayBuffer>): number {
  const fd = tryLoad(program);
  if (fd !== -EPERM) return fd;
  // Before Linux 5.11 programs count as locked memory, of which 64 KB are allowed. The limit is put back at once: the
  // container inherits it.
  const old = scratchBase + reserve(RLIMIT64.size);
  const unlimited = pack(RLIMIT64, {
    rlim_cur: RLIM_INFINITY,
    rlim_max: RLIM_INFINITY,
  });
  if (call("prlimit64", 0, RLIMIT_MEMLOCK, place(unlimited), old) < 0) return fd;
  const again = tryLoad(program);
  call("prlimit64", 0, RLIMIT_MEMLOCK, old, 0);
  return again;
}

function failure(step: string, result: number): Error {
  if (result === -ENOSYS || result === -EINVAL) {
    return refuse("the device rules", {
      reason: `the kernel has no device programs for cgroup v2 (${step})`,
      remedy: "use a kernel with CONFIG_BPF_SYSCALL=y and CONFIG_CGROUP_BPF=y, or mount cgroup v1's devices controller",
    });
  }
  if (result === -EPERM || result === -EACCES) {
    return refuse("the device rules", {
      reason: `no permission to ${step}`,
      remedy: "run as root with CAP_BPF and CAP_NET_ADMIN or CAP_SYS_ADMIN, outside of a container that forbids bpf",
    });
  }
  return sysError(step, result);
}

/** Makes the kernel carry out the rules for the cgroup v2 group `dir`. The program goes when the group does. */
export function attachDeviceProgram(rules: readonly DeviceRule[], dir: string): void {
  const program = loadDeviceProgram(deviceProgram(rules));
  if (program < 0) throw failure("load a device program", program);
  try {
    const group = open(dir, O_RDONLY | O_DIRECTORY);
    try {
      const attached = bpf(
        BPF_PROG_ATTACH,
        pack(ATTACH, {
          target_fd: group,
          attach_bpf_fd: program,
          attach_type: BPF_CGROUP_DEVICE,
          // A group below, made inside of the container, may add rules of its own but not lift these.
          attach_flags: BPF_F_ALLOW_MULTI,
        }),
      );
      if (attached < 0) throw failure(`attach a device program to ${dir}`, attached);
    } finally {
      close(group);
    }
  } finally {
    close(program);
  }
}
