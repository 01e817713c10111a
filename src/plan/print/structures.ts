// Structures that programs carry as constants, decoded as strace does.

import {
  KERNEL_SIGACTION,
  CLONE_ARGS,
  IFINFOMSG,
  NLMSGHDR,
  RLIMIT64,
  TERMIOS,
  USER_CAP_DATA,
  USER_CAP_HEADER,
  WINSIZE,
} from "../../sys/abi/structs.gen.ts";
import {
  LINUX_CAPABILITY_VERSION_3,
  RLIM_INFINITY,
  RTM_DELLINK,
  RTM_NEWLINK,
  RTM_SETLINK,
} from "../../sys/abi/consts.gen.ts";
import { unpack } from "../../sys/struct.ts";
import { SIGSET_SIZE } from "../signals.ts";
import { content, type Kind, plain, structure } from "./kinds.ts";
import { actionFlags, addressFamily, capability, interfaceFlags, netlinkFlags, routeMessage, signal } from "./names.ts";

/** The positions of the bits that are set. */
function bitsOf(mask: bigint): number[] {
  const bits: number[] = [];
  for (let bit = 0; mask >> BigInt(bit) !== 0n; bit++) if (((mask >> BigInt(bit)) & 1n) === 1n) bits.push(bit);
  return bits;
}

const ALL_SIGNALS = (1n << 64n) - 1n;

/** `[CHLD]`, or `~[TSTP]` for a mask of most signals. */
export function signalSet(bytes: Uint8Array): string {
  const mask = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const bits = bitsOf(mask);
  const names = (set: readonly number[]) => set.map((bit) => signal(bit + 1).replace(/^SIG/, "")).join(" ");
  return bits.length > 32 ? `~[${names(bitsOf(ALL_SIGNALS & ~mask))}]` : `[${names(bits)}]`;
}

export const signals: Kind = structure(SIGSET_SIZE, signalSet);

export const action: Kind = structure(KERNEL_SIGACTION.size, (bytes) => {
  const { sa_handler: handler, sa_flags: set } = unpack(KERNEL_SIGACTION, bytes);
  const mask = signalSet(bytes.subarray(KERNEL_SIGACTION.fields.sa_mask[0]));
  const name = handler === 0 ? "SIG_DFL" : handler === 1 ? "SIG_IGN" : `0x${handler.toString(16)}`;
  return `{sa_handler=${name}, sa_mask=${mask}, sa_flags=${actionFlags(set)}}`;
});

export const resourceLimit: Kind = structure(RLIMIT64.size, (bytes) => {
  const { rlim_cur: soft, rlim_max: hard } = unpack(RLIMIT64, bytes);
  const show = (value: number | bigint) => (BigInt(value) === RLIM_INFINITY ? "RLIM64_INFINITY" : String(value));
  return `{rlim_cur=${show(soft)}, rlim_max=${show(hard)}}`;
});

export const capabilityHeader: Kind = structure(USER_CAP_HEADER.size, (bytes) => {
  const { version, pid } = unpack(USER_CAP_HEADER, bytes);
  const name = version === LINUX_CAPABILITY_VERSION_3 ? "_LINUX_CAPABILITY_VERSION_3" : `0x${version.toString(16)}`;
  return `{version=${name}, pid=${pid}}`;
});

/** Two structures: the low and the high 32 bits of each set. */
export const capabilityData: Kind = structure(USER_CAP_DATA.size * 2, (bytes) => {
  const [low, high] = [unpack(USER_CAP_DATA, bytes), unpack(USER_CAP_DATA, bytes, USER_CAP_DATA.size)];
  const sets = (["effective", "permitted", "inheritable"] as const).map((set) => {
    const mask = (BigInt(high[set]) << 32n) | BigInt(low[set]);
    const names = bitsOf(mask).map((bit) => `1<<${capability(bit)}`);
    return `${set}=${names.length === 0 ? "0" : names.join("|")}`;
  });
  return `{${sets.join(", ")}}`;
});

/** Group ids; their number is the first argument. */
export const groupList: Kind = (value, context) => {
  const count = Number(context.call.args[0]);
  const show = (bytes: Uint8Array) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return `[${Array.from({ length: count }, (_, index) => view.getUint32(index * 4, true)).join(", ")}]`;
  };
  return structure(count * 4, show)(value, context);
};

export const integer: Kind = structure(
  4,
  (bytes) => `[${new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true)}]`,
);

export const windowSize: Kind = structure(WINSIZE.size, (bytes) => {
  const { ws_row, ws_col, ws_xpixel, ws_ypixel } = unpack(WINSIZE, bytes);
  return `{ws_row=${ws_row}, ws_col=${ws_col}, ws_xpixel=${ws_xpixel}, ws_ypixel=${ws_ypixel}}`;
});

export const terminalSettings: Kind = structure(TERMIOS.size, (bytes) => {
  const settings = unpack(TERMIOS, bytes);
  const fields = (["c_iflag", "c_oflag", "c_cflag", "c_lflag"] as const).map(
    (name) => `${name}=0x${settings[name].toString(16)}`,
  );
  return `{${fields.join(", ")}, ...}`;
});

/** Fields that clone(2)'s caller always gives, then the others that were stored. */
const SHOWN = ["flags", "pidfd", "exit_signal", "stack", "stack_size", "set_tid", "cgroup"] as const;
const DEFAULTS: Readonly<Record<string, string>> = { flags: "0", exit_signal: "0", stack: "NULL", stack_size: "0" };

/** clone3(2)'s arguments, put together from what the operations before the call have stored. */
export const cloneArguments: Kind = (value, context) => {
  if (typeof value !== "object" || !("ref" in value)) return plain(value, context);
  const stored = context.stored.get(value.ref);
  const fields = SHOWN.flatMap((name) => {
    const shown = stored?.get(CLONE_ARGS.fields[name][0]) ?? DEFAULTS[name];
    return shown === undefined ? [] : [`${name}=${shown}`];
  });
  return `{${fields.join(", ")}}`;
};

const LINK_REQUESTS: readonly number[] = [RTM_NEWLINK, RTM_DELLINK, RTM_SETLINK];

function linkBody(bytes: Uint8Array): string {
  const { ifi_family, ifi_index, ifi_flags, ifi_change } = unpack(IFINFOMSG, bytes);
  const change = interfaceFlags(ifi_change);
  return `{ifi_family=${addressFamily(ifi_family)}, ifi_index=${ifi_index}, ifi_flags=${interfaceFlags(ifi_flags)}, ifi_change=${change}}`;
}

/** One request to rtnetlink(7): its header, the body of those about links, and the size of the rest. */
function routeRequest(bytes: Uint8Array): string {
  const { nlmsg_len, nlmsg_type, nlmsg_flags, nlmsg_seq, nlmsg_pid } = unpack(NLMSGHDR, bytes);
  const header = `nlmsg_len=${nlmsg_len}, nlmsg_type=${routeMessage(nlmsg_type)}, nlmsg_flags=${netlinkFlags(nlmsg_flags)}`;
  const parts = [`{${header}, nlmsg_seq=${nlmsg_seq}, nlmsg_pid=${nlmsg_pid}}`];
  let rest = bytes.subarray(NLMSGHDR.size);
  if (LINK_REQUESTS.includes(nlmsg_type) && rest.length >= IFINFOMSG.size) {
    parts.push(linkBody(rest));
    rest = rest.subarray(IFINFOMSG.size);
  }
  if (rest.length > 0) parts.push(`<${rest.length} bytes>`);
  return `[${parts.join(", ")}]`;
}

/** What sendto(2) sends: a request to the kernel if it says its own length, else just bytes. */
export const request: Kind = (value, context) => {
  const length = context.call.args[2];
  if (typeof value !== "object" || !("ref" in value) || typeof length !== "number") return plain(value, context);
  const bytes = context.contents.bytes(value, length);
  const isRequest =
    bytes !== undefined && bytes.length >= NLMSGHDR.size && unpack(NLMSGHDR, bytes).nlmsg_len === length;
  return isRequest ? routeRequest(bytes) : content(2)(value, context);
};
