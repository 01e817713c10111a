// Reads the extended attributes of files on the host. Names and values are bytes. Source: listxattr(2), getxattr(2).

import { UserError } from "../../errors.ts";
import { XATTR_LIST_MAX, XATTR_SIZE_MAX } from "../../sys/abi/consts.gen.ts";
import { ENODATA, EOPNOTSUPP } from "../../sys/abi/errno.gen.ts";
import { call, sysError } from "../../sys/call.ts";
import { addressOf } from "../../sys/gate.ts";
import { fromBytes } from "./bytes.ts";
import type { ByteString } from "./format.ts";
import { placeName } from "./host.ts";

const list = new Uint8Array(new ArrayBuffer(XATTR_LIST_MAX));
const value = new Uint8Array(new ArrayBuffer(XATTR_SIZE_MAX));

/** The attributes of an open file or directory; undefined where it has none. `what` names it in messages. */
export function xattrsOf(fd: number, what: () => string): Map<ByteString, Uint8Array> | undefined {
  const length = call("flistxattr", fd, addressOf(list), list.length);
  return collect(length, what, (name) => call("fgetxattr", fd, placeName(name), addressOf(value), value.length));
}

/**
 * The attributes of a directory's entry, which is not followed if it is a symlink. For what cannot be opened: symlinks,
 * devices, fifos. /proc/self/fd stands for the directory, since these calls have no form that takes a descriptor of it.
 */
export function xattrsAt(
  dirfd: number,
  entry: ByteString,
  what: () => string,
): Map<ByteString, Uint8Array> | undefined {
  const path = `/proc/self/fd/${dirfd}/${entry}`;
  const length = call("llistxattr", placeName(path), addressOf(list), list.length);
  return collect(length, what, (name) => {
    return call("lgetxattr", placeName(path), placeName(name), addressOf(value), value.length);
  });
}

/** `length` is what listing returned; `get` leaves an attribute's value in `value`. */
function collect(
  length: number,
  what: () => string,
  get: (name: ByteString) => number,
): Map<ByteString, Uint8Array> | undefined {
  if (length === 0 || length === -EOPNOTSUPP) return undefined;
  if (length < 0) throw sysError(`list the extended attributes of ${what()}`, length);
  const found = new Map<ByteString, Uint8Array>();
  for (const name of fromBytes(list.subarray(0, length - 1)).split("\0")) {
    const got = get(name);
    if (got === -ENODATA) throw new UserError(`cannot store ${what()}: its extended attributes changed meanwhile`);
    if (got < 0) throw sysError(`read an extended attribute of ${what()}`, got);
    found.set(name, value.slice(0, got));
  }
  return found;
}
