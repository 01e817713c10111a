// The plan of a launch: from the spec and what was prepared for it to a syscall program. Pure: the same input gives the
// same program, on any machine. Read it from top to bottom: it is the order in which things happen.
//
//   front     what the shell started        steps/front.ts
//   monitor   stays beside the container    steps/monitor.ts
//   child     becomes the user's command    steps/{rootfs,mounts,devices,network,identity,exec}.ts
//   relay     the monitor's main loop       steps/relay.ts
//   after     the container has ended       steps/after.ts

import { CLONE_ARGS, SIGINFO_CHLD } from "../sys/abi/structs.gen.ts";
import { ProgramBuilder } from "./builder.ts";
import type { Program } from "../asm/ir.ts";
import type { LaunchInput } from "./launch-input.ts";
import { makeMemory, type Memory } from "./memory.ts";
import { after, failure } from "./steps/after.ts";
import { makeDevices, openTerminal, usePipes } from "./steps/devices.ts";
import { execCommand } from "./steps/exec.ts";
import { front } from "./steps/front.ts";
import { becomeUser, setLimits } from "./steps/identity.ts";
import { monitor } from "./steps/monitor.ts";
import { makeDirectories, mountAll, refuseLinks, protectPaths, writeSysctls } from "./steps/mounts.ts";
import { bringUpLoopback } from "./steps/network.ts";
import { closeForChild } from "./steps/passing.ts";
import { relay } from "./steps/relay.ts";
import { buildRoot, joinGroups } from "./steps/rootfs.ts";

/** Room for a siginfo, a signalfd_siginfo (both 128 bytes) or a wait status: only one is looked at at a time. */
const SIGNAL_ROOM = Math.max(128, SIGINFO_CHLD.size);

export function buildLaunch(input: LaunchInput): Program {
  const b = new ProgramBuilder();
  const m = makeMemory(b, CLONE_ARGS.size, SIGNAL_ROOM);
  front(b, input, m);
  relay(b, input, m);
  after(b, input, m);
  monitor(b, input, m);
  child(b, input, m);
  failure(b, m);
  return b.finish();
}

/** Everything between clone3 and execve. A failing step ends the child; the monitor learns which one it was. */
function child(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  const { spec } = input;
  b.section("child", "becomes the user's command", { resident: false, onFail: "child.failed" });
  b.label("child");
  closeForChild(b, input);
  joinGroups(b, input, m);
  buildRoot(b, input, m);
  refuseLinks(b, m);
  mountAll(b, input, m);
  makeDevices(b, input);
  if (input.terminal === undefined) usePipes(b, input, m);
  else openTerminal(b, input.terminal, spec.process.user.uid, m);
  setHostname(b, input);
  if (ownNetwork(input)) bringUpLoopback(b, m);
  writeSysctls(b, input, m);
  makeDirectories(b, spec.process.cwd, { includeLast: true });
  protectPaths(b, input, m);
  setLimits(b, spec, m);
  becomeUser(b, spec);
  execCommand(b, input, m);
  b.label("child.failed");
  b.call("end: the monitor knows why", "exit_group", [127]);
}

function setHostname(b: ProgramBuilder, input: LaunchInput): void {
  const name = input.spec.hostname;
  if (name === undefined) return;
  b.call(`set the host name ${name}`, "sethostname", [b.str(name), new TextEncoder().encode(name).length]);
}

function ownNetwork(input: LaunchInput): boolean {
  return input.spec.linux.namespaces.some(({ type, path }) => type === "network" && path === undefined);
}
