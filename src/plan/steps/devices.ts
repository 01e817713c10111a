// Child, stage "devices": the nodes and links of /dev, and the terminal.
//
// Where it stands: the new root with its file systems mounted, all privileges.

import {
  AT_FDCWD,
  MS_BIND,
  O_CLOEXEC,
  O_NOCTTY,
  O_RDONLY,
  O_RDWR,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  TIOCGPTPEER,
  TIOCSCTTY,
  TIOCSPTLCK,
  TIOCSWINSZ,
} from "../../sys/abi/consts.gen.ts";
import { WINSIZE } from "../../sys/abi/structs.gen.ts";
import { deviceNumber } from "../../sys/kinds.ts";
import { pack } from "../../sys/struct.ts";
import { DEFAULT_DEVICES } from "../../oci/devices.ts";
import type { Device } from "../../oci/spec.ts";
import type { ProgramBuilder } from "../builder.ts";
import type { LaunchInput, Terminal } from "../launch-input.ts";
import type { Memory } from "../memory.ts";
import { makeDirectories } from "./mounts.ts";
import { passMaster } from "./passing.ts";

const FORMAT = { c: S_IFCHR, u: S_IFCHR, b: S_IFBLK, p: S_IFIFO } as const;

/** Links that programs expect in /dev (runtime-spec, "Dev symbolic links"). */
const LINKS: readonly (readonly [target: string, path: string])[] = [
  ["/proc/self/fd", "/dev/fd"],
  ["/proc/self/fd/0", "/dev/stdin"],
  ["/proc/self/fd/1", "/dev/stdout"],
  ["/proc/self/fd/2", "/dev/stderr"],
  ["/proc/kcore", "/dev/core"],
  ["pts/ptmx", "/dev/ptmx"],
];

export function makeDevices(b: ProgramBuilder, input: LaunchInput): void {
  // A /dev of the user's is as the user has it.
  if (input.binds.some(({ mount }) => input.spec.mounts[mount]?.destination === "/dev")) return;
  const own = input.spec.linux.devices ?? [];
  const replaced = new Set(own.map(({ path }) => path));
  for (const device of DEFAULT_DEVICES) if (!replaced.has(device.path)) makeNode(b, device);
  for (const device of own) makeNode(b, device);
  for (const [target, path] of LINKS) {
    b.call(`link ${path}`, "symlinkat", [b.str(target), AT_FDCWD, b.str(path)], { onError: "ignore" });
  }
}

function makeNode(b: ProgramBuilder, device: Device): void {
  const path = b.str(device.path);
  const mode = FORMAT[device.type] | (device.fileMode ?? 0o666);
  const parts = device.path.split("/").length;
  if (parts > 3 || !device.path.startsWith("/dev/")) makeDirectories(b, device.path, { includeLast: false });
  b.call(`make the device ${device.path}`, "mknodat", [
    AT_FDCWD,
    path,
    mode,
    deviceNumber(device.major ?? 0, device.minor ?? 0),
  ]);
  if ((device.uid ?? 0) !== 0 || (device.gid ?? 0) !== 0) {
    b.call(`set the owner of ${device.path}`, "fchownat", [AT_FDCWD, path, device.uid ?? 0, device.gid ?? 0, 0]);
  }
}

/**
 * A PTY of the container's own devpts, so that its name is valid inside. Its number is 0: the instance is new. The
 * master goes to the monitor; the slave becomes stdio and the controlling terminal.
 */
export function openTerminal(b: ProgramBuilder, terminal: Terminal, uid: number, m: Memory): void {
  const slave = b.slot("pty_slave");
  const unlock = b.bytes("pty.unlock", new Uint8Array(4));
  const size = b.bytes("pty.size", pack(WINSIZE, { ws_row: terminal.rows, ws_col: terminal.columns }));
  const path = b.str("/dev/pts/ptmx");
  b.call("open a terminal", "openat", [AT_FDCWD, path, O_RDWR | O_NOCTTY | O_CLOEXEC, 0], { into: m.master });
  b.call("unlock it", "ioctl", [m.master, TIOCSPTLCK, unlock]);
  b.call("open its container side", "ioctl", [m.master, TIOCGPTPEER, O_RDWR | O_NOCTTY], { into: slave });
  b.call("set its window size", "ioctl", [slave, TIOCSWINSZ, size]);
  passMaster(b, m);
  b.call("lead a new session", "setsid", []);
  b.call("take it as controlling terminal", "ioctl", [slave, TIOCSCTTY, 0]);
  for (const fd of [0, 1, 2]) b.call(`use it as descriptor ${fd}`, "dup3", [slave, fd, 0]);
  giveToUser(b, uid, [0]);
  b.call("make the mount point /dev/console", "mknodat", [AT_FDCWD, b.str("/dev/console"), 0o100600, 0], {
    onError: "ignore",
  });
  b.call("mount it on /dev/console", "mount", [b.str("/dev/pts/0"), b.str("/dev/console"), 0, MS_BIND, 0]);
}

/** Pipes that were opened before the launch; for input that nobody gives, the container's own /dev/null. */
export function usePipes(b: ProgramBuilder, input: LaunchInput, m: Memory): void {
  b.call("lead a new session", "setsid", []);
  if (input.interactive) b.call("use the pipe as stdin", "dup3", [b.fd("stdin"), 0, 0]);
  else {
    // The host's would let the container change the host's inode, by fchmod for one.
    b.call("open /dev/null", "openat", [AT_FDCWD, b.str("/dev/null"), O_RDONLY | O_CLOEXEC, 0], { into: m.result });
    b.call("use it as stdin", "dup3", [m.result, 0, 0]);
  }
  b.call("use the pipe as stdout", "dup3", [b.fd("stdout"), 1, 0]);
  b.call("use the pipe as stderr", "dup3", [b.fd("stderr"), 2, 0]);
  giveToUser(b, input.spec.process.user.uid, [0, 1, 2]);
}

/** Opening /dev/stdout asks for the permission of what is behind it. */
function giveToUser(b: ProgramBuilder, uid: number, fds: readonly number[]): void {
  if (uid === 0) return;
  for (const fd of fds) b.call(`give descriptor ${fd} to the user`, "fchown", [fd, uid, -1], { onError: "ignore" });
}
