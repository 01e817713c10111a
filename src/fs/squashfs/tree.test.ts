import { describe, expect, test } from "bun:test";
import { UserError } from "../../errors.ts";
import { sortChain } from "./chain.ts";
import { fromBytes } from "./bytes.ts";
import { TYPE } from "./format.ts";
import { Names, ROOT } from "./names.ts";
import { Ids, type InodeFields, Tree } from "./tree.ts";

const fields = (type: number, more: Partial<InodeFields> = {}): InodeFields => {
  return { type, mode: 0o644, uid: 0, gid: 0, mtime: 0, xattrs: 0, payload: 0, ...more };
};

function add(tree: Tree, path: string, type = TYPE.file, more: Partial<InodeFields> = {}): void {
  tree.set(tree.place(path, type), fields(type, more));
}

const inodeAt = (tree: Tree, path: string): number | undefined => {
  const node = tree.lookup(path);
  return node === undefined ? undefined : tree.names.inode.get(node);
};

describe("paths", () => {
  test.each([
    ["/a", "it has an empty component"],
    ["a/", "it has an empty component"],
    ["a//b", "it has an empty component"],
    [".", 'it has the component "."'],
    ["a/./b", 'it has the component "."'],
    ["..", 'it has the component ".."'],
    ["a/../../etc/passwd", 'it has the component ".."'],
    ["a\0b", "it contains a NUL byte"],
    [`${"n".repeat(256)}`, "a component is longer than 255 bytes"],
    [`d/${"n".repeat(256)}/x`, "a component is longer than 255 bytes"],
    ["caf\u0113", "it is not a string of bytes"],
  ])("%j are refused", (path, problem) => {
    const tree = new Tree(0);
    expect(() => tree.place(path, TYPE.file)).toThrow(problem);
    expect(() => tree.place(path, TYPE.file)).toThrow(UserError);
    expect(() => tree.link(path, path)).toThrow(UserError);
  });

  test("may have any other bytes, and components of 255", () => {
    const tree = new Tree(0);
    for (const path of ["...", "a\nb", "\xff\xfe", "n".repeat(255), " ", "a/..b/c"]) {
      add(tree, path);
      expect(tree.lookup(path)).toBeNumber();
    }
  });

  test("do not lead through files, symlinks least of all", () => {
    const tree = new Tree(0);
    add(tree, "file");
    add(tree, "dir/link", TYPE.symlink);
    expect(() => tree.place("file/x", TYPE.file)).toThrow('cannot store "file/x": "file" in it is not a directory');
    expect(() => tree.place("dir/link/x", TYPE.file)).toThrow('"link" in it is not a directory');
    expect(tree.lookup("file/x")).toBeUndefined();
  });

  test("the root is a directory and stays one", () => {
    const tree = new Tree(0);
    expect(() => tree.place("", TYPE.symlink)).toThrow("cannot store a root that is not a directory");
    expect(tree.remove("")).toBeFalse();
  });
});

describe("entries", () => {
  test("make their parents, 0755 and root's, of the given time", () => {
    const tree = new Tree(1234);
    add(tree, "a/b/c");
    const inode = (inodeAt(tree, "a/b") ?? 0) - 1;
    expect(tree.typeMode.get(inode)).toBe((TYPE.dir << 12) | 0o755);
    expect([tree.mtime.get(inode), tree.uid.get(inode), tree.gid.get(inode)]).toEqual([1234, 0, 0]);
  });

  test("replace one another, and a directory over a directory keeps what is in it", () => {
    const tree = new Tree(0);
    add(tree, "d/x");
    const before = inodeAt(tree, "d/x");
    add(tree, "d", TYPE.dir, { mode: 0o700 });
    expect(inodeAt(tree, "d/x")).toBe(before as number);
    add(tree, "d/x", TYPE.file, { mode: 0o600 });
    expect(inodeAt(tree, "d/x")).not.toBe(before as number);
    add(tree, "d", TYPE.file);
    expect(tree.lookup("d/x")).toBeUndefined();
    add(tree, "d", TYPE.dir);
    expect(tree.lookup("d/x")).toBeUndefined();
    add(tree, "d/x");
    expect(tree.lookup("d/x")).toBeNumber();
  });

  test("that are removed are gone with what is in them, also for a parent looked up before", () => {
    const tree = new Tree(0);
    add(tree, "a/b/c");
    expect(tree.remove("a/b")).toBeTrue();
    expect(tree.remove("a/b")).toBeFalse();
    expect(tree.lookup("a/b/c")).toBeUndefined();
    add(tree, "a/b/d");
    expect(tree.lookup("a/b/c")).toBeUndefined();
    expect(tree.lookup("a/b/d")).toBeNumber();
  });
});

describe("hard links", () => {
  test("share the inode, which outlives the first name", () => {
    const tree = new Tree(0);
    add(tree, "a");
    tree.link("d/b", "a");
    expect(inodeAt(tree, "d/b")).toBe(inodeAt(tree, "a") as number);
    tree.remove("a");
    expect(inodeAt(tree, "d/b")).toBeNumber();
    add(tree, "a");
    expect(inodeAt(tree, "a")).not.toBe(inodeAt(tree, "d/b") as number);
  });

  test("lead to files that are there", () => {
    const tree = new Tree(0);
    add(tree, "d/x");
    expect(() => tree.link("l", "gone")).toThrow('cannot link "l" to "gone": there is no such file in the image');
    expect(() => tree.link("l", "d")).toThrow('cannot link "l" to "d": it is a directory');
    expect(() => tree.link("l", "")).toThrow("it is a directory");
    tree.link("d/x", "d/x");
    expect(inodeAt(tree, "d/x")).toBeNumber();
  });
});

test("ids are numbered as they come, 65535 of them at most", () => {
  const ids = new Ids();
  expect([ids.index(1000), ids.index(0), ids.index(1000), ids.index(4_294_967_294)]).toEqual([0, 1, 0, 2]);
  for (let id = 1_000_000; ids.values.length < 65_535; id++) ids.index(id);
  expect(ids.index(0)).toBe(1);
  expect(() => ids.index(5)).toThrow("too many different user and group ids for one image: 65535 is the most");
});

test("symlink targets are kept as bytes, up to the longest", () => {
  const tree = new Tree(0);
  const targets = [1, 255, 256, 4095].map((length) => new Uint8Array(length).fill(length & 0xff));
  const payloads = targets.map((target) => tree.addTarget(target));
  expect(payloads.map((payload) => new Uint8Array(tree.target(payload)))).toEqual(targets);
});

/** A chain of siblings with these names, in this order of adding. */
function chainOf(names: Names, texts: readonly string[]): number {
  let first = 0;
  for (const text of texts) {
    const node = names.add(ROOT, text);
    names.inode.set(node, 1);
    names.next.set(node, first);
    first = node;
  }
  return first;
}

function texts(names: Names, first: number): string[] {
  const result: string[] = [];
  for (let node = first; node !== 0; node = names.next.get(node)) result.push(fromBytes(names.bytes(node)));
  return result;
}

describe("sorting siblings", () => {
  const expected = Array.from({ length: 1000 }, (_, i) => i.toString(7)).toSorted();

  test("any order of adding comes out in byte order", () => {
    const shuffled = expected.toSorted((a, b) => Bun.hash.crc32(a) - Bun.hash.crc32(b));
    for (const order of [expected, expected.toReversed(), shuffled, []]) {
      const names = new Names();
      expect(texts(names, sortChain(names, chainOf(names, order)))).toEqual([...order].toSorted());
    }
  });

  test("shorter names come first, and bytes count as unsigned", () => {
    const names = new Names();
    const sorted = sortChain(names, chainOf(names, ["\xff", "ab", "a", "a\x01", "b", "\x7f", "\x80"]));
    expect(texts(names, sorted)).toEqual(["a", "a\x01", "ab", "b", "\x7f", "\x80", "\xff"]);
  });

  test("names without an inode are dropped", () => {
    const names = new Names();
    const first = chainOf(names, ["c", "a", "b"]);
    names.inode.set(names.find(ROOT, "a"), 0);
    expect(texts(names, sortChain(names, first))).toEqual(["b", "c"]);
  });
});

test("a hundred thousand names are found again, each under its parent", () => {
  const names = new Names();
  const parents = Array.from({ length: 100 }, (_, i) => names.add(ROOT, `dir${i}`));
  const nodes = parents.map((parent) => Array.from({ length: 1000 }, (_, i) => names.add(parent, `${i}`)));
  const wrong = parents.flatMap((parent, p) => {
    return Array.from({ length: 1000 }, (_, i) => names.find(parent, `${i}`) === nodes[p]?.[i]).filter(
      (right) => !right,
    );
  });
  expect(wrong).toEqual([]);
  expect(names.find(ROOT, "5")).toBe(ROOT);
  expect(names.find(parents[0] as number, "dir1")).toBe(ROOT);
});
