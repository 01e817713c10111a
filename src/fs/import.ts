// `bunker import`: an image from a directory tree, or from a squashfs file that a build system made. The layer is written
// beside its final place, read back as a container would see it, and put in place together with the image's record, so
// that an image that is listed can be run, whenever the import was cut off.

import { SysError, UsageError, UserError } from "../errors.ts";
import { applyChanges } from "../oci/changes.ts";
import type { ImageConfig, ImageFile } from "../oci/image.ts";
import { layersDir, makeDirectories, type Paths } from "../state/paths.ts";
import { AT_EMPTY_PATH, O_RDONLY } from "../sys/abi/consts.gen.ts";
import { EDQUOT, ENOSPC } from "../sys/abi/errno.gen.ts";
import { close, fsync, open, rename, statAt, statfs, statIfThere, syncDirectory, unlinkIfThere } from "../sys/file.ts";
import { attachLoop } from "../sys/loop.ts";
import { copyPadded, digestOf, padded, type Progress, superblockOf, type Written } from "./copy.ts";
import { imageId, type StoredImage } from "./image-record.ts";
import { saveImage, storableName, withStoreLock } from "./images.ts";
import { layerPath, unmountLayer } from "./layers.ts";
import { mountDetached } from "./mountfd.ts";
import { peekFiles } from "./peek.ts";
import type { Reference } from "./reference.ts";
import { walkTree } from "./squashfs/walk.ts";
import { SquashfsWriter, type TreeEntry } from "./squashfs/writer.ts";
import { makeTemporary, sweepLayers, type Temporary } from "./sweep.ts";
import { measureTree } from "./usage.ts";

export interface ImportRequest {
  /** Path of a directory or a squashfs file. */
  readonly source: string;
  readonly reference: Reference;
  /** Dockerfile instructions. */
  readonly changes: readonly string[];
  readonly message?: string;
  /** For a directory only; zstd where it is missing. */
  readonly compression?: "zstd" | "gzip";
  /** For a directory only, as the compression has it. */
  readonly level?: number;
}

export interface Imported {
  readonly image: StoredImage;
  /** Names of extended attributes that squashfs cannot hold and that were left out. */
  readonly droppedXattrs: readonly string[];
}

interface Layer extends Written {
  readonly droppedXattrs: readonly string[];
}

/**
 * Imports an image under a name.
 * @param progress called now and then while the layer is written, with bytes read and (about) bytes there are
 * @throws UserError for a source that is no image, a disk that is too full, or a layer that this kernel cannot mount
 */
export async function importImage(paths: Paths, request: ImportRequest, progress: Progress): Promise<Imported> {
  const config = applyChanges({}, request.changes);
  storableName(request.reference);
  const source = sourceOf(request.source);
  makeDirectories(paths);
  sweepLayers(paths);
  try {
    return await importInto(paths, request, config, source, progress);
  } catch (error) {
    throw outOfSpace(error, paths, request.source);
  }
}

async function importInto(
  paths: Paths,
  request: ImportRequest,
  config: ImageConfig,
  source: Source,
  progress: Progress,
): Promise<Imported> {
  const temporary = makeTemporary(paths);
  try {
    const layer = await writeLayer(paths, request, source, temporary, progress);
    fsync(temporary.fd, temporary.path);
    const image = describe(request, config, layer, readBack(temporary.path, request));
    withStoreLock(paths, () => {
      placeLayer(paths, temporary.path, layer.digest);
      saveImage(paths, image, request.reference);
    });
    return { image, droppedXattrs: layer.droppedXattrs };
  } finally {
    // Where the layer was put in place, there is nothing of this name any more.
    unlinkIfThere(temporary.path);
    close(temporary.fd);
  }
}

type Source = { readonly kind: "dir"; readonly mtime: number } | { readonly kind: "file" };

function sourceOf(path: string): Source {
  const found = statIfThere(path);
  if (found === undefined) throw new UserError(`cannot import ${path}: there is no such file or directory`);
  if (found.kind === "dir") return { kind: "dir", mtime: found.mtime };
  if (found.kind === "file") return { kind: "file" };
  throw new UserError(`cannot import ${path}: it is neither a directory nor a regular file`);
}

function writeLayer(
  paths: Paths,
  request: ImportRequest,
  source: Source,
  temporary: Temporary,
  progress: Progress,
): Promise<Layer> | Layer {
  if (source.kind === "file") return copyFile(paths, request, temporary.fd, progress);
  return packTree(paths, request, source.mtime, temporary.fd, progress);
}

function copyFile(paths: Paths, request: ImportRequest, to: number, progress: Progress): Layer {
  const { source: path, compression, level } = request;
  if (compression !== undefined || level !== undefined) {
    throw new UsageError(`cannot compress ${path}: it is a file, and a squashfs file is taken as it is`, "import");
  }
  const from = open(path, O_RDONLY);
  try {
    const size = statAt(from, "", AT_EMPTY_PATH)?.size ?? 0;
    superblockOf(from, size, path);
    requireSpace(paths, path, padded(size), "needs");
    return { ...copyPadded(from, to, size, path, progress), droppedXattrs: [] };
  } finally {
    close(from);
  }
}

/** No usual tree is compressed to less than this part of it: what does not have so much room cannot succeed. */
const LEAST_RATIO = 0.2;

async function packTree(
  paths: Paths,
  request: ImportRequest,
  mtime: number,
  to: number,
  progress: Progress,
): Promise<Layer> {
  const total = measureTree(request.source, layersDir(paths));
  requireSpace(paths, request.source, Math.ceil(total * LEAST_RATIO), "needs at least");
  const { compression = "zstd", level } = request;
  // The tree's own time, not the clock's: the same tree gives the same bytes, and so the same layer.
  const options = { compression, modTime: mtime, ...(level === undefined ? {} : { level }) };
  const writer = SquashfsWriter.create(to, options);
  try {
    let done = 0;
    for (const item of walkTree(request.source)) {
      if (item.kind === "link") writer.link(item.path, item.existing);
      else await writer.add(counted(item, (bytes) => progress((done += bytes), total)));
    }
    return await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/**
 * Gives the new layer its name. Where the same layer is there already it stays, with its mount and the containers that
 * share it; unless it has been damaged since, for then importing it again is what repairs it.
 */
function placeLayer(paths: Paths, temporary: string, digest: string): void {
  const path = layerPath(paths, `sha256:${digest}`);
  if (digestOf(path) === digest) return;
  rename(temporary, path);
  syncDirectory(layersDir(paths));
  unmountLayer(paths, `sha256:${digest}`);
}

/** Files shorter than this are counted when they begin: wrapping their data would cost more than reading it. */
const COUNT_WITHIN = 1024 * 1024;

function counted(entry: TreeEntry, count: (bytes: number) => void): TreeEntry {
  const { data, size = 0 } = entry;
  if (data === undefined) return entry;
  if (size >= COUNT_WITHIN) return { ...entry, data: countedData(data, count) };
  count(size);
  return entry;
}

async function* countedData(data: NonNullable<TreeEntry["data"]>, count: (bytes: number) => void) {
  for await (const bytes of data) {
    count(bytes.length);
    yield bytes;
  }
}

function available(paths: Paths): number {
  const { available, blockSize } = statfs(layersDir(paths));
  return available * blockSize;
}

function requireSpace(paths: Paths, source: string, needed: number, verb: string): void {
  const there = available(paths);
  if (there >= needed) return;
  const space = `it ${verb} ${mebibytes(needed)}, ${mebibytes(there)} are available in ${layersDir(paths)}`;
  throw new UserError(`cannot import ${source}: not enough space on the disk: ${space}`, { remedy: FREE_SPACE });
}

const FREE_SPACE = "remove images with 'bunker rmi', or let BUNKER_ROOT name a directory on a larger disk";
const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** A disk that filled up meanwhile, in words; other errors stay as they are. */
function outOfSpace(error: unknown, paths: Paths, source: string): unknown {
  if (!(error instanceof SysError) || (error.errno !== ENOSPC && error.errno !== EDQUOT)) return error;
  const there = `${mebibytes(available(paths))} are available in ${layersDir(paths)} without it`;
  return new UserError(`cannot import ${source}: the disk became full: ${there}`, { remedy: FREE_SPACE, cause: error });
}

interface ImageTexts {
  readonly passwd?: string;
  readonly group?: string;
}

/** Mounts the new layer as a container would and reads the files that a start needs. */
function readBack(path: string, request: ImportRequest): ImageTexts {
  const file = open(path, O_RDONLY);
  try {
    const device = attachLoop(file, request.source);
    try {
      return peek(mountLayer(device.path, request));
    } finally {
      close(device.fd);
    }
  } finally {
    close(file);
  }
}

function mountLayer(device: string, { source, compression }: ImportRequest): number {
  try {
    return mountDetached("squashfs", device);
  } catch (error) {
    if (!(error instanceof UserError) || error.remedy !== undefined) throw error;
    const other = compression === "gzip" ? "zstd" : "gzip";
    throw new UserError(`cannot import ${source}: this kernel cannot use it: ${error.message}`, {
      remedy: `make it with a compression that the kernel knows, such as ${other}: bunker import --compression ${other} DIR NAME`,
      cause: error,
    });
  }
}

/** Closes the mount. */
function peek(mount: number): ImageTexts {
  try {
    const [passwd, group] = peekFiles([mount], ["etc/passwd", "etc/group"]);
    return { ...(passwd === undefined ? {} : { passwd }), ...(group === undefined ? {} : { group }) };
  } finally {
    close(mount);
  }
}

const ARCHITECTURE = process.arch === "arm64" ? "arm64" : "amd64";

function describe(request: ImportRequest, config: ImageConfig, layer: Written, texts: ImageTexts): StoredImage {
  const created = new Date().toISOString();
  const diffID = `sha256:${layer.digest}`;
  const file: ImageFile = {
    architecture: ARCHITECTURE,
    os: "linux",
    created,
    config,
    rootfs: { type: "layers", diff_ids: [diffID] },
    history: [{ created, comment: request.message ?? `Imported from ${request.source}` }],
  };
  const layers = [{ diffID, kind: "squashfs" as const, size: layer.bytes }];
  return { version: 1, id: imageId(file), file, layers, ...texts };
}
