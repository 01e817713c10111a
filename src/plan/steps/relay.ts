// Section "relay": the monitor's life while the container runs. One ppoll over at most seven descriptors; output goes to
// the log in frames (memory.ts: LOG_FRAME) and, where a client is attached, to the client; input and signals go the other
// way. One chunk is under way at a time, so a slow client slows the container down instead of growing a buffer, and a full
// or failing disk never stops it: errors of the log are ignored.
//
//   container stdout ─┐            ┌─▶ log file (header + chunk in one write)
//   container stderr ─┴▶ [ chunk ] ┴─▶ client's stdout or stderr, when it takes it
//   client's stdin ────▶ [ input ] ──▶ container stdin, when it takes it
//
// The rest of the monitor waits in ppoll; all this memory is one page, and one more once a client has typed something.

import {
  AT_FDCWD,
  CLOCK_REALTIME,
  MADV_DONTNEED,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  POLLIN,
  POLLOUT,
  SFD_CLOEXEC,
  SIGCHLD,
  SIGPIPE,
  SIGWINCH,
  TIOCGWINSZ,
  TIOCSWINSZ,
} from "../../sys/abi/consts.gen.ts";
import { EAGAIN, EPIPE } from "../../sys/abi/errno.gen.ts";
import { POLLFD, SIGNALFD_SIGINFO, TIMESPEC, WINSIZE } from "../../sys/abi/structs.gen.ts";
import { at, type ProgramBuilder } from "../builder.ts";
import type { Ref, Slot, Value } from "../../asm/ir.ts";
import type { LaunchInput } from "../launch-input.ts";
import { LOG_FRAME, type Memory, POLL, RELAY_CHUNK } from "../memory.ts";
import { FRONT_GONE, SIGSET_SIZE } from "../signals.ts";

const INPUT_CHUNK = 4096;
const NONE = -1;

/** The relay's own state. A descriptor slot of -1 means "closed". */
interface Relay {
  readonly polls: Ref;
  readonly frame: Ref;
  readonly chunk: Ref;
  readonly input: Ref;
  readonly ready: Slot;
  readonly stdout: Slot;
  readonly stderr: Slot;
  readonly log: Slot;
  readonly logSize: Slot;
  readonly length: Slot;
  /** What the client has not taken yet: where it starts, how much, and on which descriptor it goes. */
  readonly pending: Slot;
  readonly pendingLength: Slot;
  readonly pendingFd: Slot;
  readonly inputFd: Slot;
  readonly inputAt: Slot;
  readonly inputLength: Slot;
  /** Address of ppoll's timeout: 0 waits for ever, `zeroTime` once init has ended and only leftovers are read. */
  readonly timeout: Slot;
  readonly zeroTime: Ref;
  readonly clientGone: Slot;
}

export function relay(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  b.section("relay", "the monitor while the container runs", { resident: true, onFail: "after" });
  const r = makeRelay(b, input);
  b.label("relay");
  start(b, input, m, r);
  loop(b, input, m, r);
  if (input.attached) toClient(b, m, r);
  readOutput(b, input, m, r);
  if (input.interactive) feedInput(b, input, m, r);
  passSignal(b, input, m, r);
  b.label("relay.exited", "init has ended: read what is left, without waiting");
  poll(b, r, POLL.exit, NONE);
  // A client that has not taken its last chunk yet is waited for; what comes after that is read then.
  b.load(m.result, at(r.polls, POLL.client * POLLFD.size + POLLFD.fields.fd[0]), 4, true);
  b.branch(m.result, "!=", NONE, "relay.loop");
  b.set(r.timeout, r.zeroTime);
  b.jump("relay.loop");
}

function makeRelay(b: ProgramBuilder, input: LaunchInput): Relay {
  const frame = b.zero("frame", LOG_FRAME.size + RELAY_CHUNK);
  return {
    polls: b.zero("polls", POLL.count * POLLFD.size),
    frame,
    chunk: at(frame, LOG_FRAME.size),
    // On a page of its own, which stays untouched until a client types something.
    input: input.interactive ? b.zero("input", INPUT_CHUNK, 4096) : frame,
    ready: b.slot("ready"),
    stdout: b.slot("stdout"),
    stderr: b.slot("stderr"),
    log: b.slot("log"),
    logSize: b.slot("log_size"),
    length: b.slot("length"),
    pending: b.slot("pending"),
    pendingLength: b.slot("pending_length"),
    pendingFd: b.slot("pending_fd"),
    inputFd: b.slot("input_fd"),
    inputAt: b.slot("input_at"),
    inputLength: b.slot("input_length"),
    timeout: b.slot("timeout"),
    zeroTime: b.bytes("zero_time", new Uint8Array(TIMESPEC.size)),
    clientGone: b.slot("client_gone"),
  };
}

/** Watches `fd` in one entry of the poll table; -1 switches the entry off. */
function poll(b: ProgramBuilder, r: Relay, entry: number, fd: Value): void {
  b.store(at(r.polls, entry * POLLFD.size + POLLFD.fields.fd[0]), 4, fd);
}

function wants(b: ProgramBuilder, r: Relay, entry: number, events: number): void {
  b.store(at(r.polls, entry * POLLFD.size + POLLFD.fields.events[0]), 2, events);
}

function start(b: ProgramBuilder, input: LaunchInput, m: Memory, r: Relay): void {
  b.call(
    "give back the pages of the launch",
    "madvise",
    [{ ref: "@launch", at: 0 }, { ref: "@launch.size", at: 0 }, MADV_DONTNEED],
    { onError: "ignore" },
  );
  const mask: Ref = { ref: "front.mask", at: 0 };
  b.call("take signals through a descriptor", "signalfd4", [NONE, mask, SIGSET_SIZE, SFD_CLOEXEC], { into: m.result });
  for (const entry of [POLL.signal, POLL.exit, POLL.stdout, POLL.stderr, POLL.clientInput]) wants(b, r, entry, POLLIN);
  wants(b, r, POLL.input, POLLOUT);
  wants(b, r, POLL.client, POLLOUT);
  poll(b, r, POLL.signal, m.result);
  poll(b, r, POLL.exit, m.pidfd);
  if (input.terminal === undefined) {
    b.set(r.stdout, b.fd("stdoutRead"));
    b.set(r.stderr, b.fd("stderrRead"));
    b.set(r.inputFd, input.interactive ? b.fd("stdinWrite") : NONE);
  } else {
    b.set(r.stdout, m.master);
    b.set(r.stderr, NONE);
    b.set(r.inputFd, m.master);
  }
  watchOutput(b, r);
  poll(b, r, POLL.clientInput, input.interactive && input.attached ? 0 : NONE);
  poll(b, r, POLL.input, NONE);
  poll(b, r, POLL.client, NONE);
  b.set(r.log, input.log === undefined ? NONE : b.fd("log"));
  if (!input.attached) b.set(r.clientGone, 1);
  b.store(at(r.frame, LOG_FRAME.magic), 2, LOG_FRAME.magicValue);
}

function watchOutput(b: ProgramBuilder, r: Relay): void {
  poll(b, r, POLL.stdout, r.stdout);
  poll(b, r, POLL.stderr, r.stderr);
}

function loop(b: ProgramBuilder, input: LaunchInput, m: Memory, r: Relay): void {
  b.label("relay.loop");
  b.call("wait for something to do", "ppoll", [r.polls, POLL.count, r.timeout, 0, 0], { into: r.ready });
  b.branch(r.ready, "==", 0, "after"); // only without waiting: init has ended and nothing is left
  const dispatch = (entry: number, to: string) => {
    b.load(m.result, at(r.polls, entry * POLLFD.size + POLLFD.fields.revents[0]), 2);
    b.branch(m.result, "!=", 0, to);
  };
  if (input.attached) dispatch(POLL.client, "relay.to_client");
  dispatch(POLL.stdout, "relay.stdout");
  if (input.terminal === undefined) dispatch(POLL.stderr, "relay.stderr");
  if (input.interactive) {
    dispatch(POLL.input, "relay.feed");
    if (input.attached) dispatch(POLL.clientInput, "relay.typed");
  }
  dispatch(POLL.signal, "relay.signal");
  dispatch(POLL.exit, "relay.exited");
  b.jump("relay.loop");
}

function readOutput(b: ProgramBuilder, input: LaunchInput, m: Memory, r: Relay): void {
  const stream = (name: "stdout" | "stderr", number: number) => {
    b.label(`relay.${name}`);
    b.call(`read the container's ${name}`, "read", [r[name], r.chunk, RELAY_CHUNK], {
      into: r.length,
      onError: { to: `relay.${name}_error` },
    });
    b.branch(r.length, "==", 0, `relay.${name}_end`);
    b.set(r.pendingFd, number);
    b.jump("relay.chunk");
    b.label(`relay.${name}_error`);
    b.branch(r.length, "==", -EAGAIN, "relay.loop");
    b.label(`relay.${name}_end`, "a PTY reports its end as an error");
    b.set(r[name], NONE);
    poll(b, r, name === "stdout" ? POLL.stdout : POLL.stderr, NONE);
    b.jump("relay.loop");
  };
  stream("stdout", 1);
  if (input.terminal === undefined) stream("stderr", 2);
  b.label("relay.chunk");
  if (input.log !== undefined) writeLog(b, input.log, m, r);
  if (!input.attached) {
    b.jump("relay.loop");
    return;
  }
  b.branch(r.clientGone, "!=", 0, "relay.loop");
  b.set(r.pending, r.chunk);
  b.set(r.pendingLength, r.length);
  poll(b, r, POLL.client, r.pendingFd);
  poll(b, r, POLL.stdout, NONE);
  poll(b, r, POLL.stderr, NONE);
  b.set(r.timeout, 0); // a slow client is waited for, also after the end
  b.jump("relay.loop");
}

function writeLog(b: ProgramBuilder, log: NonNullable<LaunchInput["log"]>, m: Memory, r: Relay): void {
  b.store(at(r.frame, LOG_FRAME.length), 4, r.length);
  b.store(at(r.frame, LOG_FRAME.stream), 2, r.pendingFd);
  b.call("read the clock", "clock_gettime", [CLOCK_REALTIME, at(r.frame, LOG_FRAME.seconds)], { onError: "ignore" });
  b.set(m.result, r.length);
  b.add(m.result, LOG_FRAME.size);
  b.add(r.logSize, m.result);
  // Before writing: a file never gets larger, and the newest output is kept even where only one file is.
  b.branch(r.logSize, "<=", log.maxSize, "relay.append");
  b.call("close the full log", "close", [r.log], { onError: "ignore" });
  for (let n = log.maxFiles - 1; n >= 1; n--) {
    const older = b.str(`${log.path}.${n}`);
    const newer = b.str(n === 1 ? log.path : `${log.path}.${n - 1}`);
    b.call("make the log older", "renameat2", [AT_FDCWD, newer, AT_FDCWD, older, 0], { onError: "ignore" });
  }
  const flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC;
  b.call("begin a new log", "openat", [AT_FDCWD, b.str(log.path), flags, 0o640], { into: r.log, onError: "ignore" });
  b.set(r.logSize, m.result);
  b.label("relay.append");
  b.call("append to the log", "write", [r.log, r.frame, m.result], { onError: "ignore" });
}

/** The client takes what it can; the container's output waits as long as anything is left. */
function toClient(b: ProgramBuilder, m: Memory, r: Relay): void {
  b.label("relay.to_client");
  b.call("pass output to the client", "write", [r.pendingFd, r.pending, r.pendingLength], {
    into: r.ready,
    onError: { to: "relay.client_error" },
  });
  b.add(r.pending, r.ready);
  b.sub(r.pendingLength, r.ready);
  b.branch(r.pendingLength, ">", 0, "relay.loop");
  b.label("relay.client_done");
  poll(b, r, POLL.client, NONE);
  watchOutput(b, r);
  b.load(r.ready, at(r.polls, POLL.exit * POLLFD.size + POLLFD.fields.fd[0]), 4, true);
  b.branch(r.ready, "!=", NONE, "relay.loop");
  b.set(r.timeout, r.zeroTime); // init has ended meanwhile
  b.jump("relay.loop");
  b.label("relay.client_error");
  b.branch(r.ready, "==", -EAGAIN, "relay.loop");
  loseReader(b, m, r);
  b.label("relay.client_gone", "the front has left or was killed: go on without it");
  b.set(r.clientGone, 1);
  poll(b, r, POLL.clientInput, NONE);
  dropStdio(b, r.ready);
  b.jump("relay.client_done");
}

/**
 * Nobody reads this stream any more, or nobody ever did: the other one goes on. Where it was standard output, the front
 * leaves as a program does that SIGPIPE ends, so that a pipeline ends when its reader has seen enough.
 */
function loseReader(b: ProgramBuilder, m: Memory, r: Relay): void {
  b.branch(r.ready, "!=", -EPIPE, "relay.unread");
  b.branch(r.pendingFd, "!=", 1, "relay.unread");
  b.call("is the front still there?", "getppid", [], { into: m.result });
  b.sub(m.result, m.frontPid);
  b.branch(m.result, "!=", 0, "relay.unread");
  b.call("tell the front", "kill", [m.frontPid, SIGPIPE], { onError: "ignore" });
  b.label("relay.unread");
  b.call("open /dev/null", "openat", [AT_FDCWD, b.str("/dev/null"), O_RDWR | O_CLOEXEC, 0], {
    into: r.ready,
    onError: "ignore",
  });
  b.call("let go of the stream", "dup3", [r.ready, r.pendingFd, 0], { onError: "ignore" });
  b.call("close it", "close", [r.ready], { onError: "ignore" });
  b.jump("relay.client_done");
}

/** Whoever reads the client's output, or waits for a command substitution to end, must not wait for this process. */
export function dropStdio(b: ProgramBuilder, scratch: Slot): void {
  const nowhere = b.str("/dev/null");
  b.call("open /dev/null", "openat", [AT_FDCWD, nowhere, O_RDWR | O_CLOEXEC, 0], { into: scratch, onError: "ignore" });
  for (const fd of [0, 1, 2]) b.call(`let go of descriptor ${fd}`, "dup3", [scratch, fd, 0], { onError: "ignore" });
  b.call("close it", "close", [scratch], { onError: "ignore" });
}

function feedInput(b: ProgramBuilder, input: LaunchInput, m: Memory, r: Relay): void {
  if (input.attached) {
    b.label("relay.typed");
    b.call("read the client's input", "read", [0, r.input, INPUT_CHUNK], {
      into: r.inputLength,
      onError: { to: "relay.typed_error" },
    });
    b.branch(r.inputLength, "==", 0, "relay.typed_end");
    b.set(r.inputAt, r.input);
    poll(b, r, POLL.clientInput, NONE);
    poll(b, r, POLL.input, r.inputFd);
    b.jump("relay.loop");
    b.label("relay.typed_error");
    b.branch(r.inputLength, "==", -EAGAIN, "relay.loop");
    b.label("relay.typed_end");
    poll(b, r, POLL.clientInput, NONE);
    endInput(b, input, r);
    b.jump("relay.loop");
  }
  b.label("relay.feed");
  b.call("pass input to the container", "write", [r.inputFd, r.inputAt, r.inputLength], {
    into: m.result,
    onError: { to: "relay.feed_error" },
  });
  b.add(r.inputAt, m.result);
  b.sub(r.inputLength, m.result);
  b.branch(r.inputLength, ">", 0, "relay.loop");
  poll(b, r, POLL.input, NONE);
  poll(b, r, POLL.clientInput, 0);
  b.jump("relay.loop");
  b.label("relay.feed_error");
  b.branch(m.result, "==", -EAGAIN, "relay.loop");
  poll(b, r, POLL.input, NONE); // the container reads no more
  endInput(b, input, r);
  b.jump("relay.loop");
}

/** A pipe is closed, so that the container reads an end of file; a PTY stays, it carries output too. */
function endInput(b: ProgramBuilder, input: LaunchInput, r: Relay): void {
  if (input.terminal !== undefined) return;
  b.call("close the container's input", "close", [r.inputFd], { onError: "ignore" });
  b.set(r.inputFd, NONE);
}

function passSignal(b: ProgramBuilder, input: LaunchInput, m: Memory, r: Relay): void {
  b.label("relay.signal");
  b.load(m.result, at(r.polls, POLL.signal * POLLFD.size + POLLFD.fields.fd[0]), 4);
  b.call("take a signal", "read", [m.result, m.siginfo, SIGNALFD_SIGINFO.size], { onError: "ignore" });
  b.load(m.result, at(m.siginfo, SIGNALFD_SIGINFO.fields.ssi_signo[0]), 4);
  for (const own of [SIGCHLD, SIGPIPE]) b.branch(m.result, "==", own, "relay.loop");
  if (input.attached) {
    b.branch(m.result, "==", FRONT_GONE, "relay.client_gone");
    if (input.terminal !== undefined) {
      b.branch(m.result, "!=", SIGWINCH, "relay.forward");
      const size = b.zero("winsize", WINSIZE.size);
      b.call("read the client's window size", "ioctl", [0, TIOCGWINSZ, size], {
        onError: { to: "relay.loop" },
        into: m.result,
      });
      b.call("set the container's window size", "ioctl", [m.master, TIOCSWINSZ, size], { onError: "ignore" });
      b.jump("relay.loop");
      b.label("relay.forward");
    }
  }
  b.call("pass a signal to the container", "pidfd_send_signal", [m.pidfd, m.result, 0, 0], { onError: "ignore" });
  b.jump("relay.loop");
}
