// Walks a directory tree of the host for the image writer: each directory before what is in it, names in byte order,
// hard links after the file they lead to. Descends by descriptors, one open per level, and never follows a symlink, so a
// tree that is changed meanwhile can spoil the image but not lead out of the tree.

import { UserError } from "../../errors.ts";
import { O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } from "../../sys/abi/consts.gen.ts";
import { call, sysError } from "../../sys/call.ts";
import { close, open } from "../../sys/file.ts";
import { addressOf } from "../../sys/gate.ts";
import { byteString, display } from "./bytes.ts";
import type { ByteString } from "./format.ts";
import { type HostInfo, placeName, readTarget, statEntry } from "./host.ts";
import { SortedNames } from "./walk-names.ts";
import type { TreeEntry } from "./entry.ts";
import { xattrsAt, xattrsOf } from "./xattr.ts";

/** Another name of an entry that came before. */
export interface HardLink {
  kind: "link";
  path: ByteString;
  existing: ByteString;
}

export interface WalkOptions {
  /** Leave out what lies on other file systems; the directories they are mounted on stay, empty. */
  oneFileSystem?: boolean;
}

/** A directory being walked. `names` is undefined where it is on another file system and left out. */
interface Level {
  fd: number;
  path: ByteString;
  dev: number;
  names: SortedNames | undefined;
}

const READ = 256 * 1024;
// A fifo that takes a file's place must not block the open.
const OPEN = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

/**
 * The entries of the tree under `dir`, whose own entry comes first with the path "". Sockets are left out. An entry's
 * data must be read before the next entry is asked for. Throws SysError for what cannot be read, UserError for a file
 * that changes while it is read.
 */
export function walkTree(dir: string, options: WalkOptions = {}): Generator<TreeEntry | HardLink> {
  return new Walk(dir, options.oneFileSystem === true).entries();
}

class Walk {
  readonly #dir: string;
  readonly #oneFileSystem: boolean;
  readonly #levels: Level[] = [];
  /** The first path of files with several names, until the last of them was met. */
  readonly #linked = new Map<string, { path: ByteString; left: number }>();
  readonly #buffer = new Uint8Array(new ArrayBuffer(READ));

  constructor(dir: string, oneFileSystem: boolean) {
    this.#dir = dir;
    this.#oneFileSystem = oneFileSystem;
  }

  *entries(): Generator<TreeEntry | HardLink> {
    try {
      yield this.#enter(open(this.#dir, O_RDONLY | O_DIRECTORY), "");
      for (let level = this.#levels.at(-1); level !== undefined; level = this.#levels.at(-1)) {
        if (level.names?.next() === true) yield* this.#entry(level, level.names);
        else close((this.#levels.pop() as Level).fd);
      }
    } finally {
      for (const level of this.#levels) close(level.fd);
    }
  }

  *#entry(level: Level, names: SortedNames): Generator<TreeEntry | HardLink> {
    const { name } = names;
    const path = level.path === "" ? name : `${level.path}/${name}`;
    let { kind } = names;
    let found: HostInfo | undefined;
    if (kind !== "file" && kind !== "dir" && kind !== "socket") {
      found = this.#stat(level.fd, name, path);
      kind = found.kind;
    }
    if (kind === "socket") return;
    if (kind === "dir") yield this.#enter(this.#open(level, name, O_DIRECTORY, path), path);
    else if (kind === "file") yield* this.#file(level, name, path);
    else if (found !== undefined) yield* this.#special(level, name, found, path);
  }

  /** Begins a directory and returns its entry. The descriptor is the walk's from here on. */
  #enter(fd: number, path: ByteString): TreeEntry {
    const parent = this.#levels.at(-1);
    const level: Level = { fd, path, dev: 0, names: undefined };
    this.#levels.push(level);
    const info = this.#stat(fd, "", path);
    level.dev = info.dev;
    if (parent === undefined || !this.#elsewhere(parent, info))
      level.names = SortedNames.read(fd, () => this.#name(path));
    return entryOf(
      path,
      info,
      xattrsOf(fd, () => this.#name(path)),
    );
  }

  *#file(level: Level, name: ByteString, path: ByteString): Generator<TreeEntry | HardLink> {
    const fd = this.#open(level, name, 0, path);
    try {
      const info = this.#stat(fd, "", path);
      if (info.kind !== "file") this.#changed(path);
      if (this.#elsewhere(level, info)) return;
      const existing = this.#seen(info, path);
      if (existing === undefined) {
        const entry = entryOf(
          path,
          info,
          xattrsOf(fd, () => this.#name(path)),
        );
        entry.size = info.size;
        entry.data = this.#data(fd, info, path);
        yield entry;
      } else yield { kind: "link", path, existing };
    } finally {
      close(fd);
    }
  }

  *#special(level: Level, name: ByteString, info: HostInfo, path: ByteString): Generator<TreeEntry | HardLink> {
    if (this.#elsewhere(level, info)) return;
    const existing = this.#seen(info, path);
    if (existing !== undefined) {
      yield { kind: "link", path, existing };
      return;
    }
    const entry = entryOf(
      path,
      info,
      xattrsAt(level.fd, name, () => this.#name(path)),
    );
    if (info.kind === "symlink") {
      const target = readTarget(level.fd, name);
      if (typeof target === "number") this.#fail("read link", path, target);
      entry.target = target;
    } else entry.rdev = info.rdev;
    yield entry;
  }

  /** A file's bytes, in a buffer that the next piece overwrites. */
  *#data(fd: number, info: HostInfo, path: ByteString): Generator<Uint8Array> {
    for (let left = info.size; left > 0;) {
      const got = call("read", fd, addressOf(this.#buffer), Math.min(READ, left));
      if (got < 0) this.#fail("read", path, got);
      if (got === 0) this.#changed(path);
      left -= got;
      yield this.#buffer.subarray(0, got);
    }
    const now = this.#stat(fd, "", path);
    const same = now.size === info.size && now.mtime === info.mtime && now.mtimeNanoseconds === info.mtimeNanoseconds;
    if (!same) this.#changed(path);
  }

  #elsewhere(level: Level, info: HostInfo): boolean {
    return this.#oneFileSystem && info.dev !== level.dev;
  }

  /** The path under which a file with several names was met before; undefined the first time. */
  #seen(info: HostInfo, path: ByteString): ByteString | undefined {
    if (info.nlink === 1) return undefined;
    const key = `${info.dev}:${info.ino}`;
    const first = this.#linked.get(key);
    if (first === undefined) {
      this.#linked.set(key, { path, left: info.nlink - 1 });
      return undefined;
    }
    if (--first.left === 0) this.#linked.delete(key);
    return first.path;
  }

  #open(level: Level, name: ByteString, flags: number, path: ByteString): number {
    const fd = call("openat", level.fd, placeName(name), OPEN | flags);
    return fd < 0 ? this.#fail("open", path, fd) : fd;
  }

  #stat(fd: number, name: ByteString, path: ByteString): HostInfo {
    const info = statEntry(fd, name);
    return typeof info === "number" ? this.#fail("stat", path, info) : info;
  }

  #fail(operation: string, path: ByteString, result: number): never {
    throw sysError(`${operation} ${this.#name(path)}`, result);
  }

  #changed(path: ByteString): never {
    throw new UserError(`cannot store ${this.#name(path)}: it changed while it was read`, {
      remedy: "stop what writes to the directory, or import a copy of it",
    });
  }

  #name(path: ByteString): string {
    return display(path === "" ? byteString(this.#dir) : `${byteString(this.#dir)}/${path}`);
  }
}

function entryOf(path: ByteString, info: HostInfo, xattrs: Map<ByteString, Uint8Array> | undefined): TreeEntry {
  const { kind, mode, uid, gid, mtime } = info;
  const entry: TreeEntry = { path, kind, mode, uid, gid, mtime };
  if (xattrs !== undefined) entry.xattrs = xattrs;
  return entry;
}
