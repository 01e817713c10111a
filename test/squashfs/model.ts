// What an image should hold, kept in the plainest way: a map of paths. Entries go to the writer and to the model, and
// what comes back out of the image is compared with the model.

import { lstatSync } from "node:fs";
import type { HardLink } from "../../src/fs/squashfs/walk.ts";
import { walkTree } from "../../src/fs/squashfs/walk.ts";
import { SquashfsWriter, type TreeEntry, type WriterOptions } from "../../src/fs/squashfs/writer.ts";

export interface Removal {
  kind: "remove";
  path: string;
}

/** A step of making an image. A file's `data` must be an array, which can be read twice. */
export type Step = TreeEntry | HardLink | Removal;

/** Everything that can be seen of a file, in a form that prints well when it differs. */
export interface Seen {
  kind: string;
  mode: string;
  uid: number;
  gid: number;
  mtime: number;
  nlink: number;
  detail: string;
  xattrs: Record<string, string>;
}

const OPTIONS: WriterOptions = { compression: "zstd", modTime: 1_700_000_000 };

export async function build(target: string, steps: readonly Step[], options: Partial<WriterOptions> = {}) {
  const writer = SquashfsWriter.create(target, { ...OPTIONS, ...options });
  try {
    for (const step of steps) {
      if (step.kind === "link") writer.link(step.path, step.existing);
      else if (step.kind === "remove") writer.remove(step.path);
      else await writer.add(step);
    }
    return await writer.finish();
  } finally {
    await writer.abort();
  }
}

export function sha256(data: Iterable<Uint8Array>): string {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const chunk of data) hasher.update(chunk);
  return hasher.digest("hex");
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

export class Model {
  readonly #nodes = new Map<string, TreeEntry>();

  constructor(steps: readonly Step[]) {
    this.#imply("");
    for (const step of steps) this.#apply(step);
  }

  /** What a walk over the image should see, by path; hard links are told by the path that sorts first. */
  expected(): Map<string, Seen> {
    const paths = [...this.#nodes.keys()];
    const names = new Map<TreeEntry, string[]>();
    for (const path of paths) {
      const node = this.#nodes.get(path) as TreeEntry;
      names.set(node, [...(names.get(node) ?? []), path]);
    }
    const result = new Map<string, Seen>();
    for (const path of paths.toSorted(byComponents)) {
      const node = this.#nodes.get(path) as TreeEntry;
      const same = names.get(node)?.toSorted(byComponents) ?? [];
      const subdirectories = paths.filter((other) => {
        return other !== "" && parentOf(other) === path && this.#nodes.get(other)?.kind === "dir";
      }).length;
      const nlink = node.kind === "dir" ? 2 + subdirectories : same.length;
      result.set(path, same[0] === path ? see(node, nlink) : { ...see(node, nlink), detail: `link to ${same[0]}` });
    }
    return result;
  }

  #apply(step: Step): void {
    if (step.kind === "remove") this.#remove(step.path);
    else if (step.kind === "link") {
      const existing = this.#nodes.get(step.existing) as TreeEntry;
      this.#replace(step.path, existing);
    } else this.#replace(step.path, step);
  }

  #replace(path: string, node: TreeEntry): void {
    const old = this.#nodes.get(path);
    if (old !== undefined && (old.kind === "dir") !== (node.kind === "dir")) this.#remove(path);
    for (let up = parentOf(path); up !== ""; up = parentOf(up)) this.#imply(up);
    this.#nodes.set(path, node);
  }

  #imply(path: string): void {
    if (this.#nodes.has(path)) return;
    this.#nodes.set(path, { path, kind: "dir", mode: 0o755, uid: 0, gid: 0, mtime: OPTIONS.modTime });
  }

  #remove(path: string): void {
    for (const other of this.#nodes.keys()) {
      if (other === path || other.startsWith(`${path}/`)) this.#nodes.delete(other);
    }
  }
}

/** The order of a walk: a directory, then what is in it, names byte by byte. */
function byComponents(a: string, b: string): number {
  const [left, right] = [a.split("/"), b.split("/")];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i] ?? "", right[i] ?? ""];
    if (x !== y) return a === "" || (b !== "" && x < y) ? -1 : 1;
  }
  return left.length - right.length;
}

function see(node: TreeEntry, nlink: number): Seen {
  return {
    kind: node.kind,
    mode: node.mode.toString(8),
    uid: node.uid,
    gid: node.gid,
    mtime: node.mtime,
    nlink,
    detail: detailOf(node),
    xattrs: Object.fromEntries(
      [...(node.xattrs ?? [])].map(([name, value]) => [name, Buffer.from(value).toString("hex")]),
    ),
  };
}

function detailOf(node: TreeEntry): string {
  if (node.kind === "file") return `${node.size ?? 0} bytes ${sha256((node.data ?? []) as Iterable<Uint8Array>)}`;
  if (node.kind === "symlink") return `to ${node.target}`;
  if (node.kind === "char" || node.kind === "block") return `device ${node.rdev?.major}:${node.rdev?.minor}`;
  return "";
}

/** What is really there, under a mounted or unpacked image. */
export function seen(root: string): Map<string, Seen> {
  const result = new Map<string, Seen>();
  const entries = new Map<string, Seen>();
  for (const item of walkTree(root)) {
    const { nlink } = lstatSync(Buffer.from(`${root}/${item.path}`, "latin1"));
    if (item.kind === "link") {
      const first = entries.get(item.existing) as Seen;
      result.set(item.path, { ...first, detail: `link to ${item.existing}` });
    } else {
      const found = see(item, nlink);
      entries.set(item.path, found);
      result.set(item.path, found);
    }
  }
  return result;
}
