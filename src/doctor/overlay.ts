// Tries an overlay whose upper directory lies on a given file system, the way a container's root is made: some file
// systems cannot carry one (vfat, NFS, another overlay), and only the kernel knows all the conditions. The mount is
// detached: it stands nowhere, and is gone when its descriptor is closed.

import {
  FSCONFIG_CMD_CREATE,
  FSCONFIG_SET_STRING,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
  O_CLOEXEC,
  O_CREAT,
  O_WRONLY,
} from "../sys/abi/consts.gen.ts";
import { call, must, sysError } from "../sys/call.ts";
import { close, mkdir, writeFile } from "../sys/file.ts";
import { cstr, reserve, scratch, scratchBase } from "../sys/memory.ts";
import { removeTree } from "../sys/tree.ts";

const MESSAGE = 512;

/** What the kernel has to say about a failed fsconfig(2), beside the errno. */
function kernelWords(fs: number): string {
  const at = reserve(MESSAGE);
  const got = call("read", fs, scratchBase + at, MESSAGE);
  const said = got <= 0 ? "" : new TextDecoder().decode(scratch.subarray(at, at + got));
  return said.replace(/^[ewi] (overlay(fs)?: )?/, "").trim();
}

function configure(fs: number, command: number, key: number, value: number): void {
  const result = call("fsconfig", fs, command, key, value, 0);
  if (result >= 0) return;
  const words = kernelWords(fs);
  throw words === "" ? sysError("mount an overlay", result) : new Error(words);
}

/** A detached overlay mount, writable. Its descriptor is its root. */
function mountOverlay(dir: string): number {
  const fs = must(call("fsopen", cstr("overlay"), FSOPEN_CLOEXEC), "open the file system overlay");
  try {
    // A colon separates lower directories, a backslash escapes it.
    const lower = `${dir}/lower`.replace(/[\\:]/g, "\\$&");
    const options = { lowerdir: lower, upperdir: `${dir}/upper`, workdir: `${dir}/work` };
    for (const [key, value] of Object.entries(options)) configure(fs, FSCONFIG_SET_STRING, cstr(key), cstr(value));
    configure(fs, FSCONFIG_CMD_CREATE, 0, 0);
    return must(call("fsmount", fs, FSMOUNT_CLOEXEC, 0), "mount an overlay");
  } finally {
    close(fs);
  }
}

/** What containers do all the time: write a file, remove one of the image's (a whiteout is left in its place). */
function useOverlay(root: number): void {
  const made = call("openat", root, cstr("made"), O_CREAT | O_WRONLY | O_CLOEXEC, 0o600);
  close(must(made, "write a file on an overlay"));
  must(call("unlinkat", root, cstr("file"), 0), "remove a lower file on an overlay");
}

/**
 * Mounts and uses an overlay with its directories in a temporary directory under `base`, and removes all of it.
 * @throws an Error with the kernel's reason where that does not work
 */
export function tryOverlay(base: string): void {
  // With the time in its name: a doctor that was killed may have left another.
  const dir = `${base}/.bunker-doctor-${process.pid}-${Date.now()}`;
  mkdir(dir, 0o700);
  try {
    for (const name of ["lower", "upper", "work"]) mkdir(`${dir}/${name}`, 0o700);
    writeFile(`${dir}/lower/file`, "");
    const root = mountOverlay(dir);
    try {
      useOverlay(root);
    } finally {
      close(root);
    }
  } finally {
    removeTree(dir);
  }
}
