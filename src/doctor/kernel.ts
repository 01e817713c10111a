// Probes of the kernel's features that every container needs. System calls are tried with arguments that they refuse:
// EINVAL says that the call is there.

import { NAMESPACE_KINDS } from "../ns/kinds.ts";
import { atLeast } from "../host.ts";
import { AT_EMPTY_PATH, AT_FDCWD, GRND_NONBLOCK, MAP_PRIVATE, PROT_EXEC, PROT_READ } from "../sys/abi/consts.gen.ts";
import { EAGAIN, ENOSYS, EPERM } from "../sys/abi/errno.gen.ts";
import { describeErrno } from "../sys/numbers.ts";
import { call } from "../sys/call.ts";
import { close, exists, readTextIfThere, statAt, write } from "../sys/file.ts";
import { cstr, reserve, scratchBase } from "../sys/memory.ts";
import { emptyMemfd } from "../sys/process.ts";
import { fail, type Machine, ok, type Outcome, type Probe, warn } from "./types.ts";

/** The oldest kernel that bunker is made for. */
const OLDEST = "5.12";

function reaches(release: string, version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return atLeast(release, major, minor);
}

export function judgeRelease(release: string): Outcome {
  if (reaches(release, OLDEST)) return ok(release);
  return fail(`${release} is older than ${OLDEST}`, `use Linux ${OLDEST} or later`);
}

/** What the raw result of a probing system call means. */
export function judgeCall(result: number, name: string, since: string, release: string): Outcome {
  if (result === -EPERM) {
    return fail(
      `${name} is not permitted (EPERM)`,
      "run bunker as root, outside of a container or sandbox that forbids it",
    );
  }
  if (result !== -ENOSYS) return ok("there");
  if (!reaches(release, since)) return fail(`Linux ${release} has no ${name}`, `use Linux ${since} or later`);
  return fail(
    `${name} answers ENOSYS though Linux ${release} has it: a system call filter hides it`,
    "run bunker outside of the container or sandbox, or let its seccomp profile allow the call",
  );
}

function callProbe(machine: Machine, name: string, since: string, attempt: () => number): Probe {
  return { name, since, run: () => judgeCall(attempt(), name, since, machine.release) };
}

/** Opens a pidfd of this very process. */
function tryPidfd(): number {
  const fd = call("pidfd_open", process.pid, 0);
  if (fd >= 0) close(fd);
  return fd;
}

export function judgeNamespaces(there: (name: string) => boolean): Outcome {
  const missing = NAMESPACE_KINDS.filter(({ file }) => !there(file));
  if (missing.length === 0) return ok(NAMESPACE_KINDS.map(({ file }) => file).join(", "));
  const names = missing.map(({ file }) => file).join(", ");
  const options = missing.map(({ option }) => `CONFIG_${option}=y`).join(", ");
  return fail(`missing: ${names}`, `use a kernel with ${options}`);
}

/** Containers are started by a program in a memory file: it must be possible to run one. */
function memoryFile(): Outcome {
  const fd = emptyMemfd("bunker-doctor");
  try {
    write(fd, new Uint8Array(new ArrayBuffer(64)));
    const mode = statAt(fd, "", AT_EMPTY_PATH)?.mode ?? 0;
    if ((mode & 0o111) === 0) {
      return fail("memory files may not be executed (vm.memfd_noexec)", "set it off: sysctl -w vm.memfd_noexec=0");
    }
    const at = call("mmap", 0, 64, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    if (at < 0) {
      const code = describeErrno(-at)[0];
      return fail(
        `the kernel refuses executable mappings of memory files (${code})`,
        "let the security policy (SELinux, grsecurity) allow execmem for bunker",
      );
    }
    call("munmap", at, 64);
    return ok("can be executed");
  } finally {
    close(fd);
  }
}

function randomness(): Outcome {
  const result = call("getrandom", scratchBase + reserve(16), 16, GRND_NONBLOCK);
  if (result !== -EAGAIN) return ok("the kernel's generator is ready");
  return warn(
    "the kernel's generator is not ready yet: what needs keys at boot waits",
    "give the kernel a source: rng-tools or haveged, a hardware generator's driver, or random.trust_cpu=1",
  );
}

function filters(): Outcome {
  if (exists("/proc/sys/kernel/seccomp/actions_avail")) return ok("there");
  return warn("the kernel cannot filter system calls", "use a kernel with CONFIG_SECCOMP_FILTER=y");
}

function superuser(): Outcome {
  return call("geteuid") === 0 ? ok("yes") : fail("this is an ordinary user", "run bunker as root: sudo bunker doctor");
}

export function judgePressure(memory: string | undefined): Outcome {
  if (memory?.startsWith("some ") === true) return ok("there");
  return warn(
    "no pressure stall information: nothing warns before memory runs out",
    "add psi=1 to the kernel command line (the kernel needs CONFIG_PSI)",
  );
}

/** Opening the file fails with EOPNOTSUPP where psi is off. */
function pressure(): Outcome {
  try {
    return judgePressure(readTextIfThere("/proc/pressure/memory"));
  } catch {
    return judgePressure(undefined);
  }
}

export function kernelProbes(machine: Machine): Probe[] {
  return [
    { name: "root", run: superuser },
    { name: "kernel", since: OLDEST, run: () => judgeRelease(machine.release) },
    callProbe(machine, "clone3", "5.3", () => call("clone3", 0, 0)),
    callProbe(machine, "pidfd_open", "5.3", tryPidfd),
    callProbe(machine, "openat2", "5.6", () => call("openat2", AT_FDCWD, cstr("/"), 0, 0)),
    callProbe(machine, "close_range", "5.9", () => call("close_range", 0xffff_ffff, 0xffff_ffff, 0)),
    callProbe(machine, "fsopen", "5.2", () => call("fsopen", 0, 0xffff)),
    callProbe(machine, "move_mount", "5.2", () => call("move_mount", -1, 0, -1, 0, 0xffff)),
    { name: "namespaces", run: () => judgeNamespaces((name) => exists(`/proc/self/ns/${name}`)) },
    { name: "memory files", run: memoryFile },
    { name: "seccomp", run: filters },
    { name: "randomness", run: randomness },
    { name: "pressure", since: "4.20", run: pressure },
  ];
}
