// Importing against the kernel and squashfs-tools: what is imported must come back out of a mount as it was. Needs root,
// loop devices and squashfs-tools.

import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";

import { findImage, listImages } from "../../src/fs/images.ts";
import { layerPath } from "../../src/fs/layers.ts";
import { canonicalJson } from "../../src/fs/image-record.ts";
import { removeImage } from "../../src/fs/remove.ts";
import { sweepLayers } from "../../src/fs/sweep.ts";
import { layersDir } from "../../src/state/paths.ts";
import { runVerb } from "../helpers/verb.ts";
import { writeTree } from "../helpers/images.ts";
import { canMount, hasTools, mounted, run, Scratch } from "../squashfs/tools.ts";
import { loopsOn, Store } from "./store.ts";

// Nothing is measured, and the machine may be busy.
setDefaultTimeout(120_000);

const PASSWD = "root:x:0:0:root:/root:/bin/sh\n";
const GROUP = "root:x:0:\n";

function rootfs(store: Store): string {
  const dir = store.dir("rootfs");
  writeTree(dir, { etc: { passwd: PASSWD, group: GROUP }, bin: { app: "#!/bin/sh\necho hi\n" }, empty: {} });
  chmodSync(`${dir}/bin/app`, 0o4755);
  chownSync(`${dir}/empty`, 1000, 100_000);
  return dir;
}

const sha256 = (bytes: Uint8Array | string) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
const squashfs = (store: Store, dir: string, ...options: string[]) => {
  const file = store.file(`${options.join("")}.squashfs`);
  run(["mksquashfs", dir, file, "-noappend", "-quiet", "-no-progress", ...options]);
  return file;
};

describe.skipIf(!canMount || !hasTools)("import (needs root, loop devices and squashfs-tools)", () => {
  afterEach(async () => {
    // The kernel unmounts what a killed process has left a moment after its end.
    while (loopsOn(`${tmpdir()}/bunker-import-`) > 0) await Bun.sleep(20);
  });

  test.each(["zstd", "gzip"] as const)("a directory, packed with %s", async (compression) => {
    using store = new Store();
    const image = await store.import(rootfs(store), "app:1", { compression });
    const [layer] = image.layers;
    const file = layerPath(store.paths, layer?.diffID ?? "");
    expect(image.layers).toEqual([
      { diffID: `sha256:${sha256(readFileSync(file))}`, kind: "squashfs", size: statSync(file).size },
    ]);
    expect(image.file).toMatchObject({
      architecture: process.arch === "x64" ? "amd64" : "arm64",
      os: "linux",
      config: {},
    });
    expect(image.file.rootfs.diff_ids).toEqual([layer?.diffID ?? ""]);
    expect(image.id).toBe(`sha256:${sha256(canonicalJson(image.file))}`);
    expect(image).toMatchObject({ passwd: PASSWD, group: GROUP });
    expect(findImage(store.paths, "app:1")).toEqual(image);
    expect(readFileSync(file).subarray(20, 21)[0]).toBe(compression === "zstd" ? 6 : 1);
    using scratch = new Scratch();
    await mounted(scratch, file, (at) => {
      expect(readFileSync(`${at}/bin/app`, "utf8")).toBe("#!/bin/sh\necho hi\n");
      expect(statSync(`${at}/bin/app`).mode & 0o7777).toBe(0o4755);
      expect(statSync(`${at}/empty`)).toMatchObject({ uid: 1000, gid: 100_000 });
    });
  });

  test.each(["gzip", "lzo", "lz4", "xz", "zstd"])("a squashfs file packed with %s", async (compressor) => {
    using store = new Store();
    const file = squashfs(store, rootfs(store), "-comp", compressor);
    const image = await store.import(file, "app");
    expect(image.layers[0]?.diffID).toBe(`sha256:${sha256(readFileSync(file))}`);
    expect(readFileSync(layerPath(store.paths, image.layers[0]?.diffID ?? ""))).toEqual(readFileSync(file));
    expect(image).toMatchObject({ passwd: PASSWD, group: GROUP });
  });

  test("a compressor that the kernel does not know is said at once, with the remedy", async () => {
    using store = new Store();
    const ran = runVerb(store.paths, ["import", squashfs(store, rootfs(store), "-comp", "lzma"), "app"]);
    expect(ran.errors).toContain("this kernel cannot use it");
    expect(ran.errors).toContain('"lzma"');
    expect(ran.errors).toContain("bunker import --compression gzip");
    expect(ran).toMatchObject({ code: 1, output: "" });
    expect(readdirSync(layersDir(store.paths))).toEqual([]);
    expect(listImages(store.paths)).toEqual([]);
  });

  test("a file without padding is padded, or its end could not be read through a loop device", async () => {
    using store = new Store();
    const file = squashfs(store, rootfs(store), "-nopad");
    expect(statSync(file).size % 512).not.toBe(0);
    const image = await store.import(file, "app");
    const stored = readFileSync(layerPath(store.paths, image.layers[0]?.diffID ?? ""));
    expect(stored.length % 4096).toBe(0);
    expect(stored.subarray(0, statSync(file).size)).toEqual(readFileSync(file));
    expect(image.passwd).toBe(PASSWD);
  });

  test("the same tree gives the same layer, once; the images differ in their configuration", async () => {
    using store = new Store();
    const dir = rootfs(store);
    const one = await store.import(dir, "app:1");
    const file = layerPath(store.paths, one.layers[0]?.diffID ?? "");
    const before = statSync(file).ino;
    const two = await store.import(dir, "app:2", { changes: ['CMD ["/bin/app"]', "ENV A=1"], message: "second" });
    expect(two.layers).toEqual(one.layers);
    expect(two.id).not.toBe(one.id);
    expect(statSync(file).ino).toBe(before);
    expect(two.file.config).toEqual({ Cmd: ["/bin/app"], Env: ["A=1"] });
    expect(two.file.history?.[0]?.comment).toBe("second");
    expect(readdirSync(layersDir(store.paths))).toHaveLength(1);
  });

  test("importing again repairs a damaged layer", async () => {
    using store = new Store();
    const dir = rootfs(store);
    const [layer] = (await store.import(dir, "app")).layers;
    const file = layerPath(store.paths, layer?.diffID ?? "");
    const sound = readFileSync(file);
    for (const damage of [() => truncateSync(file, 4096), () => writeFileSync(file, new Uint8Array(sound.length))]) {
      damage();
      await store.import(dir, "app");
      expect(readFileSync(file)).toEqual(sound);
    }
  });

  test("links of the image are followed inside it, never to the host", async () => {
    using store = new Store();
    const dir = store.dir("links");
    writeTree(dir, { etc: { hostname: "image\n" }, usr: { users: PASSWD } });
    symlinkSync("/etc/hostname", `${dir}/etc/group`);
    symlinkSync("../../../../../../usr/users", `${dir}/etc/passwd`);
    expect(await store.import(dir, "app")).toMatchObject({ passwd: PASSWD, group: "image\n" });
  });

  test("what is no regular file is not read", async () => {
    using store = new Store();
    const dir = store.dir("odd");
    mkdirSync(`${dir}/etc`);
    run(["mkfifo", `${dir}/etc/passwd`]);
    run(["mknod", `${dir}/etc/group`, "c", "5", "0"]);
    const image = await store.import(dir, "odd");
    expect(image.passwd).toBeUndefined();
    expect(image.group).toBeUndefined();
    symlinkSync("passwd".repeat(60), `${dir}/etc/shadow`);
    run(["ln", "-sf", "shadow", `${dir}/etc/passwd`]);
    expect((await store.import(dir, "odd")).passwd).toBeUndefined();
    symlinkSync("passwd", `${dir}/etc/ring`);
    run(["ln", "-sfn", "ring", `${dir}/etc/passwd`]);
    expect((await store.import(dir, "odd")).passwd).toBeUndefined();
  });

  test("a file of users that is too large to be one is refused", async () => {
    using store = new Store();
    const dir = store.dir("large");
    writeTree(dir, { etc: { passwd: "x".repeat(1024 * 1024 + 1) } });
    expect(store.import(dir, "large")).rejects.toThrow("its /etc/passwd has 1048577 bytes");
    expect(readdirSync(layersDir(store.paths))).toEqual([]);
  });

  test("an empty tree is an image too", async () => {
    using store = new Store();
    const image = await store.import(store.dir("nothing"), "empty");
    expect(image.passwd).toBeUndefined();
    expect(findImage(store.paths, "empty")).toEqual(image);
  });

  test.each<[string, (store: Store) => string]>([
    ["there is no such file or directory", (store) => store.file("missing")],
    ["it is neither a directory nor a regular file", () => "/dev/null"],
    [
      "it is not a squashfs image",
      (store) => (writeFileSync(store.file("text"), "x".repeat(5000)), store.file("text")),
    ],
    ["it is not a squashfs image", (store) => (writeFileSync(store.file("none"), ""), store.file("none"))],
    [
      "it is cut off",
      (store) => {
        const file = squashfs(store, rootfs(store));
        const fd = openSync(file, "r+");
        ftruncateSync(fd, 200);
        closeSync(fd);
        return file;
      },
    ],
    ["it contains bunker's own store", (store) => (rootfs(store), store.base)],
    ["proc is mounted on", () => "/proc"],
  ])("refuses a source: %s", async (problem, source) => {
    using store = new Store();
    const from = source(store);
    expect(store.import(from, "app")).rejects.toThrow(problem);
    expect(listImages(store.paths)).toEqual([]);
    expect(existsSync(layersDir(store.paths)) ? readdirSync(layersDir(store.paths)) : []).toEqual([]);
  });

  test("a file system such as /proc inside the tree is refused with the way around it", async () => {
    using store = new Store();
    const dir = rootfs(store);
    mkdirSync(`${dir}/proc`);
    run(["mount", "-t", "proc", "proc", `${dir}/proc`]);
    try {
      expect(store.import(dir, "app")).rejects.toThrow(`proc is mounted on ${dir}/proc`);
      const flat = store.dir("flat");
      run(["mount", "--bind", dir, flat]);
      try {
        expect(await store.import(flat, "app")).toMatchObject({ passwd: PASSWD });
      } finally {
        run(["umount", flat]);
      }
    } finally {
      run(["umount", `${dir}/proc`]);
    }
  });

  test("a disk that is too small is said before writing, or when it is full, and nothing is left on it", async () => {
    using store = new Store();
    const dir = store.dir("big");
    writeFileSync(`${dir}/noise`, crypto.getRandomValues(new Uint8Array(65536)));
    for (let n = 0; n < 96; n++) writeFileSync(`${dir}/${n}`, crypto.getRandomValues(new Uint8Array(65536)));
    const file = squashfs(store, dir);
    mkdirSync(store.paths.root);
    run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", store.paths.root]);
    try {
      const copied = runVerb(store.paths, ["import", file, "app"]);
      expect(copied.errors).toMatch(/not enough space on the disk: it needs 6\.\d MiB, [12]\.\d MiB are available in /);
      const packed = runVerb(store.paths, ["import", dir, "app"]);
      expect(packed.errors).toMatch(/the disk became full: [12]\.\d MiB are available in /);
      expect(packed.errors).toContain("bunker rmi");
      run(["mount", "-o", "remount,size=1m", store.paths.root]);
      const refused = runVerb(store.paths, ["import", dir, "app"]);
      expect(refused.errors).toMatch(/not enough space on the disk: it needs at least 1\.2 MiB, [01]\.\d MiB are /);
      expect([copied.code, packed.code, refused.code]).toEqual([1, 1, 1]);
      expect(readdirSync(layersDir(store.paths))).toEqual([]);
    } finally {
      run(["umount", store.paths.root]);
    }
  });

  test("killed at any moment, an import leaves a whole image or nothing that lasts", async () => {
    using store = new Store();
    const dir = rootfs(store);
    for (let n = 0; n < 40; n++) writeFileSync(`${dir}/${n}`, crypto.getRandomValues(new Uint8Array(65536)));
    const main = `${import.meta.dir}/../../src/main.ts`;
    const env = { ...process.env, BUNKER_ROOT: store.paths.root, BUNKER_RUN: store.paths.run };
    // Each later than the one before, until one is through before it is killed.
    let through = false;
    for (let delay = 20; !through; delay *= 1.2) {
      const child = Bun.spawn([process.execPath, main, "import", dir, "app"], {
        env,
        stdio: ["ignore", "ignore", "ignore"],
      });
      through = (await Promise.race([child.exited, Bun.sleep(delay)])) === 0;
      child.kill("SIGKILL");
      await child.exited;
      if (!existsSync(layersDir(store.paths))) continue;
      sweepLayers(store.paths);
      const listed = listImages(store.paths);
      expect(listed.filter(({ image }) => image === undefined)).toEqual([]);
      const layers = readdirSync(layersDir(store.paths));
      expect(layers).toHaveLength(listed.length > 0 ? 1 : 0);
      for (const { image } of listed) {
        const file = layerPath(store.paths, image?.layers[0]?.diffID ?? "");
        expect(`sha256:${sha256(readFileSync(file))}`).toBe(image?.layers[0]?.diffID ?? "");
      }
      if (through) expect(findImage(store.paths, "app")).toBeDefined();
      for (const { hex } of listed) removeImage(store.paths, hex, true);
    }
    expect(through).toBe(true);
  });

  test("many imports at once give as many images, and one layer", async () => {
    using store = new Store();
    const dir = rootfs(store);
    utimesSync(dir, 1, 1);
    const env = { ...process.env, BUNKER_ROOT: store.paths.root, BUNKER_RUN: store.paths.run };
    const main = `${import.meta.dir}/../../src/main.ts`;
    const children = Array.from({ length: 6 }, (_, n) =>
      Bun.spawn([process.execPath, main, "import", dir, `app:${n}`], { env, stdio: ["ignore", "pipe", "inherit"] }),
    );
    const ids = await Promise.all(children.map(async (child) => (await new Response(child.stdout).text()).trim()));
    expect(await Promise.all(children.map((child) => child.exited))).toEqual([0, 0, 0, 0, 0, 0]);
    ids.forEach((id, n) => expect(findImage(store.paths, `app:${n}`)?.id).toBe(id));
    expect(readdirSync(layersDir(store.paths))).toHaveLength(1);
  });
});
