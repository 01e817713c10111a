// Mount options by name, as mount(8) and the OCI spec write them, turned into mount(2)'s flags and data string.

import {
  MS_DIRSYNC,
  MS_MANDLOCK,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_RELATIME,
  MS_SHARED,
  MS_SLAVE,
  MS_STRICTATIME,
  MS_SYNCHRONOUS,
  MS_UNBINDABLE,
} from "../sys/abi/consts.gen.ts";

/** name → [flag, whether the option clears it]. */
const FLAGS: Readonly<Record<string, readonly [flag: number, clears: boolean]>> = {
  async: [MS_SYNCHRONOUS, true],
  atime: [MS_NOATIME, true],
  defaults: [0, false],
  dev: [MS_NODEV, true],
  diratime: [MS_NODIRATIME, true],
  dirsync: [MS_DIRSYNC, false],
  exec: [MS_NOEXEC, true],
  mand: [MS_MANDLOCK, false],
  noatime: [MS_NOATIME, false],
  nodev: [MS_NODEV, false],
  nodiratime: [MS_NODIRATIME, false],
  noexec: [MS_NOEXEC, false],
  nomand: [MS_MANDLOCK, true],
  norelatime: [MS_RELATIME, true],
  nostrictatime: [MS_STRICTATIME, true],
  nosuid: [MS_NOSUID, false],
  relatime: [MS_RELATIME, false],
  ro: [MS_RDONLY, false],
  rro: [MS_RDONLY, false],
  rw: [MS_RDONLY, true],
  strictatime: [MS_STRICTATIME, false],
  suid: [MS_NOSUID, true],
  sync: [MS_SYNCHRONOUS, false],
};

const PROPAGATION: Readonly<Record<string, number>> = {
  private: MS_PRIVATE,
  rprivate: MS_PRIVATE | MS_REC,
  rshared: MS_SHARED | MS_REC,
  rslave: MS_SLAVE | MS_REC,
  runbindable: MS_UNBINDABLE | MS_REC,
  shared: MS_SHARED,
  slave: MS_SLAVE,
  unbindable: MS_UNBINDABLE,
};

export interface MountOptions {
  readonly flags: number;
  /** Propagation flags; 0 where none is asked for. */
  readonly propagation: number;
  /** A bind mount, with all that is mounted below the source where `recursive`. */
  readonly bind: boolean;
  readonly recursive: boolean;
  /** What the file system itself is told. */
  readonly data: string;
}

export function parseMountOptions(options: readonly string[]): MountOptions {
  let flags = 0;
  let propagation = 0;
  let bind = false;
  let recursive = false;
  const data: string[] = [];
  for (const option of options) {
    const known = Object.hasOwn(FLAGS, option) ? FLAGS[option] : undefined;
    const spread = Object.hasOwn(PROPAGATION, option) ? PROPAGATION[option] : undefined;
    if (known !== undefined) flags = known[1] ? flags & ~known[0] : flags | known[0];
    else if (spread !== undefined) propagation = spread;
    else if (option === "bind" || option === "rbind") {
      bind = true;
      recursive ||= option === "rbind";
    } else data.push(option);
  }
  return { flags, propagation, bind, recursive, data: data.join(",") };
}
