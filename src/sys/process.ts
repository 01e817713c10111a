// Processes: handles that cannot be mistaken for another process (pidfds), waiting, and becoming another program.

import {
  AF_UNIX,
  AT_EMPTY_PATH,
  CLOSE_RANGE_CLOEXEC,
  F_ADD_SEALS,
  F_DUPFD_CLOEXEC,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  F_SETFD,
  FD_CLOEXEC,
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
  MFD_EXEC,
  POLLIN,
  SOCK_CLOEXEC,
  SOCK_SEQPACKET,
} from "./abi/consts.gen.ts";
import { EINVAL, EMFILE, ESRCH } from "./abi/errno.gen.ts";
import { POLLFD, TIMESPEC } from "./abi/structs.gen.ts";
import { call, must } from "./call.ts";
import { addressOf } from "./gate.ts";
import { EXIT, UserError } from "../errors.ts";
import { readdir, write } from "./file.ts";
import { cstr, place, reserve, scratchBase, scratchView } from "./memory.ts";
import { pack } from "./struct.ts";

/** A descriptor of the process, or undefined where there is none with that number. */
export function openPidfd(pid: number): number | undefined {
  const fd = call("pidfd_open", pid, 0);
  if (fd === -ESRCH) return undefined;
  return must(fd, `open process ${pid}`);
}

/** Sends a signal; false where the process has ended. */
export function signalPidfd(pidfd: number, signal: number): boolean {
  const result = call("pidfd_send_signal", pidfd, signal, 0, 0);
  if (result === -ESRCH) return false;
  must(result, `send signal ${signal}`);
  return true;
}

/** Waits until a process has ended; false where `milliseconds` pass first. Negative waits for ever. */
export function waitPidfd(pidfd: number, milliseconds: number): boolean {
  const at = reserve(POLLFD.size);
  scratchView.setInt32(at, pidfd, true);
  scratchView.setInt16(at + POLLFD.fields.events[0], POLLIN, true);
  scratchView.setInt16(at + POLLFD.fields.revents[0], 0, true);
  const seconds = Math.floor(milliseconds / 1000);
  const time = { tv_sec: seconds, tv_nsec: Math.round((milliseconds - seconds * 1000) * 1e6) };
  const timeout = milliseconds < 0 ? 0 : place(pack(TIMESPEC, time));
  return must(call("ppoll", scratchBase + at, 1, timeout, 0, 0), `wait for the process of descriptor ${pidfd}`) > 0;
}

/** An anonymous, empty file that can be sealed and executed. */
export function emptyMemfd(name: string): number {
  const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  // From Linux 6.3 on, a host may want this to be said (vm.memfd_noexec); before, it is an unknown flag.
  const fd = call("memfd_create", cstr(name), flags | MFD_EXEC);
  return must(fd === -EINVAL ? call("memfd_create", cstr(name), flags) : fd, "make a memory file");
}

/** Writes an empty memory file and seals it: it can never be changed again, by nobody. */
export function fillMemfd(fd: number, bytes: Uint8Array): void {
  write(fd, bytes, "the memory file");
  const seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  must(call("fcntl", fd, F_ADD_SEALS, seals), "seal the memory file");
}

/**
 * Replaces this process by a program that is open as `fd`, with stdio and the descriptors in `keep`: [what it is here,
 * what it is to be there]. Bun's other threads end with it. Returns only by throwing.
 */
export function execFd(
  fd: number,
  argv: readonly string[],
  env: readonly string[],
  keep: readonly (readonly [number, number])[],
): never {
  closeOnExec();
  // A standard stream that the caller had closed: Bun has put /dev/null there, for itself only.
  for (const fd of [0, 1, 2]) call("fcntl", fd, F_SETFD, 0);
  // Out of the way first: a number that one is to have may be another one's now.
  const program = moved(fd);
  const sources: number[] = [];
  for (const [here] of keep) sources.push(moved(here));
  let next = 0;
  for (const [, there] of keep) must(call("dup3", sources[next++] ?? -1, there, 0), `pass on descriptor ${there}`);
  const [argvArray, argvStrings] = pointers(argv);
  const [envArray, envStrings] = pointers(env);
  const result = call("execveat", program, cstr(""), addressOf(argvArray), addressOf(envArray), AT_EMPTY_PATH);
  // Used after the call, the strings cannot have been collected before it.
  must(result, `start the launch program with ${argvStrings.length} and ${envStrings.length} strings`);
  throw new Error("execveat came back");
}

/** Above all numbers that launch programs know. */
const OUT_OF_THE_WAY = 1000;

/** A close-on-exec copy with a high number. */
function moved(fd: number): number {
  const copy = call("fcntl", fd, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
  if (copy !== -EINVAL && copy !== -EMFILE) return must(copy, `move descriptor ${fd}`);
  throw new UserError("cannot start a container: this process may have too few files open", {
    remedy: `raise the limit to ${OUT_OF_THE_WAY * 2} or more: ulimit -Hn`,
    exitCode: EXIT.usage,
  });
}

/** Whatever Bun has open ends with it. */
function closeOnExec(): void {
  const result = call("close_range", 3, 0xffffffff, CLOSE_RANGE_CLOEXEC);
  if (result === 0) return;
  // Before Linux 5.11 the flag is unknown.
  for (const { name } of readdir("/proc/self/fd"))
    if (Number(name) > 2) call("fcntl", Number(name), F_SETFD, FD_CLOEXEC);
}

/** A NULL-terminated array of addresses, and the strings it points to. */
function pointers(strings: readonly string[]): [Uint8Array, Uint8Array[]] {
  const encoder = new TextEncoder();
  const array = new Uint8Array(new ArrayBuffer((strings.length + 1) * 8));
  const view = new DataView(array.buffer);
  const pins: Uint8Array[] = [];
  for (const text of strings) {
    const bytes = new Uint8Array(new ArrayBuffer(text.length * 3 + 1));
    encoder.encodeInto(text, bytes);
    view.setBigUint64(pins.length * 8, BigInt(addressOf(bytes)), true);
    pins.push(bytes);
  }
  return [array, pins];
}

/** A pair of connected sockets, over which descriptors can be passed; close-on-exec. */
export function makeSocketPair(): [number, number] {
  const at = reserve(8);
  must(call("socketpair", AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, scratchBase + at), "make a pair of sockets");
  return [scratchView.getInt32(at, true), scratchView.getInt32(at + 4, true)];
}

/** Both ends of a new pipe: [read, write], close-on-exec. */
export function makePipe(flags: number): [number, number] {
  const at = reserve(8);
  must(call("pipe2", scratchBase + at, flags), "make a pipe");
  return [scratchView.getInt32(at, true), scratchView.getInt32(at + 4, true)];
}
