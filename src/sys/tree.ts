// Removing a directory tree that a container may have filled: names are bytes and may not be UTF-8, directories may nest
// deeper than a path may be long, and nothing may be followed out of the tree. So the walk goes by descriptors and hands
// the kernel's own name bytes back to it.

import {
  AT_FDCWD,
  AT_REMOVEDIR,
  DT_DIR,
  DT_UNKNOWN,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_RDONLY,
} from "./abi/consts.gen.ts";
import { EISDIR, ENOENT, ENOTDIR, ENOTEMPTY } from "./abi/errno.gen.ts";
import { call, must } from "./call.ts";
import { close } from "./file.ts";
import { addressOf } from "./gate.ts";
import { cstr } from "./memory.ts";

const BATCH = 16 * 1024;

/** Removes a file or a whole tree; one that is not there is fine. */
export function removeTree(path: string): void {
  const result = call("unlinkat", AT_FDCWD, cstr(path), 0);
  if (result === 0 || result === -ENOENT) return;
  if (result !== -EISDIR) must(result, `remove ${path}`);
  const fd = call("openat", AT_FDCWD, cstr(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd === -ENOENT) return;
  must(fd, `open ${path}`);
  try {
    emptyDirectory(fd, path);
  } finally {
    close(fd);
  }
  const removed = call("unlinkat", AT_FDCWD, cstr(path), AT_REMOVEDIR);
  if (removed !== -ENOENT) must(removed, `remove ${path}`);
}

/**
 * Removes all that a directory holds. One descriptor is open per level: a tree nested deeper than the descriptor limit
 * (Bun raises it to the hard limit, commonly 524,288) fails with EMFILE instead of overrunning the stack first.
 */
function emptyDirectory(fd: number, what: string): void {
  // Read a batch, remove its entries, read again from the start, until a pass finds nothing to remove.
  const batch = new Uint8Array(new ArrayBuffer(BATCH));
  const view = new DataView(batch.buffer);
  const base = addressOf(batch);
  for (;;) {
    must(call("lseek", fd, 0, 0), `rewind ${what}`);
    let removed = 0;
    for (;;) {
      const got = must(call("getdents64", fd, base, BATCH), `read directory ${what}`);
      if (got === 0) break;
      for (let p = 0; p < got; p += view.getUint16(p + 16, true)) {
        if (isDots(batch, p + 19)) continue;
        removeEntry(fd, base + p + 19, batch[p + 18] ?? DT_UNKNOWN, what);
        removed++;
      }
    }
    if (removed === 0) return;
  }
}

function isDots(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x2e && (bytes[at + 1] === 0 || (bytes[at + 1] === 0x2e && bytes[at + 2] === 0));
}

function removeEntry(dirfd: number, name: number, type: number, what: string): void {
  if (type !== DT_DIR) {
    const result = call("unlinkat", dirfd, name, 0);
    if (result === 0 || result === -ENOENT) return;
    if (result !== -EISDIR) must(result, `remove an entry of ${what}`);
  }
  const plain = call("unlinkat", dirfd, name, AT_REMOVEDIR);
  if (plain === 0 || plain === -ENOENT) return;
  if (plain === -ENOTDIR) {
    must(call("unlinkat", dirfd, name, 0), `remove an entry of ${what}`);
    return;
  }
  if (plain !== -ENOTEMPTY) must(plain, `remove a directory of ${what}`);
  const fd = call("openat", dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  must(fd, `open a directory of ${what}`);
  try {
    emptyDirectory(fd, what);
  } finally {
    close(fd);
  }
  must(call("unlinkat", dirfd, name, AT_REMOVEDIR), `remove a directory of ${what}`);
}
