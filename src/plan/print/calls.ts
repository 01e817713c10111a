// System calls → the kinds of their arguments, in the order of the manual pages. A call that is missing here is printed
// all the same, with plain numbers.

import {
  KEYCTL_JOIN_SESSION_KEYRING,
  PR_CAP_AMBIENT,
  PR_CAPBSET_DROP,
  PR_SET_KEEPCAPS,
  PR_SET_NAME,
  PR_SET_PDEATHSIG,
  TCSETS,
  TIOCGPTPEER,
  TIOCGWINSZ,
  TIOCSPTLCK,
  TIOCSWINSZ,
} from "../../sys/abi/consts.gen.ts";
import type { SyscallName } from "../../sys/abi/nr.gen.ts";
import type { Value } from "../../asm/ir.ts";
import {
  argv,
  type CallOp,
  content,
  type Context,
  createMode,
  device,
  directory,
  envp,
  fileMode,
  type Kind,
  mode,
  named,
  openMode,
  plain,
  pointer,
  text,
  unknown,
} from "./kinds.ts";
import * as names from "./names.ts";
import * as structures from "./structures.ts";

const signal = named(names.signal);
const { signals } = structures;

type Kinds = readonly Kind[];

const CALLS: Partial<Record<SyscallName, Kinds>> = {
  capset: [structures.capabilityHeader, structures.capabilityData],
  chdir: [text],
  clock_gettime: [named(names.clock), pointer],
  clone3: [structures.cloneArguments, plain],
  close: [plain],
  close_range: [plain, plain, named(names.closeRangeFlags)],
  dup3: [plain, plain, named(names.descriptorFlags)],
  execve: [text, argv, envp],
  execveat: [plain, text, argv, envp, named(names.atFlags)],
  exit_group: [plain],
  fchownat: [directory, text, plain, plain, named(names.atFlags)],
  fsync: [plain],
  getpid: [],
  ioctl: [plain, named(names.terminalRequest)],
  keyctl: [named(names.keyOperation)],
  kill: [plain, signal],
  madvise: [pointer, plain, named(names.advice)],
  mkdirat: [directory, text, mode],
  mknodat: [directory, text, fileMode, device],
  mount: [text, text, text, named(names.mountFlags), text],
  move_mount: [plain, text, directory, text, named(names.moveMountFlags)],
  open_tree: [directory, text, named(names.openTreeFlags)],
  openat: [directory, text, openMode, createMode],
  pidfd_send_signal: [plain, signal, pointer, plain],
  pivot_root: [text, text],
  ppoll: [pointer, plain, pointer, pointer, plain],
  prctl: [named(names.processOption)],
  prlimit64: [plain, named(names.limit), structures.resourceLimit, pointer],
  pwrite64: [plain, content(2), plain, plain],
  read: [plain, pointer, plain],
  recvfrom: [plain, pointer, plain, named(names.messageFlags), pointer, pointer],
  renameat2: [directory, text, directory, text, named(names.renameFlags)],
  rt_sigaction: [signal, structures.action, pointer, plain],
  rt_sigprocmask: [named(names.maskChange), signals, pointer, plain],
  rt_sigtimedwait: [signals, pointer, pointer, plain],
  sendto: [plain, structures.request, plain, named(names.messageFlags), pointer, plain],
  setgroups: [plain, structures.groupList],
  sethostname: [text, plain],
  signalfd4: [plain, signals, plain, named(names.signalfdFlags)],
  socket: [named(names.addressFamily), named(names.socketType), named(names.netlinkFamily)],
  symlinkat: [text, directory, text],
  umask: [mode],
  umount2: [text, named(names.umountFlags)],
  unlinkat: [directory, text, named(names.atFlags)],
  unshare: [named(names.cloneFlags)],
  wait4: [plain, pointer, named(names.waitFlags), pointer],
  waitid: [named(names.waitFor), plain, pointer, named(names.waitFlags), pointer],
  write: [plain, content(2), plain],
};

/** prctl(2): what comes after the option. */
const PRCTL: Readonly<Record<number, Kinds>> = {
  [PR_CAPBSET_DROP]: [named(names.capability)],
  [PR_CAP_AMBIENT]: [named(names.ambientChange), named(names.capability), plain, plain],
  [PR_SET_KEEPCAPS]: [plain],
  [PR_SET_NAME]: [text],
  [PR_SET_PDEATHSIG]: [signal],
};

/** ioctl(2): what comes after the request. */
const IOCTL: Readonly<Record<number, Kinds>> = {
  [TIOCGPTPEER]: [openMode],
  [TIOCGWINSZ]: [structures.windowSize],
  [TIOCSPTLCK]: [structures.integer],
  [TIOCSWINSZ]: [structures.windowSize],
  [TCSETS]: [structures.terminalSettings],
};

const KEYCTL: Readonly<Record<number, Kinds>> = { [KEYCTL_JOIN_SESSION_KEYRING]: [text] };

function chosen(table: Readonly<Record<number, Kinds>>, value: Value | undefined, others: number): Kinds {
  const known = typeof value === "number" ? table[value] : undefined;
  return known ?? Array.from({ length: others }, () => unknown);
}

/** The kinds of the call's arguments; undefined for a call that is in no table. */
function kindsOf({ sys, args }: CallOp): Kinds | undefined {
  const fixed = CALLS[sys];
  if (fixed === undefined) return undefined;
  if (sys === "prctl") return [...fixed, ...chosen(PRCTL, args[0], 4)];
  if (sys === "ioctl") return [...fixed, ...chosen(IOCTL, args[1], 1)];
  if (sys === "keyctl") return [...fixed, ...chosen(KEYCTL, args[0], 4)];
  return fixed;
}

/** The call as strace shows it, without its result. */
export function showCall(context: Context): string {
  const { call } = context;
  const kinds = kindsOf(call);
  const shown = call.args.map((value, index) => {
    const kind = kinds === undefined ? unknown : kinds[index];
    // What the kernel does not look at is 0, and not worth a place.
    if (kind === undefined) return value === 0 ? undefined : unknown(value, context);
    return kind(value, context);
  });
  return `${call.sys}(${shown.filter((each) => each !== undefined).join(", ")})`;
}

/** How the results of a call are shown, where they are no plain numbers. */
export function resultNamer(sys: SyscallName): names.Namer | undefined {
  return sys === "rt_sigtimedwait" ? names.signal : undefined;
}
