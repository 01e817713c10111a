// The program's own standard output and error, written by system calls: process.stdout would cost several milliseconds
// at every start. Also what has to be known about the terminal behind them.

import { POLLOUT, SIGPIPE, TCGETS, TIOCGWINSZ } from "../sys/abi/consts.gen.ts";
import { EAGAIN, EPIPE } from "../sys/abi/errno.gen.ts";
import { POLLFD, TERMIOS, WINSIZE } from "../sys/abi/structs.gen.ts";
import { call, sysError } from "../sys/call.ts";
import { place, reserve, scratchBase, scratchView } from "../sys/memory.ts";

const STDOUT = 1;
const STDERR = 2;
/** Written at once at most, so that a piece fits into the scratch memory. */
const PIECE = 16 * 1024;
/** The width of a page where nothing says otherwise. */
const DEFAULT_COLUMNS = 80;

const encoder = new TextEncoder();

/**
 * Writes to standard output, all of it. Where nobody reads it any more (`bunker ps | head -1`) the program ends at once
 * and quietly, with the status of a program that SIGPIPE ended. Throws a SysError otherwise (a full disk).
 */
export function out(text: string | Uint8Array): void {
  const failed = writeAll(STDOUT, text);
  if (failed === -EPIPE) process.exit(128 + SIGPIPE);
  if (failed < 0) throw sysError("write standard output", failed);
}

/** Writes to standard error. A failure is ignored: there is no place left to report it. */
export function err(text: string | Uint8Array): void {
  writeAll(STDERR, text);
}

/** 0, or the negative errno of the write that failed. */
function writeAll(fd: number, text: string | Uint8Array): number {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  let done = 0;
  while (done < bytes.length) {
    const piece = bytes.subarray(done, done + PIECE);
    const written = call("write", fd, place(piece), piece.length);
    if (written >= 0) done += written;
    else if (written !== -EAGAIN) return written;
    // A terminal or pipe that another process made non-blocking: its buffer is full.
    else awaitWritable(fd);
  }
  return 0;
}

function awaitWritable(fd: number): void {
  const at = reserve(POLLFD.size);
  scratchView.setInt32(at + POLLFD.fields.fd[0], fd, true);
  scratchView.setInt16(at + POLLFD.fields.events[0], POLLOUT, true);
  scratchView.setInt16(at + POLLFD.fields.revents[0], 0, true);
  call("ppoll", scratchBase + at, 1, 0, 0, 0);
}

/** Whether the descriptor is a terminal (isatty(3): it has terminal settings). */
export function isTerminal(fd: number): boolean {
  return call("ioctl", fd, TCGETS, scratchBase + reserve(TERMIOS.size)) === 0;
}

/** Whether text on standard output may be bold or coloured. https://no-color.org */
export function isColourful(): boolean {
  return (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb" && isTerminal(STDOUT);
}

/** The width of the page in character cells: what COLUMNS says, else the terminal's, else 80. */
export function columns(): number {
  const asked = process.env["COLUMNS"] ?? "";
  if (/^[1-9]\d{0,4}$/.test(asked)) return Number(asked);
  const at = reserve(WINSIZE.size);
  if (call("ioctl", STDOUT, TIOCGWINSZ, scratchBase + at) !== 0) return DEFAULT_COLUMNS;
  // A serial line has no width: 0.
  return scratchView.getUint16(at + WINSIZE.fields.ws_col[0], true) || DEFAULT_COLUMNS;
}
