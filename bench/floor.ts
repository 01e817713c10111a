// The floor under a container's start: a program that makes the same namespaces, an overlay root and /proc, executes the
// command, and does nothing else that an engine has to: no control groups, devices, capabilities, limits, masked paths,
// log or state. What an engine takes beyond it is the engine's own.
//
//   front ──clone3 (vfork)──▶ child: tmpfs, overlay, pivot_root, /proc, execve /bin/true

import { assemble } from "../src/asm/assemble.ts";
import { at, ProgramBuilder } from "../src/plan/builder.ts";
import type { Program } from "../src/asm/ir.ts";
import {
  AT_FDCWD,
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUTS,
  CLONE_VFORK,
  CLONE_VM,
  MNT_DETACH,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_PRIVATE,
  MS_REC,
  SIGCHLD,
} from "../src/sys/abi/consts.gen.ts";
import { CLONE_ARGS } from "../src/sys/abi/structs.gen.ts";

const NAMESPACES = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP;
const FAILED = 125;

/**
 * The program. Ends with the command's status, or with 125 where a step failed.
 * @param rootfs absolute path of the tree to run in: it is only read
 * @param stage absolute path of an empty directory
 */
export function floorProgram(rootfs: string, stage: string): Program {
  const b = new ProgramBuilder();
  const child = b.slot("child");
  const status = b.zero("status", 8);
  const args = b.zero("clone_args", CLONE_ARGS.size);
  b.section("floor", "start the child and wait for it", { resident: true, onFail: "failed" });
  b.store(at(args, CLONE_ARGS.fields.flags[0]), 8, BigInt((CLONE_VM | CLONE_VFORK | NAMESPACES) >>> 0));
  b.store(at(args, CLONE_ARGS.fields.exit_signal[0]), 8, SIGCHLD);
  b.call("start the child", "clone3", [args, CLONE_ARGS.size], { into: child });
  b.branch(child, "==", 0, "child");
  b.call("wait for it", "wait4", [child, status, 0, 0]);
  b.load(child, at(status, 1), 1);
  b.call("end with its status", "exit_group", [child]);
  b.label("child");
  becomeTrue(b, rootfs, stage);
  b.label("failed");
  b.call("end", "exit_group", [FAILED]);
  return b.finish();
}

function becomeTrue(b: ProgramBuilder, rootfs: string, stage: string): void {
  const safe = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  const options = `lowerdir=${rootfs},upperdir=${stage}/upper,workdir=${stage}/work,volatile`;
  b.call("keep mounts to itself", "mount", [0, b.str("/"), 0, MS_REC | MS_PRIVATE, 0]);
  b.call("mount a tmpfs", "mount", [b.str("tmpfs"), b.str(stage), b.str("tmpfs"), safe, 0]);
  for (const name of ["upper", "work", "root"]) {
    b.call(`make ${name}`, "mkdirat", [AT_FDCWD, b.str(`${stage}/${name}`), 0o755]);
  }
  b.call("mount the overlay", "mount", [b.str("overlay"), b.str(`${stage}/root`), b.str("overlay"), 0, b.str(options)]);
  b.call("enter it", "chdir", [b.str(`${stage}/root`)]);
  b.call("make it the root", "pivot_root", [b.str("."), b.str(".")]);
  b.call("let go of the host's mounts", "umount2", [b.str("."), MNT_DETACH]);
  b.call("mount /proc", "mount", [b.str("proc"), b.str("/proc"), b.str("proc"), safe, 0]);
  b.call("execute true", "execve", [b.str("/bin/true"), b.vector("argv", ["true"]), b.vector("envp", [])]);
}

/** The program as an executable file for this machine. */
export function floorExecutable(rootfs: string, stage: string): Uint8Array {
  const arch = process.arch === "arm64" ? "arm64" : "x64";
  return assemble(floorProgram(rootfs, stage), arch, new Map()).elf;
}
