// Mounting the layers of imported images: once for all containers, and never what is damaged. Needs root, loop devices
// and squashfs-tools.

import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";

import { findImage } from "../../src/fs/images.ts";
import type { StoredImage } from "../../src/fs/image-record.ts";
import { ensureMounted, layerDir, layerPath, lowerDirs, unmountLayer } from "../../src/fs/layers.ts";
import { removeImage } from "../../src/fs/remove.ts";
import { mountedLayersDir, type Paths } from "../../src/state/paths.ts";
import { writeTree } from "../helpers/images.ts";
import { canMount, run } from "../squashfs/tools.ts";
import { loopsOn, Store } from "./store.ts";

async function makeImage(store: Store, name: string): Promise<{ image: StoredImage; diffID: string }> {
  const dir = store.dir(`tree-${name}`);
  writeTree(dir, { name });
  const image = await store.import(dir, name);
  return { image, diffID: image.layers[0]?.diffID ?? "" };
}

/** One image of the layers of several, the base first. */
function stack(...images: StoredImage[]): StoredImage {
  const layers = images.flatMap((image) => image.layers);
  const [{ file, ...rest } = images[0] as StoredImage] = images;
  return {
    ...rest,
    layers,
    file: { ...file, rootfs: { type: "layers", diff_ids: layers.map(({ diffID }) => diffID) } },
  };
}

/** Mounts an image's layers, and says what its overlay is made of. */
function mountLayers(paths: Paths, image: StoredImage, name = "the image"): string[] {
  ensureMounted(paths, image.layers, name);
  return lowerDirs(paths, image.layers);
}

const read = (store: Store, layer: string | undefined) =>
  readFileSync(`${mountedLayersDir(store.paths)}/${layer}/name`, "utf8");

describe.skipIf(!canMount)("layers (needs root and loop devices)", () => {
  test("are mounted at the first use and shared by the next", async () => {
    using store = new Store();
    const { image } = await makeImage(store, "one");
    expect(loopsOn(store.base)).toBe(0);
    const [layer, ...others] = mountLayers(store.paths, image);
    expect(others).toEqual([]);
    expect(read(store, layer)).toBe("one");
    expect(mountLayers(store.paths, image)).toEqual([layer ?? ""]);
    expect(loopsOn(store.base)).toBe(1);
  });

  test("come topmost first, and each once", async () => {
    using store = new Store();
    const [one, two] = [await makeImage(store, "one"), await makeImage(store, "two")];
    const layers = mountLayers(store.paths, stack(one.image, two.image, one.image));
    expect(layers.map((layer) => read(store, layer))).toEqual(["one", "two"]);
    expect(loopsOn(store.base)).toBe(2);
  });

  test("give their loop device back with their mount", async () => {
    using store = new Store();
    const { image, diffID } = await makeImage(store, "one");
    mountLayers(store.paths, image);
    unmountLayer(store.paths, diffID);
    unmountLayer(store.paths, diffID);
    expect(loopsOn(store.base)).toBe(0);
    expect(read(store, mountLayers(store.paths, image)[0])).toBe("one");
    expect(removeImage(store.paths, "one", false)?.deleted).toEqual([image.id, diffID]);
    expect(loopsOn(store.base)).toBe(0);
  });

  test("of an image whose layer was imported again are those of the new file", async () => {
    using store = new Store();
    const { image, diffID } = await makeImage(store, "one");
    mountLayers(store.paths, image);
    writeFileSync(layerPath(store.paths, diffID), "damaged");
    await makeImage(store, "one");
    expect(read(store, mountLayers(store.paths, image)[0])).toBe("one");
    expect(loopsOn(store.base)).toBe(1);
  });

  test("that are missing or cut off are named, with the remedy", async () => {
    using store = new Store();
    const { image, diffID } = await makeImage(store, "one");
    const path = layerPath(store.paths, diffID);
    truncateSync(path, 100);
    const size = image.layers[0]?.size;
    const damaged = `cannot use image app:1: its layer ${diffID} is damaged: it has 100 bytes instead of ${size}`;
    expect(() => mountLayers(store.paths, image, "app:1")).toThrow(damaged);
    rmSync(path);
    expect(() => mountLayers(store.paths, image, "app:1")).toThrow(`its layer ${diffID} is missing`);
    expect(loopsOn(store.base)).toBe(0);
  });

  test("that are garbage of the right size are refused", async () => {
    using store = new Store();
    const { image, diffID } = await makeImage(store, "one");
    writeFileSync(layerPath(store.paths, diffID), new Uint8Array(image.layers[0]?.size ?? 0));
    expect(() => mountLayers(store.paths, image)).toThrow("cannot be mounted");
    expect(loopsOn(store.base)).toBe(0);
  });

  test("that are directories are used where they are", async () => {
    using store = new Store();
    const { image, diffID } = await makeImage(store, "one");
    const unpacked = { ...image, layers: image.layers.map((layer) => ({ ...layer, kind: "dir" as const })) };
    expect(() => mountLayers(store.paths, unpacked)).toThrow("is missing");
    mkdirSync(layerDir(store.paths, diffID));
    expect(mountLayers(store.paths, unpacked)).toEqual([layerDir(store.paths, diffID)]);
  });

  test("are mounted once, however many start at the same time", async () => {
    using store = new Store();
    await makeImage(store, "one");
    const script = store.file("mount.ts");
    const src = `${import.meta.dir}/../../src`;
    writeFileSync(
      script,
      `import { findImage } from "${src}/fs/images.ts";
       import { ensureMounted } from "${src}/fs/layers.ts";
       const paths = ${JSON.stringify(store.paths)};
       const image = findImage(paths, "one");
       if (image !== undefined) ensureMounted(paths, image.layers, "one");`,
    );
    const children = Array.from({ length: 6 }, () => Bun.spawn([process.execPath, script]));
    expect(await Promise.all(children.map((child) => child.exited))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(loopsOn(store.base)).toBe(1);
    const mounts = run(["cat", "/proc/self/mountinfo"]).split("\n");
    expect(mounts.filter((line) => line.includes(mountedLayersDir(store.paths)))).toHaveLength(1);
    expect(findImage(store.paths, "one")).toBeDefined();
  });
});
