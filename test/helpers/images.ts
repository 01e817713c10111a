// A store with images in it that were never imported: records, names and files that stand for layers.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { imageId, type StoredImage } from "../../src/fs/image-record.ts";
import { saveImage, withStoreLock } from "../../src/fs/images.ts";
import { layerPath } from "../../src/fs/layers.ts";
import { parseReference } from "../../src/fs/reference.ts";
import type { ImageConfig } from "../../src/oci/image.ts";
import { makeDirectories, type Paths } from "../../src/state/paths.ts";

/** A digest that begins with `start`. */
export function fakeDigest(start: string): string {
  return `sha256:${start.padEnd(64, "0")}`;
}

export interface ImageFields {
  readonly created?: string;
  readonly config?: ImageConfig;
  /** The beginnings of the layers' digests, the base first. */
  readonly layers?: readonly string[];
}

/** The size of a file that stands for a layer. */
const LAYER_SIZE = 4096;

export function makeImage({ created, config, layers = ["d1"] }: ImageFields = {}): StoredImage {
  const diffIDs = layers.map(fakeDigest);
  const file = {
    architecture: "amd64",
    os: "linux",
    created: created ?? "2027-01-31T12:00:00.000Z",
    config: config ?? {},
    rootfs: { type: "layers" as const, diff_ids: diffIDs },
  };
  const stored = diffIDs.map((diffID) => ({ diffID, kind: "squashfs" as const, size: LAYER_SIZE }));
  return { version: 1, id: imageId(file), file, layers: stored };
}

export interface FakeStore extends Disposable {
  readonly paths: Paths;
  /** Saves an image under a name, with a file for each layer; returns its record. */
  add(name: string, fields?: ImageFields): StoredImage;
}

export function makeStore(): FakeStore {
  const base = mkdtempSync(join(tmpdir(), "bunker-images-"));
  const paths: Paths = { root: `${base}/root`, run: `${base}/run` };
  makeDirectories(paths);
  return {
    paths,
    add(name, fields) {
      const image = makeImage(fields);
      for (const { diffID } of image.layers) writeFileSync(layerPath(paths, diffID), new Uint8Array(LAYER_SIZE));
      withStoreLock(paths, () => saveImage(paths, image, parseReference(name)));
      return image;
    },
    [Symbol.dispose]() {
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** Makes files and directories from an object: text is a file, an object a directory. */
export interface Tree {
  readonly [name: string]: string | Tree;
}

export function writeTree(dir: string, tree: Tree): void {
  mkdirSync(dir, { recursive: true });
  for (const [name, content] of Object.entries(tree)) {
    if (typeof content === "string") writeFileSync(join(dir, name), content);
    else writeTree(join(dir, name), content);
  }
}
