// Signals by name and number. Source: signal(7).

import {
  SIGABRT,
  SIGALRM,
  SIGBUS,
  SIGCHLD,
  SIGCONT,
  SIGFPE,
  SIGHUP,
  SIGILL,
  SIGINT,
  SIGIO,
  SIGIOT,
  SIGKILL,
  SIGPIPE,
  SIGPOLL,
  SIGPROF,
  SIGPWR,
  SIGQUIT,
  SIGSEGV,
  SIGSTKFLT,
  SIGSTOP,
  SIGSYS,
  SIGTERM,
  SIGTRAP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGURG,
  SIGUSR1,
  SIGUSR2,
  SIGVTALRM,
  SIGWINCH,
  SIGXCPU,
  SIGXFSZ,
} from "../sys/abi/consts.gen.ts";

/** Numbers by name without "SIG"; where two names have one number, the usual name comes first. */
const SIGNALS: Readonly<Record<string, number>> = {
  HUP: SIGHUP,
  INT: SIGINT,
  QUIT: SIGQUIT,
  ILL: SIGILL,
  TRAP: SIGTRAP,
  ABRT: SIGABRT,
  BUS: SIGBUS,
  FPE: SIGFPE,
  KILL: SIGKILL,
  USR1: SIGUSR1,
  SEGV: SIGSEGV,
  USR2: SIGUSR2,
  PIPE: SIGPIPE,
  ALRM: SIGALRM,
  TERM: SIGTERM,
  STKFLT: SIGSTKFLT,
  CHLD: SIGCHLD,
  CONT: SIGCONT,
  STOP: SIGSTOP,
  TSTP: SIGTSTP,
  TTIN: SIGTTIN,
  TTOU: SIGTTOU,
  URG: SIGURG,
  XCPU: SIGXCPU,
  XFSZ: SIGXFSZ,
  VTALRM: SIGVTALRM,
  PROF: SIGPROF,
  WINCH: SIGWINCH,
  IO: SIGIO,
  PWR: SIGPWR,
  SYS: SIGSYS,
  IOT: SIGIOT,
  POLL: SIGPOLL,
  CLD: SIGCHLD,
};

/** The real-time signals as programs see them: the C library keeps the kernel's first two, 32 and 33, for itself. */
const RTMIN = 34;
const RTMAX = 64;

/**
 * The number of "SIGTERM", "TERM", "term", "15", "RTMIN+3" or "SIGRTMAX-1", from 1 to 64; undefined for anything else.
 */
export function signalNumber(text: string): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text) >= 1 && Number(text) <= RTMAX ? Number(text) : undefined;
  // ASCII only: upper case of "ſ" is "S".
  if (!/^[A-Za-z0-9+-]+$/.test(text)) return undefined;
  const name = text.toUpperCase().replace(/^SIG/, "");
  if (Object.hasOwn(SIGNALS, name)) return SIGNALS[name];
  const [, base, offset] = /^(RTMIN(?=$|\+)|RTMAX(?=$|-))(?:[+-](\d{1,2}))?$/.exec(name) ?? [];
  if (base === undefined) return undefined;
  const number = base === "RTMIN" ? RTMIN + Number(offset ?? 0) : RTMAX - Number(offset ?? 0);
  return number >= RTMIN && number <= RTMAX ? number : undefined;
}

/** "SIGTERM" for 15; "SIGRTMIN+3" for 37; the number itself where it has no name. */
export function signalName(number: number): string {
  for (const [name, value] of Object.entries(SIGNALS)) if (value === number) return `SIG${name}`;
  if (number < RTMIN || number > RTMAX) return `${number}`;
  return number === RTMIN ? "SIGRTMIN" : `SIGRTMIN+${number - RTMIN}`;
}
