// Loop devices by ioctl (loop(4)): a read-only block device over a layer's file. Autoclear makes the kernel free the
// device when the last mount and the last descriptor are gone, so nothing has to be detached, also after a crash.

import {
  AT_FDCWD,
  LO_FLAGS_AUTOCLEAR,
  LO_FLAGS_READ_ONLY,
  LOOP_CONFIGURE,
  LOOP_CTL_GET_FREE,
  O_CLOEXEC,
  O_RDONLY,
  O_RDWR,
} from "./abi/consts.gen.ts";
import { EBUSY, ENXIO } from "./abi/errno.gen.ts";
import { LOOP_CONFIG, LOOP_INFO64 } from "./abi/structs.gen.ts";
import { UserError } from "../errors.ts";
import { call, must } from "./call.ts";
import { close, openIfThere } from "./file.ts";
import { cstr, place } from "./memory.ts";
import { pack } from "./struct.ts";

export interface LoopDevice {
  /** "/dev/loop3" */
  readonly path: string;
  /** As long as it is open, the device stays. */
  readonly fd: number;
}

const ATTEMPTS = 100;

/** Attaches a file that is open as `file` to a free device. */
export function attachLoop(file: number, what: string): LoopDevice {
  const control = openIfThere("/dev/loop-control", O_RDWR);
  if (control === undefined) {
    throw new UserError(`cannot mount ${what}: the kernel has no loop devices (/dev/loop-control is missing)`, {
      remedy: "load the module with 'modprobe loop', or use a kernel with CONFIG_BLK_DEV_LOOP",
    });
  }
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const number = must(call("ioctl", control, LOOP_CTL_GET_FREE), "find a free loop device");
      const device = configure(`/dev/loop${number}`, file, what);
      if (device !== undefined) return device;
    }
    throw new UserError(`cannot mount ${what}: loop devices were taken by others ${ATTEMPTS} times in a row`);
  } finally {
    close(control);
  }
}

/** undefined where somebody else was faster. */
function configure(path: string, file: number, what: string): LoopDevice | undefined {
  const fd = call("openat", AT_FDCWD, cstr(path), O_RDONLY | O_CLOEXEC);
  if (fd === -ENXIO) return undefined; // the kernel is still taking its last user's traces down
  must(fd, `open ${path}`);
  const info = pack(LOOP_INFO64, { lo_flags: LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR });
  const result = call("ioctl", fd, LOOP_CONFIGURE, place(pack(LOOP_CONFIG, { fd: file, info })));
  if (result === 0) return { path, fd };
  close(fd);
  if (result === -EBUSY) return undefined;
  must(result, `attach ${what} to ${path}`);
  return undefined;
}
