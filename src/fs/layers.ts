// The layers of an image as what a container's overlay is built on. A squashfs layer is one file, shown by one loop device
// and mounted in one place, for all containers of the host: they share its pages in memory, and the second container
// finds them warm.
//
//   root/layers/HEX.squashfs, root/layers/HEX/     HEX is the layer's diffID without "sha256:"
//   run/layers/SHORT                               where it is mounted, from its first use until its image is removed
//
// The loop device belongs to the mount (autoclear): there is nothing else to release. Runs at every start of a container:
// where the layer is mounted already, it costs one system call.

import { SysError, UserError } from "../errors.ts";
import { layersDir, mountedLayersDir, type Paths } from "../state/paths.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_REMOVEDIR,
  LOCK_EX,
  LOCK_UN,
  MNT_DETACH,
  MS_NODEV,
  MS_NOSUID,
  MS_RDONLY,
  O_RDONLY,
  SQUASHFS_MAGIC,
} from "../sys/abi/consts.gen.ts";
import { EEXIST, EINVAL, ENOENT } from "../sys/abi/errno.gen.ts";
import { STATFS } from "../sys/abi/structs.gen.ts";
import { call, must } from "../sys/call.ts";
import { close, open, statAt, statIfThere } from "../sys/file.ts";
import { attachLoop } from "../sys/loop.ts";
import { cstr, reserve, scratchBase, scratchView } from "../sys/memory.ts";
import { hexOf, type StoredLayer } from "./image-record.ts";

/** Short enough that overlayfs's options (one page) hold 127 layers, long enough that nobody can make two alike. */
const SHORT = 24;

export const layerPath = (paths: Paths, diffID: string) => `${layersDir(paths)}/${hexOf(diffID)}.squashfs`;
export const layerDir = (paths: Paths, diffID: string) => `${layersDir(paths)}/${hexOf(diffID)}`;
export const mountName = (diffID: string) => hexOf(diffID).slice(0, SHORT);
export const mountPath = (paths: Paths, diffID: string) => `${mountedLayersDir(paths)}/${mountName(diffID)}`;

/**
 * Makes sure that the layers of an image are mounted.
 * @param name the image as messages name it
 * @throws UserError naming image and layer where a layer is missing, unreadable or cut off
 */
export function ensureMounted(paths: Paths, layers: readonly StoredLayer[], name: string): void {
  for (const layer of layers) {
    if (layer.kind === "dir") checkDir(paths, layer, name);
    else if (!isMounted(mountPath(paths, layer.diffID))) mountLayer(paths, layer, name);
  }
}

/** The overlay's lower directories, the topmost first: absolute, or relative to run/layers. */
export function lowerDirs(paths: Paths, layers: readonly StoredLayer[]): string[] {
  return topmostFirst(layers).map(({ kind, diffID }) => (kind === "dir" ? layerDir(paths, diffID) : mountName(diffID)));
}

/** Gives up a layer's mount, and with it the loop device. Containers that run on it keep theirs. */
export function unmountLayer(paths: Paths, diffID: string): void {
  const path = mountPath(paths, diffID);
  const result = call("umount2", cstr(path), MNT_DETACH);
  if (result !== -ENOENT && result !== -EINVAL) must(result, `unmount ${path}`);
  const removed = call("unlinkat", AT_FDCWD, cstr(path), AT_REMOVEDIR);
  if (removed !== -ENOENT) must(removed, `rmdir ${path}`);
}

const [TYPE_OFFSET] = STATFS.fields.f_type;

function isMounted(path: string): boolean {
  const at = reserve(STATFS.size);
  const result = call("statfs", cstr(path), scratchBase + at);
  return result === 0 && scratchView.getUint32(at + TYPE_OFFSET, true) === SQUASHFS_MAGIC;
}

/** The file's lock makes two starts at once mount one layer once. */
function mountLayer(paths: Paths, layer: StoredLayer, name: string): void {
  const path = mountPath(paths, layer.diffID);
  const file = openChecked(paths, layer, name);
  try {
    must(call("flock", file, LOCK_EX), `lock layer ${layer.diffID}`);
    if (isMounted(path)) return;
    const made = call("mkdirat", AT_FDCWD, cstr(path), 0o755);
    if (made !== -EEXIST) must(made, `mkdir ${path}`);
    const device = attachLoop(file, `layer ${layer.diffID}`);
    try {
      // Set-user-id programs and devices of images are for containers, whose overlays do not ask this mount.
      const flags = MS_RDONLY | MS_NOSUID | MS_NODEV;
      const result = call("mount", cstr(device.path), cstr(path), cstr("squashfs"), flags, 0);
      if (result === -EINVAL) throw unusable(layer, name, "cannot be mounted: the kernel may lack its compressor");
      must(result, `mount layer ${layer.diffID}`);
    } finally {
      close(device.fd);
    }
  } finally {
    // Closing is not enough: the loop device has taken the same open file, and the lock belongs to that.
    call("flock", file, LOCK_UN);
    close(file);
  }
}

/**
 * An image may hold the same layer twice (an empty one, for example), and overlayfs refuses to. What the lower one holds
 * is hidden by the upper one, entry by entry, so it can be left out.
 */
export function topmostFirst(layers: readonly StoredLayer[]): StoredLayer[] {
  const seen = new Set<string>();
  return layers.toReversed().filter(({ diffID }) => !seen.has(diffID) && seen.add(diffID));
}

/** Opens a squashfs layer's file for reading. Throws SysError. */
export function openLayer(paths: Paths, diffID: string): number {
  return open(layerPath(paths, diffID), O_RDONLY);
}

/** A file that a crash or a bad disk cut off would mount, and fail later, in the middle of a program. */
function openChecked(paths: Paths, layer: StoredLayer, name: string): number {
  let file: number;
  try {
    file = openLayer(paths, layer.diffID);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    throw unusable(layer, name, error.errno === ENOENT ? "is missing" : `cannot be read: ${error.message}`, error);
  }
  const size = statAt(file, "", AT_EMPTY_PATH)?.size;
  if (size === layer.size) return file;
  close(file);
  throw unusable(layer, name, `is damaged: it has ${size} bytes instead of ${layer.size}`);
}

function checkDir(paths: Paths, layer: StoredLayer, name: string): void {
  if (statIfThere(layerDir(paths, layer.diffID))?.kind !== "dir") throw unusable(layer, name, "is missing");
}

function unusable(layer: StoredLayer, name: string, problem: string, cause?: unknown): UserError {
  return new UserError(`cannot use image ${name}: its layer ${layer.diffID} ${problem}`, {
    remedy: "import or load the image again",
    exitCode: 125,
    ...(cause === undefined ? {} : { cause }),
  });
}
