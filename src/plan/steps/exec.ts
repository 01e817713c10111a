// Child, the last stage: become the user's command. A name without a slash is looked for along the container's PATH, one
// execve after the other, as execvp(3) does.
//
// Where it stands: the container's root, user and limits; nothing of bunker is left but this program and its descriptors.

import { AT_EMPTY_PATH, CLOSE_RANGE_CLOEXEC, SIG_SETMASK } from "../../sys/abi/consts.gen.ts";
import { EACCES, ENOENT, ENOTDIR } from "../../sys/abi/errno.gen.ts";
import { KERNEL_SIGACTION } from "../../sys/abi/structs.gen.ts";
import type { Spec } from "../../oci/spec.ts";
import type { ProgramBuilder } from "../builder.ts";
import type { LaunchInput } from "../launch-input.ts";
import type { Memory } from "../memory.ts";
import { SIGSET_SIZE } from "../signals.ts";

const LAST_SIGNAL = 64;
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export function execCommand(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  const { spec } = input;
  b.call(`go to the working directory ${spec.process.cwd}`, "chdir", [b.str(spec.process.cwd)]);
  resetSignals(b, m);
  b.set(m.phase, 1);
  if (input.init) {
    const [argv, envp] = vectors(b, spec);
    b.call("keep nothing but stdio", "close_range", [3, 0xffffffff, CLOSE_RANGE_CLOEXEC]);
    b.call("become init", "execveat", [b.fd("init"), b.str(""), argv, envp, AT_EMPTY_PATH]);
    return;
  }
  tryCommand(b, spec, m);
}

function vectors(
  b: ProgramBuilder,
  spec: Spec,
): [ReturnType<ProgramBuilder["vector"]>, ReturnType<ProgramBuilder["vector"]>] {
  return [b.vector("argv", spec.process.args), b.vector("envp", spec.process.env ?? [])];
}

/** Ignored signals would stay ignored across execve; bunker's caller may have had its reasons, the container has none. */
export function resetSignals(b: ProgramBuilder, m: Pick<Memory, "result">): void {
  const action = b.bytes(b.fresh("default_action"), new Uint8Array(KERNEL_SIGACTION.size));
  const again = b.fresh("signals.next");
  b.set(m.result, 1);
  b.label(again);
  b.call("handle a signal by default", "rt_sigaction", [m.result, action, 0, SIGSET_SIZE], { onError: "ignore" });
  b.add(m.result, 1);
  b.branch(m.result, "<=", LAST_SIGNAL, again);
  const none = b.bytes(b.fresh("no_signals"), new Uint8Array(SIGSET_SIZE));
  b.call("block no signal", "rt_sigprocmask", [SIG_SETMASK, none, 0, SIGSET_SIZE]);
}

/** The paths to try, in order. */
export function candidates(spec: Spec): string[] {
  const command = spec.process.args[0] ?? "";
  if (command.includes("/")) return [command];
  const path = spec.process.env?.findLast((entry) => entry.startsWith("PATH="))?.slice("PATH=".length) ?? DEFAULT_PATH;
  return path.split(":").map((dir) => `${dir === "" ? "." : dir}/${command}`);
}

/** Ends in the command, or records the error: "permission denied" if anything was there to be denied. */
export function tryCommand(b: ProgramBuilder, spec: Spec, m: Pick<Memory, "result">): void {
  const [argv, envp] = vectors(b, spec);
  const denied = b.slot("denied");
  const paths = candidates(spec);
  b.call("close everything but stdio", "close_range", [3, 0xffffffff, 0]);
  const first = b.nextIndex;
  const note = `execute ${spec.process.args[0]}`;
  paths.forEach((path, index) => {
    const last = index === paths.length - 1;
    if (last && paths.length === 1) {
      b.call(note, "execve", [b.str(path), argv, envp]);
      return;
    }
    const next = b.fresh("exec.next");
    b.call(note, "execve", [b.str(path), argv, envp], { into: m.result, onError: "ignore" });
    b.branch(m.result, "==", -ENOENT, next);
    b.branch(m.result, "==", -ENOTDIR, next);
    b.branch(m.result, "==", -EACCES, `${next}.denied`);
    b.jump("exec.failed");
    b.label(`${next}.denied`);
    b.set(denied, 1);
    b.label(next);
  });
  if (paths.length === 1) return;
  b.set(m.result, -ENOENT);
  b.branch(denied, "==", 0, "exec.failed");
  b.set(m.result, -EACCES);
  b.label("exec.failed");
  b.failWith(first, m.result, "child.failed");
}
