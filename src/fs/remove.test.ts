import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";

import { makeRecord } from "../../test/helpers/containers.ts";
import { fakeDigest, type FakeStore, makeStore } from "../../test/helpers/images.ts";
import { containerDir, imagesDir, lockPath, recordPath, tagsDir } from "../state/paths.ts";
import type { ContainerRecord } from "../state/record.ts";
import { close, mkdir } from "../sys/file.ts";
import { lockFile } from "../sys/lock.ts";
import { hexOf, type StoredImage } from "./image-record.ts";
import { findImage, imagePath, listImages } from "./images.ts";
import { layerPath } from "./layers.ts";
import { removeImage } from "./remove.ts";

/** A container of this image; `running` holds its lock until the descriptor is closed. */
function addContainer({ paths }: FakeStore, image: StoredImage, fields: Partial<ContainerRecord> = {}): string {
  const record = makeRecord({ image: { name: "app", id: image.id }, ...fields });
  mkdir(containerDir(paths, record.id));
  writeFileSync(recordPath(paths, record.id), JSON.stringify(record));
  return record.id;
}

const hasLayer = ({ paths }: FakeStore, start: string) => existsSync(layerPath(paths, fakeDigest(start)));

// Unmounting, which a layer's end includes, is root's.
describe.skipIf(process.getuid?.() !== 0)("removing images (needs root)", () => {
  test("the last name takes the image and its layers with it", () => {
    using store = makeStore();
    const image = store.add("app:1", { layers: ["d1", "d2"] });
    expect(removeImage(store.paths, "app:1", false)).toEqual({
      untagged: ["app:1"],
      deleted: [image.id, fakeDigest("d1"), fakeDigest("d2")],
    });
    expect(listImages(store.paths)).toEqual([]);
    expect(readdirSync(tagsDir(store.paths))).toEqual([]);
    expect(hasLayer(store, "d1") || hasLayer(store, "d2")).toBe(false);
  });

  test("a name that is not the last one goes alone", () => {
    using store = makeStore();
    const image = store.add("app:1");
    store.add("app:2");
    expect(removeImage(store.paths, "docker.io/library/app:1", false)).toEqual({ untagged: ["app:1"], deleted: [] });
    expect(findImage(store.paths, "app:2")).toEqual(image);
    expect(hasLayer(store, "d1")).toBe(true);
  });

  test("by id, an image with several names has to be forced", () => {
    using store = makeStore();
    const image = store.add("app:1");
    store.add("app:2");
    const short = hexOf(image.id).slice(0, 12);
    expect(() => removeImage(store.paths, short, false)).toThrow("it has the names app:1, app:2");
    expect(removeImage(store.paths, short, true)?.untagged).toEqual(["app:1", "app:2"]);
    expect(listImages(store.paths)).toEqual([]);
  });

  test("an image without a name goes by its id", () => {
    using store = makeStore();
    const old = store.add("app");
    store.add("app", { created: "2028-01-01T00:00:00Z", layers: ["d1", "d9"] });
    expect(removeImage(store.paths, old.id, false)).toEqual({ untagged: [], deleted: [old.id] });
    expect(hasLayer(store, "d1")).toBe(true);
  });

  test("layers stay as long as another image uses them", () => {
    using store = makeStore();
    store.add("one", { layers: ["d0", "d1"] });
    const two = store.add("two", { layers: ["d0", "d2"] });
    expect(removeImage(store.paths, "one", false)?.deleted.slice(1)).toEqual([fakeDigest("d1")]);
    expect(hasLayer(store, "d0")).toBe(true);
    expect(removeImage(store.paths, "two", false)?.deleted).toEqual([two.id, fakeDigest("d0"), fakeDigest("d2")]);
  });

  test("what is not there is undefined", () => {
    using store = makeStore();
    expect(removeImage(store.paths, "app", false)).toBeUndefined();
    expect(removeImage(store.paths, "f".repeat(64), true)).toBeUndefined();
    expect(() => removeImage(store.paths, "No Name", true)).toThrow("invalid image name");
  });

  test("an ended container keeps its image, unless that is forced; a name more or less does not matter to it", () => {
    using store = makeStore();
    const image = store.add("app");
    addContainer(store, image, { name: "web" });
    expect(() => removeImage(store.paths, "app", false)).toThrow("cannot remove image app: container web uses it");
    store.add("second");
    expect(removeImage(store.paths, "second", false)?.untagged).toEqual(["second:latest"]);
    expect(removeImage(store.paths, "app", true)?.deleted).toContain(image.id);
  });

  test("a running container keeps its image, whatever is forced", () => {
    using store = makeStore();
    const image = store.add("app");
    const id = addContainer(store, image, { name: "web" });
    const lock = lockFile(lockPath(store.paths, id), { wait: false }) ?? -1;
    for (const force of [false, true]) {
      expect(() => removeImage(store.paths, "app", force)).toThrow("container web is running from it");
    }
    expect(findImage(store.paths, "app")).toEqual(image);
    close(lock);
    expect(removeImage(store.paths, "app", true)?.deleted).toContain(image.id);
  });

  test("containers of other images, and damaged ones, are no hindrance", () => {
    using store = makeStore();
    store.add("app");
    addContainer(store, store.add("other", { created: "2028-01-01T00:00:00Z" }));
    const id = "b".repeat(64);
    mkdir(containerDir(store.paths, id));
    writeFileSync(recordPath(store.paths, id), "{");
    expect(removeImage(store.paths, "app", false)?.untagged).toEqual(["app:latest"]);
  });

  test("a damaged image can be removed, and its layers go where no other record keeps its own secret", () => {
    using store = makeStore();
    const bad = store.add("bad", { layers: ["d1"] });
    const worse = store.add("worse", { layers: ["d2"] });
    for (const image of [bad, worse]) writeFileSync(imagePath(store.paths, hexOf(image.id)), "{");
    expect(removeImage(store.paths, "bad", true)?.deleted).toEqual([bad.id]);
    expect(hasLayer(store, "d1")).toBe(true);
    expect(removeImage(store.paths, "worse", true)?.deleted).toEqual([worse.id, fakeDigest("d1"), fakeDigest("d2")]);
    expect(readdirSync(imagesDir(store.paths)).sort()).toEqual([".lock", "names"]);
  });
});
