// Section "front": the process that the shell started. bunker's JavaScript has been replaced by this program (execve), so
// a foreground run keeps a few pages in memory, not an engine.
//
//   front ──clone──▶ monitor ──clone3──▶ container's init
//     ◀── 1 byte: "it runs" ──┘
//
// Detached, it prints the container's id when the byte arrives, and leaves. Attached, it then
// passes every signal on to the monitor, and ends with the monitor's status. It holds nothing that the container
// needs: if it is killed, the container goes on without a client.
//
// Where it stands: the host's namespaces, the shell's cgroup and session.

import { SIG_SETMASK, SIGCHLD, SIGKILL, SIGPIPE, TCSETS, WNOHANG } from "../../sys/abi/consts.gen.ts";
import { CLONE_ARGS, KERNEL_SIGACTION } from "../../sys/abi/structs.gen.ts";
import { at, type ProgramBuilder } from "../builder.ts";
import type { LaunchInput } from "../launch-input.ts";
import type { Memory } from "../memory.ts";
import { allSignalsBut, JOB_CONTROL, SIGSET_SIZE } from "../signals.ts";

export function front(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  b.section("front", "the process the shell started", { resident: true, onFail: "front.failed" });
  startMonitor(b, m);
  b.call("wait until the container runs", "read", [b.fd("readyRead"), m.siginfo, 1], { into: m.result });
  // Nothing came: the launch failed, the exit verb says why, and its status becomes ours.
  b.branch(m.result, "==", 0, "front.reap");
  if (!input.attached) announce(b, input);
  else passSignals(b, input, m);
  b.label("front.reap", "the launch failed");
  b.call("wait for the monitor", "wait4", [m.monitorPid, m.siginfo, 0, 0]);
  b.label("front.ended");
  restoreTerminal(b, input);
  // wait(2): the first byte of the status is the signal that ended a process, the second what it passed to exit
  b.load(m.result, m.siginfo, 1);
  b.branch(m.result, "==", 0, "front.exited");
  b.call("end: the monitor was killed, and the container with it", "exit_group", [128 + SIGKILL]);
  b.label("front.exited");
  b.load(m.result, at(m.siginfo, 1), 1);
  b.call("end with the container's status", "exit_group", [m.result]);
  b.label("front.failed");
  restoreTerminal(b, input);
  b.call("end: the front itself failed", "exit_group", [125]);
}

function startMonitor(b: ProgramBuilder, m: Memory): void {
  const mask = b.bytes("front.mask", allSignalsBut(...JOB_CONTROL));
  const byDefault = b.bytes("front.default_action", new Uint8Array(KERNEL_SIGACTION.size));
  b.call("block signals: they are waited for", "rt_sigprocmask", [SIG_SETMASK, mask, 0, SIGSET_SIZE]);
  b.call("want to hear of children", "rt_sigaction", [SIGCHLD, byDefault, 0, SIGSET_SIZE]);
  b.call("read the own pid", "getpid", [], { into: m.frontPid });
  b.store(at(m.cloneArgs, CLONE_ARGS.fields.exit_signal[0]), 8, SIGCHLD);
  b.call("start the monitor", "clone3", [m.cloneArgs, CLONE_ARGS.size], { into: m.monitorPid });
  b.branch(m.monitorPid, "==", 0, "monitor");
  b.call("close the monitor's end of the ready pipe", "close", [b.fd("readyWrite")]);
}

function announce(b: ProgramBuilder, input: LaunchInput): void {
  const line = `${input.announce}\n`;
  b.call("print the container's id", "write", [1, b.str(line), line.length], { onError: "ignore" });
  b.call("leave; the monitor stays", "exit_group", [0]);
}

function passSignals(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  // A pipe end that stayed open here would keep the container from reading the end of its input.
  b.call("let go of what is the monitor's", "close_range", [3, 0xffffffff, 0], { onError: "ignore" });
  const mask: ReturnType<typeof at> = { ref: "front.mask", at: 0 };
  b.label("front.loop");
  b.call("wait for a signal", "rt_sigtimedwait", [mask, 0, 0, SIGSET_SIZE], {
    into: m.result,
    onError: { to: "front.loop" },
  });
  b.branch(m.result, "==", SIGCHLD, "front.child");
  b.branch(m.result, "==", SIGPIPE, "front.unread");
  b.call("pass it to the monitor", "kill", [m.monitorPid, m.result], { onError: "ignore" });
  b.jump("front.loop");
  b.label("front.child");
  b.call("has the monitor ended?", "wait4", [m.monitorPid, m.siginfo, WNOHANG, 0], { into: m.result });
  b.branch(m.result, "==", 0, "front.loop");
  b.jump("front.ended");
  b.label("front.unread", "the monitor says that nobody reads standard output any more");
  restoreTerminal(b, input);
  b.call("end as SIGPIPE ends a program", "exit_group", [128 + SIGPIPE]);
}

function restoreTerminal(b: ProgramBuilder, input: LaunchInput): void {
  if (input.terminal?.saved === undefined) return;
  const saved = b.bytes(b.fresh("front.saved"), Uint8Array.from(input.terminal.saved));
  b.call("give the terminal its settings back", "ioctl", [0, TCSETS, saved], { onError: "ignore" });
}
