import { afterAll, describe, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../errors.ts";
import { build, sha256, type Step } from "../../../test/squashfs/model.ts";
import { decompress, openImage } from "../../../test/squashfs/open-image.ts";
import { everything, file, noise, other, randomTree } from "../../../test/squashfs/trees.ts";
import { SquashfsWriter, type TreeEntry } from "./writer.ts";

const dir = mkdtempSync(join(tmpdir(), "bunker-writer-"));
let images = 0;
const fresh = (): string => join(dir, `image${images++}`);

afterAll(() => rmSync(dir, { recursive: true }));

async function opened(steps: readonly Step[], options = {}) {
  const path = fresh();
  await build(path, steps, options);
  return openImage(path);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("a small image", () => {
  const steps = [file("b/f", "hello", { uid: 1000, gid: 7 }), other("a", "symlink", { target: "b/f", mode: 0o777 })];

  test("has exactly these inodes and listings", async () => {
    const { superblock, inodes, directories } = await opened(steps);
    const time = "00ca9a3b"; // 1000000000
    expect(hex(inodes)).toBe(
      [
        // file b/f: 0644, ids 2 and 1, number 4; no blocks, fragment 0 at 0, 5 bytes
        "0200" + "a401" + "0200" + "0100" + time + "04000000" + "00000000" + "00000000" + "00000000" + "05000000",
        // symlink a: 0777, number 2
        "0300" + "ff01" + "0000" + "0000" + "01ca9a3b" + "02000000" + "01000000" + "03000000" + hex(Buffer.from("b/f")),
        // directory b: 0755, number 3; listing at 0:0, 2 links, 21 + 3 bytes, parent 1
        "0100" + "ed01" + "0000" + "0000" + "00f15365" + "03000000" + "00000000" + "02000000" + "1800" + "0000" + "01000000",
        // the root: number 1; listing at 0:21, 3 links, 30 + 3 bytes, parent 5
        "0100" + "ed01" + "0000" + "0000" + "00f15365" + "01000000" + "00000000" + "03000000" + "2100" + "1500" + "05000000",
      ].join(""),
    ); // prettier-ignore
    expect(hex(directories)).toBe(
      [
        // b: one entry, inodes' block 0, from number 4: "f" at 0
        "00000000" + "00000000" + "04000000" + "0000" + "0000" + "0200" + "0000" + "66",
        // the root: two entries from number 2: "a" at 32, "b" at 59
        "01000000" + "00000000" + "02000000" + "2000" + "0000" + "0300" + "0000" + "61" + "3b00" + "0100" + "0100" + "0000" + "62",
      ].join(""),
    ); // prettier-ignore
    expect(superblock).toMatchObject({ inodes: 4, fragments: 1, ids: 3, blockSize: 131072, modTime: 1_700_000_000 });
    expect(superblock.rootInode).toBe(91n);
  });

  test("is padded to 4096 bytes and has the digest that it says", async () => {
    const path = fresh();
    const { bytes, digest, droppedXattrs } = await build(path, steps);
    expect(bytes).toBe(4096);
    expect(statSync(path).size).toBe(4096);
    expect(digest).toBe(sha256([readFileSync(path)]));
    expect(droppedXattrs).toEqual([]);
  });

  test("can be written to a descriptor, which stays open", async () => {
    const path = fresh();
    const fd = openSync(path, "w+");
    const writer = SquashfsWriter.create(fd, { compression: "zstd", modTime: 0 });
    await writer.finish();
    expect(statSync(path).size).toBe(4096);
    closeSync(fd);
  });
});

describe("the same image comes", () => {
  test.each([1, 2, 3])("of the same entries (seed %i)", async (seed) => {
    const steps = [...randomTree(seed), file("big", noise(seed, 3_000_000)), file("text", "abc".repeat(900_000))];
    const digests = [];
    for (let i = 0; i < 3; i++) digests.push((await build(fresh(), steps)).digest);
    expect(new Set(digests).size).toBe(1);
  });

  test("of data in other pieces, at once or in time", async () => {
    const content = Buffer.concat([noise(1, 150_000), new Uint8Array(300_000), noise(2, 50_000)]);
    async function* slowly(size: number) {
      for (let at = 0; at < content.length; at += size) {
        await Bun.sleep(0);
        yield content.subarray(at, at + size);
      }
    }
    const digests = [];
    for (const data of [[content], slowly(100_000), slowly(131_072), slowly(65_537), [content, new Uint8Array(0)]]) {
      digests.push((await build(fresh(), [{ ...file("f", content), data }])).digest);
    }
    expect(new Set(digests).size).toBe(1);
  });

  test("of entries in any order, where they have no data", async () => {
    const entries = everything().filter((step): step is TreeEntry => step.kind !== "remove" && step.kind !== "link");
    const bare = entries.map((entry) => (entry.kind === "file" ? file(entry.path, "", { uid: entry.uid }) : entry));
    const orders = [bare, bare.toReversed(), bare.toSorted((a, b) => (a.mtime % 7) - (b.mtime % 7))];
    const digests = await Promise.all(orders.map(async (order) => (await build(fresh(), order)).digest));
    expect(new Set(digests).size).toBe(1);
  });

  test("whether or not something else was there before", async () => {
    const plain = [file("a/b", "x"), file("c", "y")];
    const detour = [
      file("a/b", "x"),
      file("c", "y"),
      other("z", "dir", { uid: 77 }),
      { kind: "remove", path: "z" } as const,
    ];
    expect((await build(fresh(), detour)).digest).toBe((await build(fresh(), plain)).digest);
  });
});

describe("content", () => {
  test("is stored once, whatever its size and whoever owns it", async () => {
    for (const size of [10, 131_072, 1_000_000]) {
      const content = noise(size, size);
      const once = await opened([file("a", content)]);
      const twice = await opened([file("a", content), file("b", content, { uid: 9 }), file("c/d", content)]);
      expect(twice.data).toEqual(once.data);
    }
  });

  test("that was stored before leaves no trace behind, not even in the padding", async () => {
    const content = noise(5, 2_000_000);
    const path = fresh();
    const { bytes } = await build(path, [file("a", content), file("b", content)]);
    expect(bytes).toBeLessThan(2_000_000 + 8192);
    const { superblock } = await openImage(path);
    expect(
      readFileSync(path)
        .subarray(superblock.bytesUsed)
        .every((byte) => byte === 0),
    ).toBeTrue();
  });

  test("after a duplicate goes where the duplicate was", async () => {
    const [first, second] = [noise(1, 300_000), noise(2, 300_000)];
    const plain = await opened([file("a", first), file("c", second)]);
    const between = await opened([file("a", first), file("b", first), file("c", second)]);
    expect(between.data).toEqual(plain.data);
  });

  test("of small files shares a fragment block", async () => {
    const { data, superblock } = await opened([file("a", "one"), file("b", "two"), file("c", "three")]);
    expect(superblock.fragments).toBe(1);
    expect(Buffer.from(data.subarray(0, 11)).toString()).toBe("onetwothree");
  });

  test("of zeros takes no room but for its tail", async () => {
    const { data, superblock } = await opened([file("a", new Uint8Array(10 * 131_072))]);
    expect([data.length, superblock.fragments]).toEqual([0, 0]);
  });

  test("that compresses is compressed, and what does not is stored as it is", async () => {
    const text = await opened([file("a", "word ".repeat(30_000))], { blockSize: 4096, compression: "gzip" });
    expect(decompress(text.data.subarray(0, 200), "gzip").subarray(0, 10)).toEqual(
      new Uint8Array(Buffer.from("word word ")),
    );
    const content = noise(1, 8192);
    expect((await opened([file("a", content)], { blockSize: 4096 })).data.subarray(0, 8192)).toEqual(content);
  });
});

async function failure(...steps: Step[]): Promise<string> {
  const error = await build(fresh(), steps).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error instanceof Error ? error.message : "";
}

describe("what is refused", () => {
  test("data that is not as long as it says", async () => {
    const short = 'cannot store "d/f": its data ends after 5 of 6 bytes';
    expect(await failure(file("d/f", "hello", { size: 6 }))).toBe(short);
    const long = 'cannot store "d/f": it has more data than its size of 4 bytes says';
    expect(await failure(file("d/f", "hello", { size: 4 }))).toBe(long);
    expect(await failure(file("f", "hello", { size: 0 }))).toBe(
      'cannot store "f": it has more data than its size of 0 bytes says',
    );
    const endless = (function* () {
      for (;;) yield new Uint8Array(65_536);
    })();
    expect(await failure({ ...file("f", ""), size: 1_000_000, data: endless })).toContain("it has more data than");
    expect(await failure({ ...file("f", ""), size: 1 })).toContain("its data ends after 0 of 1 bytes");
  });

  test("a source that fails, with its own error", async () => {
    async function* broken() {
      yield noise(1, 200_000);
      throw new Error("connection lost");
    }
    await expect(build(fresh(), [{ ...file("f", ""), size: 400_000, data: broken() }])).rejects.toThrow(
      "connection lost",
    );
  });

  test.each([
    [{ mode: 0o10000 }, "its mode 4096 is not 12 bits"],
    [{ mode: -1 }, "its mode -1 is not 12 bits"],
    [{ uid: 2 ** 32 - 1 }, "its user id 4294967295 is not one of Linux"],
    [{ gid: 1.5 }, "its group id 1.5 is not one of Linux"],
    [{ mtime: Number.NaN }, "its time is not a number"],
    [{ size: -1 }, "its size -1 is not a number of bytes"],
    [{ kind: "symlink" }, "it is a symlink without a target"],
    [{ kind: "symlink", target: "a\0b" }, "its target contains a NUL byte or is not a string of bytes"],
    [{ kind: "symlink", target: "x".repeat(4096) }, "its target is longer than 4095 bytes"],
    [{ kind: "char" }, "it is a device without a number"],
    [{ kind: "block", rdev: { major: 4096, minor: 0 } }, "Linux has no device number 4096:0"],
    [{ kind: "block", rdev: { major: 0, minor: -1 } }, "Linux has no device number 0:-1"],
  ] as [Partial<TreeEntry>, string][])("an entry with %j", async (more, problem) => {
    expect(await failure(file("x/y", "", more))).toBe(`cannot store "x/y": ${problem}`);
  });

  test("paths that lead anywhere else", async () => {
    expect(await failure(file("../f", ""))).toBe('invalid path "../f": it has the component ".."');
    expect(await failure(file("/etc/passwd", ""))).toBe('invalid path "/etc/passwd": it has an empty component');
    expect(await failure(other("l", "symlink", { target: "/etc" }), file("l/passwd", ""))).toBe(
      'cannot store "l/passwd": "l" in it is not a directory',
    );
    expect(await failure({ kind: "link", path: "a", existing: "b" })).toBe(
      'cannot link "a" to "b": there is no such file in the image',
    );
  });

  test("options that the format does not have", () => {
    const path = fresh();
    for (const blockSize of [0, 1000, 2048, 2 ** 21, -4096, Number.NaN]) {
      expect(() => SquashfsWriter.create(path, { compression: "zstd", modTime: 0, blockSize })).toThrow(
        `invalid block size ${blockSize}: expected a power of two from 4096 to 1048576`,
      );
    }
    expect(() => statSync(path)).toThrow("ENOENT");
  });
});

describe("a writer", () => {
  test("takes one entry at a time", async () => {
    const writer = SquashfsWriter.create(fresh(), { compression: "zstd", modTime: 0 });
    const first = writer.add(file("a", noise(1, 500_000)));
    await expect(writer.add(file("b", ""))).rejects.toThrow("still busy with an entry");
    await first;
    await writer.abort();
  });

  test("is of no more use after an error or the end", async () => {
    const writer = SquashfsWriter.create(fresh(), { compression: "zstd", modTime: 0 });
    await writer.add(file("a", noise(1, 500_000)));
    expect(() => writer.link("x", "gone")).toThrow("there is no such file");
    await expect(writer.add(file("b", ""))).rejects.toThrow("closed, failed, or still busy");
    await expect(writer.finish()).rejects.toThrow("closed, failed, or still busy");
    await writer.abort();
    await writer.abort();
    expect(() => writer.remove("a")).toThrow("closed, failed, or still busy");
  });

  test("clamps times to what the format holds", async () => {
    const { superblock, inodes } = await opened(
      [file("f", "", { mtime: -5.5 }), other("", "dir", { mtime: 2 ** 40 })],
      { modTime: 2 ** 33 },
    );
    expect(superblock.modTime).toBe(2 ** 32 - 1);
    const view = new DataView(inodes.buffer, inodes.byteOffset);
    expect([view.getUint32(8, true), view.getUint32(32 + 8, true)]).toEqual([0, 2 ** 32 - 1]);
  });

  test("says which attributes it had to leave out", async () => {
    const xattrs = new Map([["system.posix_acl_access", new Uint8Array(4)]]);
    expect((await build(fresh(), [file("f", "", { xattrs })])).droppedXattrs).toEqual(["system.posix_acl_access"]);
  });
});
