import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import * as fs from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SysError, UserError } from "../../errors.ts";
import { removeTree } from "../../sys/tree.ts";
import { byteString, fromBytes } from "./bytes.ts";
import { type HardLink, walkTree } from "./walk.ts";
import type { TreeEntry } from "./writer.ts";

let root = "";
const at = (path: string): string => join(root, path);

beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), "bunker-walk-"));
});

afterEach(() => removeTree(root));

/** An entry's content. The pieces share a buffer, so each is copied before the next. */
const read = (entry: TreeEntry): string => {
  const pieces: Uint8Array[] = [];
  for (const piece of (entry.data ?? []) as Iterable<Uint8Array>) pieces.push(piece.slice());
  return fromBytes(Buffer.concat(pieces));
};

/** The whole walk; no contents are read. */
function walked(): (TreeEntry | HardLink)[] {
  return [...walkTree(root)];
}

const paths = (): string[] => walked().map(({ path }) => path);

describe("a walk", () => {
  test("meets every entry in byte order, directories before what is in them", () => {
    for (const dir of ["a", "a.d", "B", "a/z"]) fs.mkdirSync(at(dir));
    for (const file of ["a/1", "a/z/x", "a.d/y", "B/b", "a-", "\u00e9", "Z"]) fs.writeFileSync(at(file), "");
    const expected = ["", "B", "B/b", "Z", "a", "a/1", "a/z", "a/z/x", "a-", "a.d", "a.d/y", byteString("\u00e9")];
    expect(paths()).toEqual(expected);
  });

  test("tells all about a file", () => {
    fs.writeFileSync(at("f"), "hello", { mode: 0o4751 });
    fs.chmodSync(at("f"), 0o4751);
    fs.utimesSync(at("f"), 5, 1_234_567_890.5);
    const [, entry] = [...walkTree(root)].slice(0, 2);
    const { uid, gid } = fs.statSync(at("f"));
    expect(entry).toMatchObject({ path: "f", kind: "file", mode: 0o4751, uid, gid, mtime: 1_234_567_890, size: 5 });
  });

  test("reads contents, also those larger than its buffer", () => {
    const content = "0123456789".repeat(60_000);
    fs.writeFileSync(at("large"), content);
    fs.writeFileSync(at("none"), "");
    const found = new Map<string, string>();
    for (const item of walkTree(root)) if (item.kind === "file") found.set(item.path, read(item));
    expect(found).toEqual(
      new Map([
        ["large", content],
        ["none", ""],
      ]),
    );
  });

  test("does not follow symlinks, of which it tells the target", () => {
    fs.symlinkSync("/etc", at("dir"));
    fs.symlinkSync("gone", at("dangling"));
    fs.symlinkSync(Buffer.from([0xff, 0xfe]), at("bytes"));
    expect(walked().slice(1)).toMatchObject([
      { path: "bytes", kind: "symlink", target: "\xff\xfe" },
      { path: "dangling", kind: "symlink", target: "gone" },
      { path: "dir", kind: "symlink", target: "/etc" },
    ]);
  });

  test("takes names as bytes, up to 255 of them", () => {
    const names = [Buffer.from([0xff, 0xfe, 1]), Buffer.from("a\nb"), Buffer.alloc(255, "x")];
    for (const name of names) fs.writeFileSync(Buffer.concat([Buffer.from(`${root}/`), name]), "");
    expect(paths()).toEqual(["", "a\nb", "x".repeat(255), "\xff\xfe\x01"]);
  });

  test("meets the further names of a file as links to the first", () => {
    fs.mkdirSync(at("d"));
    fs.writeFileSync(at("d/file"), "x");
    fs.linkSync(at("d/file"), at("z"));
    fs.linkSync(at("d/file"), at("e"));
    fs.symlinkSync("t", at("l1"));
    fs.linkSync(at("l1"), at("l2"));
    expect(walked().filter(({ kind }) => kind === "link")).toEqual([
      { kind: "link", path: "e", existing: "d/file" },
      { kind: "link", path: "l2", existing: "l1" },
      { kind: "link", path: "z", existing: "d/file" },
    ]);
  });

  test("does not take a file whose other names lie outside for a link", () => {
    const outside = `${root}.outside`;
    fs.writeFileSync(outside, "x");
    fs.linkSync(outside, at("f"));
    fs.rmSync(outside);
    expect(walked()[1]?.kind).toBe("file");
  });

  test("leaves sockets out", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(at("socket"), resolve));
    expect(paths()).toEqual([""]);
    server.close();
  });

  test("goes deeper than a path may be long", () => {
    const depth = 500;
    const name = "directory";
    // Made from the inside out, since no path can name the innermost.
    let tree = at("tree0");
    fs.mkdirSync(tree);
    for (let i = 1; i <= depth; i++) {
      const outer = at(`tree${i}`);
      fs.mkdirSync(outer);
      fs.renameSync(tree, join(outer, name));
      tree = outer;
    }
    const longest = paths().at(-1) ?? "";
    expect(longest).toBe([`tree${depth}`, ...Array<string>(depth).fill(name)].join("/"));
  });

  test("lets go of its descriptors, finished or not", () => {
    fs.mkdirSync(at("a/b/c"), { recursive: true });
    fs.writeFileSync(at("a/b/c/f"), "x");
    const open = (): number => fs.readdirSync("/proc/self/fd").length;
    walked();
    const before = open();
    walked();
    for (const item of walkTree(root)) if (item.path === "a/b/c/f") break;
    for (const item of walkTree(root)) if (item.path === "a/b") break;
    expect(open()).toBe(before);
  });
});

describe("a walk complains of", () => {
  /** Runs the walk, with something done when a file comes. */
  const disturbed = (disturb: () => void) => (): void => {
    for (const item of walkTree(root)) {
      if (item.kind !== "file") continue;
      disturb();
      read(item);
    }
  };

  test.each([
    ["grows", () => fs.appendFileSync(at("f"), "more")],
    ["shrinks", () => fs.truncateSync(at("f"), 2)],
    ["is written to", () => fs.utimesSync(at("f"), 1, fs.statSync(at("f")).mtimeMs / 1000 - 0.5)],
  ])("a file that %s while it is read", (_, disturb) => {
    fs.writeFileSync(at("f"), "content");
    expect(disturbed(disturb)).toThrow(`cannot store "${at("f")}": it changed while it was read`);
    expect(disturbed(disturb)).toThrow(UserError);
  });

  test("what is not there, and what is not a directory", () => {
    fs.writeFileSync(at("f"), "");
    expect(() => [...walkTree(at("gone"))]).toThrow(`open ${at("gone")}: No such file or directory (ENOENT)`);
    expect(() => [...walkTree(at("f"))]).toThrow(SysError);
    expect(() => [...walkTree("/tmp\0x")]).toThrow("contains a NUL byte");
  });

  test("an entry that vanishes", () => {
    for (const name of ["a", "b"]) fs.writeFileSync(at(name), "");
    const walk = walkTree(root);
    walk.next();
    fs.rmSync(at("a"));
    expect(() => walk.next()).toThrow(`open "${at("a")}": No such file or directory (ENOENT)`);
  });

  test("a file in whose place something else appears", () => {
    fs.writeFileSync(at("a"), "");
    const walk = walkTree(root);
    walk.next();
    fs.rmSync(at("a"));
    fs.mkdirSync(at("a"));
    expect(() => walk.next()).toThrow(`cannot store "${at("a")}": it changed while it was read`);
  });

  test("a symlink that takes a file's place", () => {
    fs.writeFileSync(at("a"), "");
    const walk = walkTree(root);
    walk.next();
    fs.rmSync(at("a"));
    fs.symlinkSync("/etc/passwd", at("a"));
    expect(() => walk.next()).toThrow("(ELOOP)");
  });
});
