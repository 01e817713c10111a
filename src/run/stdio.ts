// The container's standard streams and the monitor's. A container gets pipes or a PTY, never a socket: programs open
// /dev/stdout, and a socket cannot be opened.

import { UsageError } from "../errors.ts";
import type { RunRequest } from "../oci/request.ts";
import type { Terminal } from "../plan/launch-input.ts";
import {
  BRKINT,
  CS8,
  CSIZE,
  ECHO,
  ECHONL,
  F_SETFL,
  F_GETFL,
  ICANON,
  ICRNL,
  IEXTEN,
  IGNBRK,
  IGNCR,
  INLCR,
  ISIG,
  ISTRIP,
  IXON,
  O_APPEND,
  O_CREAT,
  O_NONBLOCK,
  O_WRONLY,
  OPOST,
  PARENB,
  PARMRK,
  TCGETS,
  TIOCGWINSZ,
  VMIN,
  VTIME,
} from "../sys/abi/consts.gen.ts";
import { TERMIOS, WINSIZE } from "../sys/abi/structs.gen.ts";
import { call, must } from "../sys/call.ts";
import { open } from "../sys/file.ts";
import { reserve, scratch, scratchBase } from "../sys/memory.ts";
import { makePipe, makeSocketPair } from "../sys/process.ts";
import { pack, unpack } from "../sys/struct.ts";

/** Opens what the monitor relays and hands it to `hold`: pipes, or for a PTY nothing, for the child opens that. */
export function openStdio(
  { tty, interactive }: { readonly tty: boolean; readonly interactive: boolean },
  hold: (role: string, fd: number) => void,
): void {
  const pipe = (readRole: string, writeRole: string) => {
    const [readEnd, writeEnd] = makePipe(0);
    hold(readRole, readEnd);
    hold(writeRole, writeEnd);
    return { readEnd, writeEnd };
  };
  pipe("readyRead", "readyWrite");
  if (tty) {
    const [send, receive] = makeSocketPair();
    hold("masterSend", send);
    hold("masterReceive", receive);
    return;
  }
  // Only the monitor's ends must not block: they are file descriptions of their own.
  if (interactive) doNotBlock(pipe("stdin", "stdinWrite").writeEnd);
  doNotBlock(pipe("stdoutRead", "stdout").readEnd);
  doNotBlock(pipe("stderrRead", "stderr").readEnd);
}

function doNotBlock(fd: number): void {
  const flags = must(call("fcntl", fd, F_GETFL), "read a pipe's flags");
  must(call("fcntl", fd, F_SETFL, flags | O_NONBLOCK), "set a pipe's flags");
}

/** Opens the container's log for appending. */
export function openLog(path: string): number {
  return open(path, O_WRONLY | O_CREAT | O_APPEND, 0o640);
}

/** Without a client's terminal, the size that terminals have had since there are any. */
const PLAIN: Terminal = { rows: 24, columns: 80 };

/** The client's terminal as it is now. */
export function readTerminal(request: RunRequest): Terminal {
  if (request.detach) return PLAIN;
  const at = reserve(TERMIOS.size);
  const isTerminal = call("ioctl", 0, TCGETS, scratchBase + at) === 0;
  if (!isTerminal) {
    if (!request.interactive) return PLAIN;
    throw new UsageError(
      "the input device is not a terminal",
      "run",
      "leave out -t when input comes from a pipe or a file",
    );
  }
  const saved = scratch.slice(at, at + TERMIOS.size);
  const size = readWindowSize();
  return request.interactive ? { ...size, saved: [...saved], raw: [...rawMode(saved)] } : size;
}

function readWindowSize(): { rows: number; columns: number } {
  const at = reserve(WINSIZE.size);
  if (call("ioctl", 0, TIOCGWINSZ, scratchBase + at) !== 0) return PLAIN;
  const { ws_row: rows, ws_col: columns } = unpack(WINSIZE, scratch, at);
  return rows === 0 || columns === 0 ? PLAIN : { rows, columns };
}

/** What cfmakeraw(3) does: every byte goes through as it is typed, signals and all. */
export function rawMode(termios: Uint8Array): Uint8Array {
  const now = unpack(TERMIOS, termios, 0);
  const control = now.c_cc.slice();
  control[VMIN] = 1;
  control[VTIME] = 0;
  return pack(TERMIOS, {
    ...now,
    c_iflag: (now.c_iflag & ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON)) >>> 0,
    c_oflag: (now.c_oflag & ~OPOST) >>> 0,
    c_lflag: (now.c_lflag & ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN)) >>> 0,
    c_cflag: ((now.c_cflag & ~(CSIZE | PARENB)) | CS8) >>> 0,
    c_cc: control,
  });
}
