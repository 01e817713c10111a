import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";

import { fakeDigest, makeStore } from "../../test/helpers/images.ts";
import { imagesDir, layersDir } from "../state/paths.ts";
import { close } from "../sys/file.ts";
import { hexOf } from "./image-record.ts";
import { imagePath, withStoreLock } from "./images.ts";
import { layerPath } from "./layers.ts";
import { makeTemporary, sweepLayers } from "./sweep.ts";

// Unmounting, which a layer's end includes, is root's.
describe.skipIf(process.getuid?.() !== 0)("sweeping layers (needs root)", () => {
  test("a file that is being written is left alone, and swept when its writer is gone", () => {
    using store = makeStore();
    const { path, fd } = makeTemporary(store.paths);
    sweepLayers(store.paths);
    expect(existsSync(path)).toBe(true);
    close(fd);
    sweepLayers(store.paths);
    expect(readdirSync(layersDir(store.paths))).toEqual([]);
  });

  test("two writers have two files", () => {
    using store = makeStore();
    const [a, b] = [makeTemporary(store.paths), makeTemporary(store.paths)];
    expect(a.path).not.toBe(b.path);
    close(a.fd);
    sweepLayers(store.paths);
    expect(readdirSync(layersDir(store.paths)).map((name) => `${layersDir(store.paths)}/${name}`)).toEqual([b.path]);
    close(b.fd);
  });

  test("half-unpacked directories are swept with all that is in them", () => {
    using store = makeStore();
    mkdirSync(`${layersDir(store.paths)}/.half/a/b`, { recursive: true });
    writeFileSync(`${layersDir(store.paths)}/.half/a/b/c`, "x");
    sweepLayers(store.paths);
    expect(readdirSync(layersDir(store.paths))).toEqual([]);
  });

  test("layers that no image uses are swept, others and foreign files are not", () => {
    using store = makeStore();
    store.add("app", { layers: ["d1"] });
    writeFileSync(layerPath(store.paths, fakeDigest("d2")), "");
    mkdirSync(`${layersDir(store.paths)}/${hexOf(fakeDigest("d3"))}/bin`, { recursive: true });
    writeFileSync(`${layersDir(store.paths)}/README`, "");
    writeFileSync(`${imagesDir(store.paths)}/${"a".repeat(64)}.json.tmp`, "{");
    sweepLayers(store.paths);
    expect(readdirSync(layersDir(store.paths)).sort()).toEqual(["README", `${hexOf(fakeDigest("d1"))}.squashfs`]);
    expect(readdirSync(imagesDir(store.paths)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("as long as a damaged record may use them, layers stay", () => {
    using store = makeStore();
    const image = store.add("app", { layers: ["d1"] });
    writeFileSync(imagePath(store.paths, hexOf(image.id)), "{");
    sweepLayers(store.paths);
    expect(existsSync(layerPath(store.paths, fakeDigest("d1")))).toBe(true);
  });

  test("nothing is swept while somebody changes the store: a layer comes before its image", () => {
    using store = makeStore();
    const layer = layerPath(store.paths, fakeDigest("d2"));
    withStoreLock(store.paths, () => {
      writeFileSync(layer, "");
      sweepLayers(store.paths);
    });
    expect(existsSync(layer)).toBe(true);
  });
});
