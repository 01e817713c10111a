// Files of the store on their way in, and what is left of them. A new layer is written under a name that begins with a
// dot, whose lock is held as long as it is written; a killed import, or a power cut, leaves such a file without a lock,
// or a layer that no image uses. Both are swept before the next one is written.

import { imagesDir, layersDir, type Paths } from "../state/paths.ts";
import { LOCK_EX, LOCK_NB, O_RDONLY } from "../sys/abi/consts.gen.ts";
import { EAGAIN } from "../sys/abi/errno.gen.ts";
import { call, must } from "../sys/call.ts";
import { close, openIfThere, readdirIfThere, syncDirectory, unlinkIfThere } from "../sys/file.ts";
import { lockFile } from "../sys/lock.ts";
import { removeTree } from "../sys/tree.ts";
import { hexOf } from "./image-record.ts";
import { listImages } from "./images.ts";
import { unmountLayer } from "./layers.ts";

export interface Temporary {
  readonly path: string;
  /** Open for reading and writing, and holds the lock. */
  readonly fd: number;
}

/** Begins a new file in the directory of layers. */
export function makeTemporary(paths: Paths): Temporary {
  for (;;) {
    const path = `${layersDir(paths)}/.${crypto.randomUUID()}`;
    const fd = lockFile(path, { wait: false });
    if (fd !== undefined) return { path, fd };
  }
}

/** Removes what nobody works on. Waits for nobody: what somebody works on is left to a later sweep. */
export function sweepLayers(paths: Paths): void {
  for (const { name } of readdirIfThere(layersDir(paths)) ?? []) {
    if (name.startsWith(".")) removeUnlocked(`${layersDir(paths)}/${name}`);
  }
  const lock = lockFile(`${imagesDir(paths)}/.lock`, { wait: false });
  if (lock === undefined) return;
  try {
    for (const { name } of readdirIfThere(imagesDir(paths)) ?? []) {
      if (name.endsWith(".json.tmp")) unlinkIfThere(`${imagesDir(paths)}/${name}`);
    }
    removeUnusedLayers(paths);
  } finally {
    close(lock);
  }
}

function removeUnlocked(path: string): void {
  const fd = openIfThere(path, O_RDONLY);
  if (fd === undefined) return;
  try {
    const result = call("flock", fd, LOCK_EX | LOCK_NB);
    if (result === -EAGAIN) return;
    must(result, `lock ${path}`);
    removeTree(path);
  } finally {
    close(fd);
  }
}

/**
 * Removes the layers that no image uses; returns their diffIDs. As long as a damaged record keeps secret what its image
 * uses, nothing is removed. A container that runs keeps its layers until it ends. The caller holds the store's lock.
 */
export function removeUnusedLayers(paths: Paths): string[] {
  const images = listImages(paths);
  if (images.some(({ image }) => image === undefined)) return [];
  const used = new Set(images.flatMap(({ image }) => image?.layers.map(({ diffID }) => hexOf(diffID)) ?? []));
  const removed: string[] = [];
  for (const { name } of readdirIfThere(layersDir(paths)) ?? []) {
    const hex = /^([0-9a-f]{64})(?:\.squashfs)?$/.exec(name)?.[1];
    if (hex === undefined || used.has(hex)) continue;
    unmountLayer(paths, `sha256:${hex}`);
    removeTree(`${layersDir(paths)}/${name}`);
    removed.push(`sha256:${hex}`);
  }
  if (removed.length > 0) syncDirectory(layersDir(paths));
  return removed.sort();
}
