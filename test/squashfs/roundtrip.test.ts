// Images against the other implementations: what goes into the writer must come out of the kernel's squashfs and of
// unsquashfs, byte for byte and bit for bit. Needs root, loop devices and squashfs-tools.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { statSync } from "node:fs";
import { readSuperblock } from "../../src/fs/squashfs/superblock.ts";
import { walkTree } from "../../src/fs/squashfs/walk.ts";
import type { WriterOptions } from "../../src/fs/squashfs/writer.ts";
import { build, Model, seen, type Step } from "./model.ts";
import { canMount, hasTools, isRoot, mounted, run, Scratch, unpacked } from "./tools.ts";
import { boundaries, everything, file, largeXattrs, other, randomTree } from "./trees.ts";

// Large trees; nothing is measured, and the machine may be busy.
setDefaultTimeout(120_000);

const kernel = describe.skipIf(!canMount);
const tools = describe.skipIf(!isRoot || !hasTools);

async function throughKernel(steps: readonly Step[], options: Partial<WriterOptions> = {}): Promise<void> {
  using scratch = new Scratch();
  const image = scratch.file("image");
  await build(image, steps, options);
  const found = await mounted(scratch, image, seen);
  expect([...found]).toEqual([...new Model(steps).expected()]);
}

async function throughTools(steps: readonly Step[], options: Partial<WriterOptions> = {}): Promise<void> {
  using scratch = new Scratch();
  const image = scratch.file("image");
  await build(image, steps, options);
  expect([...seen(unpacked(scratch, image))]).toEqual([...new Model(steps).expected()]);
}

/** The compressions and the least, the usual and the largest block size. */
const VARIANTS: Partial<WriterOptions>[] = [
  { compression: "zstd" },
  { compression: "zstd", blockSize: 4096, level: 1 },
  { compression: "zstd", blockSize: 1_048_576, level: 9 },
  { compression: "gzip" },
  { compression: "gzip", blockSize: 4096, level: 9 },
];

kernel("the kernel mounts", () => {
  test.each(VARIANTS)("a tree with everything in it: %j", async (options) => {
    await throughKernel(everything(), options);
  });

  test.each(VARIANTS)("files around the block size: %j", async (options) => {
    await throughKernel(boundaries(options.blockSize ?? 131072), options);
  });

  test("extended attributes of the largest size", async () => {
    await throughKernel(largeXattrs());
  });

  test("an empty tree", async () => {
    await throughKernel([]);
    await throughKernel([other("", "dir", { mode: 0o700, uid: 1, gid: 2, mtime: 3 })], { compression: "gzip" });
  });

  test("replacements and removals", async () => {
    await throughKernel([
      file("a/b/c", "1"),
      file("a/d", "2"),
      { kind: "link", path: "kept", existing: "a/b/c" },
      other("a", "symlink", { target: "gone", mode: 0o777 }),
      other("a", "dir", { mode: 0o711 }),
      file("a/new", "3"),
      file("x", "old"),
      file("x", "new", { mode: 0o755 }),
      other("dir", "dir", { mode: 0o700 }),
      file("dir/child", "4"),
      other("dir", "dir", { mode: 0o500, uid: 9 }),
      file("z/gone", "5"),
      { kind: "remove", path: "z/gone" },
      file("y/y/y", "6"),
      { kind: "remove", path: "y" },
      file("y", "7"),
    ]);
  });

  test.each(Array.from({ length: 12 }, (_, seed) => seed))("a random tree (seed %i)", async (seed) => {
    await throughKernel(randomTree(seed), { blockSize: 4096, compression: seed % 3 === 0 ? "gzip" : "zstd" });
  });

  test("directories of many entries, each of which can be looked up", async () => {
    using scratch = new Scratch();
    const image = scratch.file("image");
    const names = Array.from({ length: 20_000 }, (_, i) => `${i * 7919}`.padStart(i % 250, "_"));
    const steps = names.map((name) => file(`many/${name === "" ? "x" : name}`, ""));
    await build(image, [...steps, other("many/0subdir", "dir")]);
    await mounted(scratch, image, (root) => {
      for (const { path } of steps) expect(statSync(`${root}/${path}`).isFile()).toBeTrue();
      expect(statSync(`${root}/many`).nlink).toBe(3);
      expect(() => statSync(`${root}/many/absent`)).toThrow("ENOENT");
    });
  });

  test("a hundred thousand empty files, a tenth of them in one directory", async () => {
    using scratch = new Scratch();
    const image = scratch.file("image");
    const paths = Array.from({ length: 100_000 }, (_, i) => (i % 10 === 0 ? `one/${i}` : `d${i % 97}/${i}`));
    const steps = paths.map((path) => file(path, ""));
    await build(image, steps);
    await mounted(scratch, image, (root) => {
      const found = new Set(run(["find", ".", "-type", "f", "-empty", "-printf", "%P\\n"], root).trim().split("\n"));
      expect(found.size).toBe(paths.length);
      expect(paths.filter((path) => !found.has(path))).toEqual([]);
    });
  });

  test("a path longer than PATH_MAX", async () => {
    using scratch = new Scratch();
    const image = scratch.file("image");
    const path = `${"directory/".repeat(600)}file`;
    await build(image, [file(path, "deep")]);
    await mounted(scratch, image, (root) => {
      const last = [...walkTree(root)].at(-1);
      expect(last).toMatchObject({ kind: "file", path, size: 4 });
    });
  });

  test("a file of one gigabyte of zeros and a word, which takes hardly any room", async () => {
    using scratch = new Scratch();
    const image = scratch.file("image");
    const piece = new Uint8Array(1 << 20);
    const data = (function* () {
      for (let i = 0; i < 1024; i++) yield piece;
      yield Buffer.from("end");
    })();
    const { bytes } = await build(image, [file("sparse", "", { size: 2 ** 30 + 3, data })]);
    expect(bytes).toBeLessThan(65_536);
    await mounted(scratch, image, (root) => {
      expect(statSync(`${root}/sparse`).size).toBe(2 ** 30 + 3);
      expect(statSync(`${root}/sparse`).blocks).toBe(1);
      expect(run(["tail", "-c", "4", `${root}/sparse`])).toBe("\0end");
    });
  });
});

tools("unsquashfs unpacks", () => {
  test.each(VARIANTS)("a tree with everything in it: %j", async (options) => {
    await throughTools(everything(), options);
  });

  test("files around the block size", async () => {
    await throughTools(boundaries(4096), { blockSize: 4096 });
  });

  test.each([100, 101, 102, 103])("a random tree (seed %i)", async (seed) => {
    await throughTools(randomTree(seed), { blockSize: 4096 });
  });

  test("nothing that it would warn of, and every table is where it expects it", async () => {
    using scratch = new Scratch();
    const image = scratch.file("image");
    await build(image, everything());
    const listed = run(["unsquashfs", "-lls", image]);
    expect(listed).toContain("squashfs-root/bin/ping");
    expect(listed).toContain("4000000000/70000");
    expect(run(["unsquashfs", "-stat", image])).toContain("Number of xattr ids 3");
  });
});

tools("mksquashfs", () => {
  test.each([
    "zstd",
    "gzip -b 4096 -no-fragments",
    "xz -no-exports -no-xattrs",
    "lz4 -b 1048576 -nopad",
    "lzo -noI -noD -noF -noX",
  ])("makes images whose superblock is accepted: -comp %s", async (options) => {
    using scratch = new Scratch();
    const image = scratch.file("image");
    await build(scratch.file("ours"), everything());
    run([
      "mksquashfs",
      unpacked(scratch, scratch.file("ours")),
      image,
      "-quiet",
      "-no-progress",
      "-comp",
      ...options.split(" "),
    ]);
    const bytes = new Uint8Array(await Bun.file(image).arrayBuffer());
    const superblock = readSuperblock(bytes, bytes.length, image);
    expect<string | undefined>(superblock.compression).toBe(options.split(" ")[0]);
  });
});
