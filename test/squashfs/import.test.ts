// Directories of the host through walk and writer: what the kernel shows of the image is what the host has. Needs root;
// some need loop devices, setfattr or squashfs-tools as well.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { walkTree } from "../../src/fs/squashfs/walk.ts";
import { SquashfsWriter } from "../../src/fs/squashfs/writer.ts";
import { build, Model, seen } from "./model.ts";
import { canMount, hasTools, isRoot, mounted, run, Scratch, unpacked } from "./tools.ts";
import { everything, file } from "./trees.ts";

setDefaultTimeout(120_000);

async function imported(scratch: Scratch, dir: string): Promise<string> {
  const image = scratch.file("imported");
  const writer = SquashfsWriter.create(image, { compression: "zstd", modTime: 0 });
  for (const item of walkTree(dir)) {
    if (item.kind === "link") writer.link(item.path, item.existing);
    else await writer.add(item);
  }
  await writer.finish();
  return image;
}

describe.skipIf(!canMount)("import", () => {
  test("of this repository's sources", async () => {
    using scratch = new Scratch();
    const image = await imported(scratch, `${import.meta.dir}/../../src`);
    const found = await mounted(scratch, image, seen);
    expect(found.size).toBeGreaterThan(20);
    expect([...found]).toEqual([...seen(`${import.meta.dir}/../../src`)]);
  });

  test.skipIf(!hasTools)("of a tree with everything in it, made by unsquashfs", async () => {
    using scratch = new Scratch();
    await build(scratch.file("image"), everything());
    const image = await imported(scratch, unpacked(scratch, scratch.file("image")));
    expect([...(await mounted(scratch, image, seen))]).toEqual([...new Model(everything()).expected()]);
  });

  test("of what another image shows", async () => {
    using scratch = new Scratch();
    await build(scratch.file("image"), everything());
    const image = await mounted(scratch, scratch.file("image"), (root) => imported(scratch, root));
    expect([...(await mounted(scratch, image, seen))]).toEqual([...new Model(everything()).expected()]);
  });
});

describe.skipIf(!isRoot || !hasTools)("beside mksquashfs", () => {
  test("the image of the same tree is within 5 % of its size", async () => {
    using scratch = new Scratch();
    const sources = `${import.meta.dir}/../../node_modules/bun-types`;
    const ours = statSync(await imported(scratch, sources)).size;
    const other = scratch.file("other");
    run(["mksquashfs", sources, other, "-comp", "zstd", "-Xcompression-level", "3", "-quiet", "-no-progress"]);
    expect(ours).toBeLessThan(statSync(other).size * 1.05);
  });
});

describe.skipIf(!isRoot)("the walk", () => {
  test.skipIf(Bun.which("setfattr") === null)("reads the attributes that setfattr sets", () => {
    using scratch = new Scratch();
    const root = scratch.file("tree");
    mkdirSync(`${root}/dir`, { recursive: true });
    writeFileSync(`${root}/file`, "x");
    run(["ln", "-s", "nowhere", `${root}/link`]);
    run(["mknod", `${root}/null`, "c", "1", "3"]);
    run(["setfattr", "-n", "user.text", "-v", "hello", `${root}/file`]);
    run(["setfattr", "-n", "user.zero", "-v", "0x0000ff", `${root}/file`]);
    run(["setfattr", "-n", "user.none", `${root}/dir`]);
    for (const name of ["link", "null"]) run(["setfattr", "-h", "-n", "trusted.x", "-v", name, `${root}/${name}`]);
    const found = Object.fromEntries([...seen(root)].map(([path, { xattrs }]) => [path, xattrs]));
    expect(found).toEqual({
      "": {},
      dir: { "user.none": "" },
      file: { "user.text": "68656c6c6f", "user.zero": "0000ff" },
      link: { "trusted.x": Buffer.from("link").toString("hex") },
      null: { "trusted.x": Buffer.from("null").toString("hex") },
    });
  });

  test.skipIf(!canMount)("stays on one file system where that is asked for", async () => {
    using scratch = new Scratch();
    await build(scratch.file("image"), [file("inside", "x"), file("dir/inside", "x")]);
    await mounted(scratch, scratch.file("image"), () => {
      const paths = (oneFileSystem: boolean): string[] => {
        return [...walkTree(scratch.path, { oneFileSystem })].map(({ path }) => path);
      };
      expect(paths(true)).toEqual(["", "image", "mnt"]);
      expect(paths(false)).toEqual(["", "image", "mnt", "mnt/dir", "mnt/dir/inside", "mnt/inside"]);
    });
  });

  test("leaves fifos and devices unopened", () => {
    using scratch = new Scratch();
    run(["mkfifo", scratch.file("fifo")]);
    run(["mknod", scratch.file("tape"), "c", "9", "0"]);
    expect([...walkTree(scratch.path)].slice(1)).toMatchObject([
      { path: "fifo", kind: "fifo" },
      { path: "tape", kind: "char", rdev: { major: 9, minor: 0 } },
    ]);
  });
});
