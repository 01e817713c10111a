// Section "after": the container has ended. The monitor writes down how, removes the control groups, and for `--rm` the
// state directory, all by constant paths. Whatever needs thought (a root file system that was written to, a restart
// policy, a launch that failed) is left to bunker's exit verb, which the monitor becomes.
//
// A kill at any point leaves a state that the next command recognises: the lock is free, the record is there or not.

import {
  AT_FDCWD,
  AT_REMOVEDIR,
  CLD_EXITED,
  CLOCK_REALTIME,
  O_CLOEXEC,
  O_CREAT,
  O_RDONLY,
  O_WRONLY,
  P_PID,
  PR_SET_PDEATHSIG,
  WEXITED,
} from "../../sys/abi/consts.gen.ts";
import { ENOENT } from "../../sys/abi/errno.gen.ts";
import { SIGINFO_CHLD } from "../../sys/abi/structs.gen.ts";
import { at, type ProgramBuilder } from "../builder.ts";
import type { Ref, Slot } from "../../asm/ir.ts";
import type { LaunchInput } from "../launch-input.ts";
import { EXIT_RECORD, EXIT_RESERVED, LIVE, type Memory } from "../memory.ts";

const FRAME: Ref = { ref: "frame", at: 0 };

export function after(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  b.section("after", "the container has ended", { resident: true, onFail: "after.verb" });
  const status = b.slot("status");
  const leftover = b.slot("leftover");
  b.label("after");
  collectStatus(b, m, status);
  removeGroups(b, input, m, leftover);
  if (input.autoRemove) {
    b.branch(leftover, "!=", 0, "after.record");
    removeState(b, input, m);
    b.call("end with the container's status", "exit_group", [status]);
  }
  b.label("after.record");
  writeRecord(b, input, m);
  if (!input.autoRemove) {
    b.branch(leftover, "!=", 0, "after.verb");
    b.call("end with the container's status", "exit_group", [status]);
  }
  becomeExitVerb(b, input);
}

/** The exit status of a shell: the command's own, or 128 + the signal that ended it. */
function collectStatus(b: ProgramBuilder, m: Memory, status: Slot): void {
  b.call("learn how init ended", "waitid", [P_PID, m.initPid, m.siginfo, WEXITED, 0]);
  b.load(m.result, at(m.siginfo, SIGINFO_CHLD.fields.si_code[0]), 4, true);
  b.load(status, at(m.siginfo, SIGINFO_CHLD.fields.si_status[0]), 4, true);
  b.store(at(FRAME, EXIT_RECORD.code), 8, m.result);
  b.store(at(FRAME, EXIT_RECORD.status), 8, status);
  b.branch(m.result, "==", CLD_EXITED, "after.exited");
  b.add(status, 128);
  b.label("after.exited");
}

function removeGroups(b: ProgramBuilder, input: LaunchInput, m: Memory, leftover: Slot): void {
  if (input.cgroup.oomFile !== undefined) readOomCounters(b, input.cgroup.oomFile, m);
  for (const dir of input.cgroup.dirs) {
    const next = b.fresh("after.group");
    b.call("remove a control group", "unlinkat", [AT_FDCWD, b.str(dir), AT_REMOVEDIR], {
      into: m.result,
      onError: "ignore",
    });
    b.branch(m.result, "==", 0, next);
    b.branch(m.result, "==", -ENOENT, next);
    b.set(leftover, 1);
    b.label(next);
  }
}

/** `phase` now holds the number of bytes read. */
function readOomCounters(b: ProgramBuilder, path: string, m: Memory): void {
  b.set(m.phase, 0);
  b.call("open the OOM counters", "openat", [AT_FDCWD, b.str(path), O_RDONLY | O_CLOEXEC, 0], {
    into: m.result,
    onError: { to: "after.no_counters" },
  });
  b.call("read the OOM counters", "read", [m.result, at(FRAME, EXIT_RECORD.size), EXIT_RECORD.oomText], {
    into: m.phase,
    onError: "ignore",
  });
  b.branch(m.phase, ">=", 0, "after.counters_read");
  b.set(m.phase, 0);
  b.label("after.counters_read");
  b.call("close the OOM counters", "close", [m.result], { onError: "ignore" });
  b.label("after.no_counters");
}

function writeRecord(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  const [reserved, path] = [b.str(`${input.dir}/${EXIT_RESERVED}`), b.str(`${input.dir}/exit`)];
  b.call("read the clock", "clock_gettime", [CLOCK_REALTIME, at(FRAME, EXIT_RECORD.seconds)], { onError: "ignore" });
  b.call("open the exit record", "openat", [AT_FDCWD, reserved, O_WRONLY | O_CREAT | O_CLOEXEC, 0o640], {
    into: m.result,
  });
  if (input.cgroup.oomFile === undefined) b.set(m.phase, 0);
  b.add(m.phase, EXIT_RECORD.size);
  b.call("write the exit record", "write", [m.result, FRAME, m.phase], { onError: "ignore" });
  b.call("give back the rest of its room", "ftruncate", [m.result, m.phase], { onError: "ignore" });
  b.call("close the exit record", "close", [m.result], { onError: "ignore" });
  b.call("put it in its place", "renameat2", [AT_FDCWD, reserved, AT_FDCWD, path, 0], { onError: "ignore" });
}

/** Succeeds only while nothing has been written to the root file system; anything else is the exit verb's. */
function removeState(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  const remove = (path: string, flag: number, onError: "ignore" | "fail") => {
    b.call("remove a part of the container's state", "unlinkat", [AT_FDCWD, b.str(path), flag], {
      onError: onError === "fail" ? { to: "after.record" } : "ignore",
      into: m.result,
    });
  };
  remove(input.upper, AT_REMOVEDIR, "fail");
  // What overlayfs keeps there, with the option "volatile"; see Documentation/filesystems/overlayfs.rst.
  remove(`${input.work}/work/incompat/volatile/dirty`, 0, "ignore");
  for (const dir of ["/work/incompat/volatile", "/work/incompat", "/work", ""])
    remove(input.work + dir, AT_REMOVEDIR, "ignore");
  const logs = input.log === undefined ? [] : [input.log.path];
  for (let n = 1; n < (input.log?.maxFiles ?? 0); n++) logs.push(`${input.log?.path}.${n}`);
  for (const file of [...logs, ...input.durable.filter((path) => path !== input.dir)]) remove(file, 0, "ignore");
  remove(input.dir, AT_REMOVEDIR, "fail");
  remove(input.namePath, 0, "ignore");
  remove(input.lockPath, 0, "ignore");
}

function becomeExitVerb(b: ProgramBuilder, input: LaunchInput): void {
  const argv = b.vector("after.argv", ["bunker", ...input.exitVerb.argv]);
  const envp = b.vector("after.envp", [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ...input.exitVerb.env,
  ]);
  b.label("after.verb");
  b.call("a dead front is no reason to die", "prctl", [PR_SET_PDEATHSIG, 0, 0, 0, 0], { onError: "ignore" });
  b.call("become bunker's exit verb", "execve", [b.str(input.exitVerb.path), argv, envp], { onError: "ignore" });
  b.call("end: bunker itself is gone", "exit_group", [125]);
}

/** Section "failure": the container was never started. The lock file says which operation failed; the exit verb explains. */
export function failure(b: ProgramBuilder, m: Memory): void {
  b.section("failure", "the launch failed", { resident: false, onFail: "after.verb" });
  b.label("monitor.child_lost", "killed during set-up, by nobody's call: there is no errno");
  b.set(b.failure.op, -1);
  b.label("monitor.child_failed");
  b.call("reap the child", "wait4", [m.initPid, 0, 0, 0], { onError: "ignore" });
  b.label("monitor.failed");
  b.store(at(m.live, LIVE.failedOp), 8, b.failure.op);
  b.store(at(m.live, LIVE.failedErrno), 8, b.failure.errno);
  b.call("write down what failed", "pwrite64", [b.fd("lock"), m.live, LIVE.size, 0], { onError: "ignore" });
  b.jump("after.verb");
}
