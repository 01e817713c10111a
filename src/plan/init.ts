// The program of `--init`: process 1 of a container whose command should not be it. It starts the command in a process
// group of its own, passes signals on, reaps what the command leaves behind, and ends with the command's status.
//
// A program of its own, because the monitor waits until the child of the launch has become something else (vfork): it
// becomes this, with execveat.

import { CLONE_VFORK, CLONE_VM, SIG_SETMASK, SIGCHLD, TIOCSPGRP, WNOHANG } from "../sys/abi/consts.gen.ts";
import { ENOENT, ENOTDIR } from "../sys/abi/errno.gen.ts";
import { CLONE_ARGS } from "../sys/abi/structs.gen.ts";
import type { Spec } from "../oci/spec.ts";
import { at, ProgramBuilder } from "./builder.ts";
import type { Program, Ref, Slot } from "../asm/ir.ts";
import { allSignalsBut, SIGSET_SIZE } from "./signals.ts";
import { resetSignals, tryCommand } from "./steps/exec.ts";

interface InitMemory {
  readonly child: Slot;
  readonly result: Slot;
  readonly status: Ref;
  readonly cloneArgs: Ref;
}

export function buildInit(spec: Spec): Program {
  const b = new ProgramBuilder();
  const m: InitMemory = {
    child: b.slot("child"),
    result: b.slot("result"),
    status: b.zero("status", 8),
    cloneArgs: b.zero("clone_args", CLONE_ARGS.size),
  };
  reaper(b, spec, m);
  command(b, spec, m);
  return b.finish();
}

function reaper(b: ProgramBuilder, spec: Spec, m: InitMemory): void {
  b.section("init", "process 1 of the container", { resident: true, onFail: "init.end" });
  const mask = b.bytes("mask", allSignalsBut());
  b.call("block signals: they are waited for", "rt_sigprocmask", [SIG_SETMASK, mask, 0, SIGSET_SIZE]);
  b.store(at(m.cloneArgs, CLONE_ARGS.fields.flags[0]), 8, CLONE_VM | CLONE_VFORK);
  b.store(at(m.cloneArgs, CLONE_ARGS.fields.exit_signal[0]), 8, SIGCHLD);
  b.call("start the command", "clone3", [m.cloneArgs, CLONE_ARGS.size], { into: m.child });
  b.branch(m.child, "==", 0, "command");
  b.branch(b.failure.errno, "!=", 0, "init.not_started");
  b.label("init.loop");
  b.call("wait for a signal", "rt_sigtimedwait", [mask, 0, 0, SIGSET_SIZE], {
    into: m.result,
    onError: { to: "init.loop" },
  });
  b.branch(m.result, "==", SIGCHLD, "init.reap");
  b.call("pass it to the command", "kill", [m.child, m.result], { onError: "ignore" });
  b.jump("init.loop");
  b.label("init.reap");
  b.call("reap a process", "wait4", [-1, m.status, WNOHANG, 0], { into: m.result, onError: { to: "init.loop" } });
  b.branch(m.result, "==", 0, "init.loop");
  b.sub(m.result, m.child);
  b.branch(m.result, "!=", 0, "init.reap");
  endLike(b, m);
  notStarted(b, spec);
}

/** wait(2): the low 7 bits of the first byte are a signal, bit 7 says "core dumped", the second byte is the exit status. */
function endLike(b: ProgramBuilder, m: InitMemory): void {
  b.load(m.result, m.status, 1);
  b.branch(m.result, "!=", 0, "init.signalled");
  b.load(m.result, at(m.status, 1), 1);
  b.jump("init.end");
  b.label("init.signalled");
  b.branch(m.result, ">=", 128, "init.end");
  b.add(m.result, 128);
  b.label("init.end");
  b.call("end with the command's status", "exit_group", [m.result]);
}

function notStarted(b: ProgramBuilder, spec: Spec): void {
  const text = `bunker: cannot execute ${spec.process.args[0]} in the container\n`;
  b.label("init.not_started");
  b.call("say so", "write", [2, b.str(text), new TextEncoder().encode(text).length], { onError: "ignore" });
  for (const errno of [ENOENT, ENOTDIR]) b.branch(b.failure.errno, "==", errno, "init.not_found");
  b.call("end: not executable", "exit_group", [126]);
  b.label("init.not_found");
  b.call("end: not found", "exit_group", [127]);
}

function command(b: ProgramBuilder, spec: Spec, m: InitMemory): void {
  b.section("command", "the user's command", { resident: false, onFail: "child.failed" });
  b.label("command");
  b.call("lead a process group", "setpgid", [0, 0]);
  b.call("read the own pid", "getpid", [], { into: m.result });
  b.store(m.status, 4, m.result);
  b.call("be the terminal's foreground, if there is one", "ioctl", [0, TIOCSPGRP, m.status], { onError: "ignore" });
  resetSignals(b, m);
  tryCommand(b, spec, m);
  b.label("child.failed");
  b.call("end", "exit_group", [127]);
}
