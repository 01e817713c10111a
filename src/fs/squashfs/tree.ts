// The tree that an image will hold: paths are checked and resolved here, and inodes kept in columns of 6 to 18 bytes
// (columns that hold only zeros cost nothing). With its name a million empty files come to about 50 bytes each.

import { UserError } from "../../errors.ts";
import { display } from "./bytes.ts";
import { BytePool, U16Column, U32Column } from "./columns.ts";
import { type ByteString, NAME_MAX, TYPE } from "./format.ts";
import { Names, ROOT } from "./names.ts";

const MOST_IDS = 65535;
/** Bit of a type and mode: links to the inode have to be counted. */
export const LINKED = 0x8000;

/** The type in a column's word of type and mode. */
export function typeIn(typeMode: number): number {
  return (typeMode >>> 12) & 7;
}

export interface InodeFields {
  /** One of TYPE. */
  type: number;
  /** The 12 permission bits. */
  mode: number;
  uid: number;
  gid: number;
  mtime: number;
  /** Number of the set of extended attributes + 1; 0 for none. */
  xattrs: number;
  /** A file's record, what `addTarget` returned for a symlink, a device's number; 0 for directories. */
  payload: number;
}

/** User and group ids, which inodes name by a 16-bit index. */
export class Ids {
  readonly values: number[] = [];
  readonly #index = new Map<number, number>();

  index(id: number): number {
    const known = this.#index.get(id);
    if (known !== undefined) return known;
    if (this.values.length === MOST_IDS) {
      throw new UserError(`too many different user and group ids for one image: ${MOST_IDS} is the most`);
    }
    this.#index.set(id, this.values.length);
    return this.values.push(id) - 1;
  }
}

export class Tree {
  readonly names = new Names();
  readonly ids = new Ids();
  readonly #targets = new BytePool();
  /** Per inode: type << 12 | permission bits, and LINKED for one that was given a second name. */
  readonly typeMode = new U16Column();
  readonly uid = new U16Column();
  readonly gid = new U16Column();
  readonly mtime = new U32Column();
  readonly xattrs = new U32Column();
  /** As in InodeFields; for a directory its first child. */
  readonly payload = new U32Column();
  readonly #impliedTime: number;
  #lastParent: { path: ByteString; node: number } | undefined;

  /** `impliedTime` is the mtime of directories that are never added themselves. */
  constructor(impliedTime: number) {
    this.#impliedTime = impliedTime;
    this.set(ROOT, this.#implied());
  }

  /**
   * Finds or makes the node for an entry, and its parents. A node that holds something of another kind is replaced, and
   * what was below it is gone. `set` must follow.
   */
  place(path: ByteString, type: number): number {
    if (path === "") {
      if (type !== TYPE.dir) throw new UserError("cannot store a root that is not a directory");
      return ROOT;
    }
    const slash = path.lastIndexOf("/");
    if (slash === 0) checkName(path, ""); // not the root's child: nothing stands before the slash
    const parent = this.#parent(path, slash < 0 ? "" : path.slice(0, slash));
    const name = path.slice(slash + 1);
    checkName(path, name);
    const found = this.names.find(parent, name);
    if (found !== ROOT) {
      const old = this.typeOf(found);
      if (old !== 0 && (old === TYPE.dir) === (type === TYPE.dir)) return found;
      this.#kill(found);
    }
    return this.#add(parent, name);
  }

  /** Gives a node its inode; a directory keeps its children. */
  set(node: number, fields: InodeFields): void {
    const old = this.names.inode.get(node);
    const keep = old !== 0 && fields.type === TYPE.dir;
    const inode = keep ? old - 1 : this.typeMode.length;
    this.typeMode.set(inode, (fields.type << 12) | fields.mode);
    this.uid.set(inode, this.ids.index(fields.uid));
    this.gid.set(inode, this.ids.index(fields.gid));
    this.mtime.set(inode, fields.mtime);
    this.xattrs.set(inode, fields.xattrs);
    if (!keep) this.payload.set(inode, fields.payload);
    this.names.inode.set(node, inode + 1);
  }

  /** Makes `path` another name of the inode at `existing`. */
  link(path: ByteString, existing: ByteString): void {
    const source = this.lookup(existing);
    if (source === undefined) {
      throw new UserError(`cannot link ${display(path)} to ${display(existing)}: there is no such file in the image`);
    }
    const type = this.typeOf(source);
    if (type === TYPE.dir) {
      throw new UserError(`cannot link ${display(path)} to ${display(existing)}: it is a directory`);
    }
    // The inode first: placing the new name may remove the old one, if one lies below the other.
    const inode = this.names.inode.get(source);
    this.names.inode.set(this.place(path, type), inode);
    this.typeMode.set(inode - 1, this.typeMode.get(inode - 1) | LINKED);
  }

  /** Removes a file or a whole directory; false where there is none. The root cannot be removed. */
  remove(path: ByteString): boolean {
    const node = this.lookup(path);
    if (node === undefined || node === ROOT) return false;
    this.#kill(node);
    return true;
  }

  /** The node at a path, or undefined. */
  lookup(path: ByteString): number | undefined {
    if (path === "") return ROOT;
    let node = ROOT;
    for (const name of path.split("/")) {
      checkName(path, name);
      node = this.names.find(node, name);
      if (node === ROOT || this.typeOf(node) === 0) return undefined;
    }
    return node;
  }

  /** The type of a node, 0 for one that is gone. */
  typeOf(node: number): number {
    const inode = this.names.inode.get(node);
    return inode === 0 ? 0 : typeIn(this.typeMode.get(inode - 1));
  }

  /** Keeps a symlink's target; returns its payload. */
  addTarget(target: Uint8Array): number {
    const address = this.#targets.reserve(2 + target.length);
    const room = this.#targets.view(address, 2 + target.length);
    room[0] = target.length & 0xff;
    room[1] = target.length >>> 8;
    room.set(target, 2);
    return address;
  }

  target(payload: number): Uint8Array {
    const [low, high] = this.#targets.view(payload, 2);
    return this.#targets.view(payload, 2 + (low ?? 0) + ((high ?? 0) << 8)).subarray(2);
  }

  #parent(path: ByteString, directory: ByteString): number {
    if (this.#lastParent?.path === directory) return this.#lastParent.node;
    let node = ROOT;
    if (directory !== "") for (const name of directory.split("/")) node = this.#step(path, node, name);
    this.#lastParent = { path: directory, node };
    return node;
  }

  /** One directory further down, made where it is missing. */
  #step(path: ByteString, parent: number, name: ByteString): number {
    checkName(path, name);
    const found = this.names.find(parent, name);
    const type = found === ROOT ? 0 : this.typeOf(found);
    if (type === TYPE.dir) return found;
    if (type !== 0) throw new UserError(`cannot store ${display(path)}: ${display(name)} in it is not a directory`);
    const node = this.#add(parent, name);
    this.set(node, this.#implied());
    return node;
  }

  #implied(): InodeFields {
    return {
      type: TYPE.dir,
      mode: 0o755,
      uid: 0,
      gid: 0,
      mtime: this.#impliedTime,
      xattrs: 0,
      payload: 0,
    };
  }

  #add(parent: number, name: ByteString): number {
    const node = this.names.add(parent, name);
    const directory = this.names.inode.get(parent) - 1;
    this.names.next.set(node, this.payload.get(directory));
    this.payload.set(directory, node);
    return node;
  }

  #kill(node: number): void {
    this.names.inode.set(node, 0);
    this.#lastParent = undefined;
  }
}

function checkName(path: ByteString, name: ByteString): void {
  const problem =
    name === ""
      ? "it has an empty component"
      : name === "." || name === ".."
        ? `it has the component "${name}"`
        : name.length > NAME_MAX
          ? `a component is longer than ${NAME_MAX} bytes`
          : name.includes("\0")
            ? "it contains a NUL byte"
            : /[^\0-\xff]/.test(name)
              ? "it is not a string of bytes"
              : undefined;
  if (problem !== undefined) throw new UserError(`invalid path ${display(path)}: ${problem}`);
}
