// Section "monitor": the process that stays beside the container. It starts the container's init and waits until that
// has become the user's command (vfork: the two share memory until then, so a failing step of the child leaves its number
// and errno where the monitor finds them), writes down who runs, says "it runs", and gives back the pages of the launch.
//
// Where it stands: the host's namespaces, its own session, the shell's cgroup.

import {
  CLOCK_REALTIME,
  CLONE_INTO_CGROUP,
  CLONE_PIDFD,
  CLONE_VFORK,
  CLONE_VM,
  O_RDONLY,
  O_CLOEXEC,
  AT_FDCWD,
  PR_SET_NAME,
  PR_SET_PDEATHSIG,
  SIGCHLD,
  TCSETS,
} from "../../sys/abi/consts.gen.ts";
import { cloneFlags } from "../../ns/kinds.ts";
import { CLONE_ARGS } from "../../sys/abi/structs.gen.ts";
import { at, type ProgramBuilder } from "../builder.ts";
import type { LaunchInput } from "../launch-input.ts";
import { LIVE, type Memory } from "../memory.ts";
import { FRONT_GONE } from "../signals.ts";
import { takeMaster } from "./passing.ts";
import { dropStdio } from "./relay.ts";

export function monitor(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  b.section("monitor", "the process that stays beside the container", { resident: false, onFail: "monitor.failed" });
  b.label("monitor");
  detachFromShell(b, input);
  startInit(b, input, m);
  b.branch(b.failure.errno, "!=", 0, "monitor.child_failed");
  b.branch(m.phase, "==", 0, "monitor.child_lost");
  if (input.terminal !== undefined) takeMaster(b, m);
  closeLaunchDescriptors(b, input);
  writeLive(b, m);
  if (input.attached && input.terminal?.raw !== undefined) {
    // Before the first byte is relayed; the front gives the settings back. A launch that fails prints its error before.
    const raw = b.bytes("terminal.raw", Uint8Array.from(input.terminal.raw));
    b.call("set the client's terminal to raw mode", "ioctl", [0, TCSETS, raw], { onError: "ignore" });
  }
  b.call("say that it runs", "write", [b.fd("readyWrite"), b.str("1"), 1], { onError: "ignore" });
  b.call("close the ready pipe", "close", [b.fd("readyWrite")], { onError: "ignore" });
  if (!input.attached) dropStdio(b, m.result);
  if (!input.autoRemove) makeRecordDurable(b, input, m);
  b.jump("relay");
}

function detachFromShell(b: ProgramBuilder, input: LaunchInput): void {
  b.call("close the front's end of the ready pipe", "close", [b.fd("readyRead")]);
  if (input.attached) b.call("hear when the front is gone", "prctl", [PR_SET_PDEATHSIG, FRONT_GONE, 0, 0, 0]);
  b.call("leave the shell's session", "setsid", []);
  b.call("name the monitor", "prctl", [PR_SET_NAME, b.str("bunker-monitor"), 0, 0, 0], { onError: "ignore" });
  b.call("pin no directory", "chdir", [b.str("/")]);
}

function startInit(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  const kinds = input.spec.linux.namespaces.map((namespace) => namespace.type);
  const { cgroup } = input;
  const flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | cloneFlags(kinds);
  const field = (name: keyof typeof CLONE_ARGS.fields) => at(m.cloneArgs, CLONE_ARGS.fields[name][0]);
  let wide = BigInt(flags >>> 0);
  if (cgroup.v2Fd !== undefined) {
    wide |= BigInt(CLONE_INTO_CGROUP);
    b.store(field("cgroup"), 8, b.fd(cgroup.v2Fd));
  }
  b.store(field("flags"), 8, wide);
  b.store(field("pidfd"), 8, m.pidfdCell);
  b.store(field("exit_signal"), 8, SIGCHLD);
  b.call("start the container's init", "clone3", [m.cloneArgs, CLONE_ARGS.size], { into: m.initPid });
  b.branch(m.initPid, "==", 0, "child");
  b.load(m.pidfd, m.pidfdCell, 4);
}

/** Descriptors that only the launch needed: kept open they would pin mounts and pipe ends. */
function closeLaunchDescriptors(b: ProgramBuilder, input: LaunchInput): void {
  const roles = ["program"];
  if (input.init) roles.push("init");
  if (input.terminal !== undefined) roles.push("masterSend", "masterReceive");
  else roles.push("stdout", "stderr");
  if (input.terminal === undefined && input.interactive) roles.push("stdin");
  for (const bind of input.binds) roles.push(bind.fd);
  if (input.cgroup.v2Fd !== undefined) roles.push(input.cgroup.v2Fd);
  for (const role of roles) b.call(`close ${role}`, "close", [b.fd(role)], { onError: "ignore" });
}

function writeLive(b: ProgramBuilder, m: Memory): void {
  b.store(at(m.live, LIVE.initPid), 8, m.initPid);
  b.call("read the own pid", "getpid", [], { into: m.result });
  b.store(at(m.live, LIVE.monitorPid), 8, m.result);
  b.call("read the clock", "clock_gettime", [CLOCK_REALTIME, at(m.live, LIVE.startedSeconds)]);
  b.call("write down who runs", "pwrite64", [b.fd("lock"), m.live, LIVE.size, 0]);
}

/** The record was written without waiting for the disk; the container already runs while this waits. */
function makeRecordDurable(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  for (const path of input.durable) {
    const next = b.fresh("monitor.synced");
    b.call(`open ${path}`, "openat", [AT_FDCWD, b.str(path), O_RDONLY | O_CLOEXEC, 0], {
      into: m.result,
      onError: { to: next },
    });
    b.call(`put ${path} on the disk`, "fsync", [m.result], { onError: "ignore" });
    b.call(`close ${path}`, "close", [m.result], { onError: "ignore" });
    b.label(next);
  }
}
