// Numbers back to the names that headers and strace have for them. The generated constants are searched by pattern, once
// a family: many names share a number, so a pattern picks the family's real members.

import { CAPABILITIES } from "../../oci/caps.ts";
import { RLIMITS } from "../../oci/rlimits.ts";
import { O_ACCMODE, SIGRTMAX, SIGRTMIN } from "../../sys/abi/consts.gen.ts";
import { CONSTANTS } from "../../sys/abi/names.gen.ts";
import { describeErrno } from "../../sys/numbers.ts";

type Members = readonly (readonly [name: string, value: bigint])[];

/** The constants whose name the pattern matches, in the order of their values. */
function members(pattern: RegExp): Members {
  const found: [string, bigint][] = [];
  for (const line of CONSTANTS.split("\n")) {
    const [name = "", x64 = "0", arm64 = "0"] = line.split(" ");
    if (pattern.test(name)) found.push([name, BigInt.asUintN(64, BigInt(process.arch === "arm64" ? arm64 : x64))]);
  }
  return found.sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Members are looked up when the first number of a family is named. */
function lazily(pattern: RegExp): () => Members {
  let known: Members | undefined;
  return () => (known ??= members(pattern));
}

export type Namer = (value: number | bigint) => string;

/** A set of flags as `A|B`; bits without a name follow in hexadecimal, and no flags at all are `0`. */
export function flags(pattern: RegExp): Namer {
  const family = lazily(pattern);
  return (value) => {
    let rest = BigInt.asUintN(64, BigInt(value));
    const names: string[] = [];
    for (const [name, bits] of family()) {
      if (bits === 0n || (rest & bits) !== bits) continue;
      names.push(name);
      rest &= ~bits;
    }
    if (rest !== 0n) names.push(`0x${rest.toString(16)}`);
    return names.length === 0 ? "0" : names.join("|");
  };
}

/** One of several numbers by name; any other as it is. */
export function choice(pattern: RegExp): Namer {
  const family = lazily(pattern);
  return (value) => family().find(([, known]) => known === BigInt.asUintN(64, BigInt(value)))?.[0] ?? String(value);
}

/** A choice in the low bits (`mask`), flags in the others: open(2)'s access mode, socket(2)'s type. */
export function choiceAndFlags(mask: bigint, choices: RegExp, others: RegExp): Namer {
  const [first, rest] = [choice(choices), flags(others)];
  return (value) => {
    const number = BigInt(value);
    const more = number & ~mask;
    return more === 0n ? first(number & mask) : `${first(number & mask)}|${rest(more)}`;
  };
}

export const mountFlags = flags(/^MS_(?!(A?SYNC|INVALIDATE|VERBOSE|RMT_MASK|MGC_\w+)$)/);
export const umountFlags = flags(/^(MNT_(FORCE|DETACH|EXPIRE)|UMOUNT_NOFOLLOW)$/);
export const cloneFlags = flags(/^CLONE_(?!ARGS_|DETACHED)/);
export const atFlags = flags(/^AT_(SYMLINK_NOFOLLOW|REMOVEDIR|SYMLINK_FOLLOW|NO_AUTOMOUNT|EMPTY_PATH|RECURSIVE)$/);
export const openTreeFlags = flags(/^(OPEN_TREE_\w+|AT_(SYMLINK_NOFOLLOW|NO_AUTOMOUNT|EMPTY_PATH|RECURSIVE))$/);
export const moveMountFlags = flags(/^MOVE_MOUNT_(F|T|SET)_/);
export const descriptorFlags = flags(/^O_CLOEXEC$/);
export const closeRangeFlags = flags(/^CLOSE_RANGE_/);
export const renameFlags = flags(/^RENAME_/);
export const messageFlags = flags(/^MSG_(?!BATCH|TRYHARD)/);
export const signalfdFlags = flags(/^SFD_/);
export const waitFlags = flags(/^W(NOHANG|STOPPED|EXITED|CONTINUED|NOWAIT)$/);
export const pollEvents = flags(/^POLL(IN|PRI|OUT|ERR|HUP|NVAL|RDHUP)$/);
export const netlinkFlags = flags(/^NLM_F_(REQUEST|MULTI|ACK|ECHO|REPLACE|EXCL|CREATE|APPEND)$/);
export const interfaceFlags = flags(/^IFF_(?!VOLATILE|PORTSEL|NOTRAILERS)/);
export const actionFlags = flags(/^SA_(NOCLDSTOP|NOCLDWAIT|SIGINFO|RESTORER|ONSTACK|RESTART|NODEFER|RESETHAND)$/);
export const openFlags = choiceAndFlags(
  BigInt(O_ACCMODE),
  /^O_(RDONLY|WRONLY|RDWR)$/,
  /^O_(?!(RDONLY|WRONLY|RDWR|ACCMODE|NDELAY|SYNC|TMPFILE|LARGEFILE)$)/,
);
export const socketType = choiceAndFlags(0xfn, /^SOCK_(STREAM|DGRAM|RAW|SEQPACKET)$/, /^SOCK_(CLOEXEC|NONBLOCK)$/);

export const clock = choice(/^CLOCK_/);
export const advice = choice(/^MADV_/);
export const maskChange = choice(/^SIG_(BLOCK|UNBLOCK|SETMASK)$/);
export const waitFor = choice(/^P_/);
export const childCode = choice(/^CLD_/);
export const addressFamily = choice(/^AF_(UNSPEC|UNIX|INET|INET6|NETLINK|PACKET)$/);
export const netlinkFamily = choice(/^NETLINK_(ROUTE|NETFILTER|GENERIC)$/);
export const routeMessage = choice(/^RTM_(NEW|DEL|GET|SET)(LINK|ADDR|ROUTE)$/);
export const keyOperation = choice(/^KEYCTL_JOIN_SESSION_KEYRING$/);
export const terminalRequest = choice(/^(TC[GS]ETS|TIOC([GS]PGRP|[GS]WINSZ|SPTLCK|GPTPEER|SCTTY|NOTTY))$/);
export const processOption = choice(
  /^PR_(SET_(PDEATHSIG|DUMPABLE|KEEPCAPS|NAME|SECCOMP|SECUREBITS|NO_NEW_PRIVS|CHILD_SUBREAPER)|CAPBSET_DROP|CAP_AMBIENT)$/,
);
export const ambientChange = choice(/^PR_CAP_AMBIENT_/);

const signalName = choice(/^SIG(?!IOT$|POLL$|UNUSED$|RTMAX$|STKSZ$)[A-Z]+\d?$/);

/** A signal as strace writes it: SIGTERM, and SIGRT_n for the n-th real-time signal after the kernel's first. */
export const signal: Namer = (value) => {
  const number = Number(value);
  if (number > SIGRTMIN && number <= SIGRTMAX) return `SIGRT_${number - SIGRTMIN}`;
  return number === 0 ? "0" : signalName(value);
};

/** The name of a capability or limit, from its table. */
function inTable(table: Readonly<Record<string, number>>): Namer {
  return (value) => Object.keys(table).find((name) => table[name] === Number(value)) ?? String(value);
}

export const capability = inTable(CAPABILITIES);
export const limit = inTable(RLIMITS);

/** An errno as `ENOENT`; a number that is none stays one. */
export const errno: Namer = (value) => {
  const [code] = describeErrno(Number(value));
  return code.startsWith("E") ? code : String(value);
};

/** A negative errno as `-ENOENT`; -1 is mostly "none" in programs, and stays a number like all others. */
export const result: Namer = (value) => (value < -1 ? `-${errno(-value)}` : String(value));
