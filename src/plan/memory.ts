// Names of the slots and data that more than one section of the program uses, and the layout of what the monitor leaves
// on the disk. Writers and readers of those bytes share these tables.

import type { ProgramBuilder } from "./builder.ts";
import type { Ref, Slot } from "../asm/ir.ts";

/**
 * The lock file's content, written by the monitor (little endian, 8 bytes each). `failedOp` and `failedErrno` are set
 * when the launch failed. Behind it, from `record` on, stands a copy of record.json, so that a list of what runs reads one
 * file for each.
 */
export const LIVE = {
  size: 48,
  initPid: 0,
  monitorPid: 8,
  startedSeconds: 16,
  startedNanoseconds: 24,
  failedOp: 32,
  failedErrno: 40,
  record: 64,
} as const;

/**
 * The exit record: siginfo's code (CLD_EXITED, CLD_KILLED, CLD_DUMPED) and status, the time, then the text of the
 * cgroup's OOM counters as the kernel prints it, `oomText` bytes at the most.
 */
export const EXIT_RECORD = { size: 32, code: 0, status: 8, seconds: 16, nanoseconds: 24, oomText: 1024 } as const;
/** Its room on the disk is reserved at the start, under this name: an end is known although the container filled the disk. */
export const EXIT_RESERVED = "exit.new";

/** A frame of the log: this header, then `length` bytes. Little endian. */
export const LOG_FRAME = {
  size: 24,
  seconds: 0,
  nanoseconds: 8,
  length: 16,
  /** 1 = stdout, 2 = stderr. */
  stream: 20,
  magic: 22,
  /** Marks a header, so that a reader finds the next frame after a torn one. */
  magicValue: 0xb0c5,
} as const;

/** Bytes relayed at a time. With the header, the slots and the poll table it fits into one 4 KB page. */
export const RELAY_CHUNK = 3072;

/** pollfd entries of the monitor, in this order. */
export const POLL = {
  signal: 0,
  exit: 1,
  stdout: 2,
  stderr: 3,
  clientInput: 4,
  input: 5,
  client: 6,
  count: 7,
} as const;

export interface Memory {
  readonly frontPid: Slot;
  readonly monitorPid: Slot;
  readonly initPid: Slot;
  readonly pidfd: Slot;
  /** Where clone3 writes the pidfd (an int). */
  readonly pidfdCell: Ref;
  /** 0 while the child sets up, 1 from just before execve. */
  readonly phase: Slot;
  /** A result that is looked at right away. */
  readonly result: Slot;
  /** The PTY's master, opened by the child in the shared descriptor table. */
  readonly master: Slot;
  readonly live: Ref;
  readonly cloneArgs: Ref;
  readonly siginfo: Ref;
}

export function makeMemory(b: ProgramBuilder, cloneArgsSize: number, siginfoSize: number): Memory {
  return {
    frontPid: b.slot("front"),
    monitorPid: b.slot("monitor"),
    initPid: b.slot("init"),
    pidfd: b.slot("pidfd"),
    pidfdCell: b.zero("pidfd_cell", 4, 4),
    phase: b.slot("phase"),
    result: b.slot("result"),
    master: b.slot("pty"),
    live: b.zero("live", LIVE.size),
    cloneArgs: b.zero("clone_args", cloneArgsSize),
    siginfo: b.zero("siginfo", siginfoSize),
  };
}
