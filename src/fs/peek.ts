// Reading a few files of an image without mounting its overlay: the layers are looked through as overlayfs would, the
// topmost first. A whiteout (a character device 0:0) hides what is below it, an opaque directory hides what is below it,
// and a symlink may begin in one layer and lead to a file of another.
//
// Source: Documentation/filesystems/overlayfs.rst of the Linux kernel.

import { AT_SYMLINK_NOFOLLOW, O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from "../sys/abi/consts.gen.ts";
import { call, must } from "../sys/call.ts";
import { close, statAt } from "../sys/file.ts";
import { cstr, reserve, scratch, scratchBase } from "../sys/memory.ts";
import { readInside } from "./mountfd.ts";

/** What a layer has under a name. */
export type Entry =
  | { readonly kind: "none" | "whiteout" | "file" }
  | { readonly kind: "dir"; readonly opaque: boolean }
  | { readonly kind: "symlink"; readonly target: string };

/** Looks at `path` in a layer (0 is the topmost) without following a symlink; its directory is one in that layer. */
export type Lookup = (layer: number, path: string) => Entry;

/** Where a file was found: the path has no symlinks in it. */
export interface Found {
  readonly layer: number;
  readonly path: string;
}

/** As many symlinks as Linux follows (path_resolution(7)). */
const MOST_LINKS = 40;

/** Finds what is no directory at `path`; undefined where nothing is, or a directory. */
export function findInLayers(layers: number, path: string, lookup: Lookup): Found | undefined {
  const all = Array.from({ length: layers }, (_, layer) => layer);
  let rest = path.split("/");
  let links = 0;
  // The directories from the root down to where the search stands, each with the layers that make it up.
  let stack: { name: string; layers: readonly number[] }[] = [];
  for (;;) {
    const name = rest.shift();
    if (name === undefined) return undefined;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      stack.pop();
      continue;
    }
    const at = [...stack.map((level) => level.name), name].join("/");
    const found = findEntry(stack.at(-1)?.layers ?? all, at, lookup);
    if (found === undefined) return undefined;
    if (found.kind === "dir") {
      stack.push({ name, layers: found.layers });
    } else if (found.kind === "symlink") {
      if (++links > MOST_LINKS) return undefined;
      if (found.target.startsWith("/")) stack = [];
      rest = [...found.target.split("/"), ...rest];
    } else {
      return rest.length === 0 ? { layer: found.layer, path: at } : undefined;
    }
  }
}

type Merged =
  { kind: "dir"; layers: readonly number[] } | { kind: "file"; layer: number } | { kind: "symlink"; target: string };

/** One name in the merged directory that `layers` make up. */
function findEntry(layers: readonly number[], path: string, lookup: Lookup): Merged | undefined {
  const dirs: number[] = [];
  for (const layer of layers) {
    const entry = lookup(layer, path);
    if (entry.kind === "none") continue;
    if (entry.kind !== "dir") {
      // Below a directory, anything else is hidden, and ends the merging.
      if (dirs.length > 0 || entry.kind === "whiteout") break;
      return entry.kind === "symlink" ? entry : { kind: "file", layer };
    }
    dirs.push(layer);
    if (entry.opaque) break;
  }
  return dirs.length === 0 ? undefined : { kind: "dir", layers: dirs };
}

/** What one file may have at most: 1 MiB. */
const MOST_BYTES = 1024 * 1024;
const OPAQUE = "trusted.overlay.opaque";
/** limits.h */
const NAME_MAX = 255;
const PATH_MAX = 4095;

/**
 * The texts of files of an image, in the order of `paths`; undefined for one that is not there or is no regular file.
 * @param layers descriptors of the layers' root directories, the topmost first
 * @param paths relative to the image's root
 * @throws UserError for a file of more than 1 MiB
 */
export function peekFiles(layers: readonly number[], paths: readonly string[]): (string | undefined)[] {
  const lookup: Lookup = (layer, path) => lookAt(layers[layer] ?? -1, path);
  return paths.map((path) => {
    const found = findInLayers(layers.length, path, lookup);
    const bytes = found === undefined ? undefined : readInside(layers[found.layer] ?? -1, found.path, MOST_BYTES);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  });
}

function lookAt(root: number, path: string): Entry {
  // A symlink may lead to a name that no file system has: longer names are not there.
  if (Buffer.byteLength(path) > PATH_MAX || path.split("/").some((name) => Buffer.byteLength(name) > NAME_MAX)) {
    return { kind: "none" };
  }
  const stat = statAt(root, path, AT_SYMLINK_NOFOLLOW);
  if (stat === undefined) return { kind: "none" };
  if (stat.kind === "dir") return { kind: "dir", opaque: isOpaque(root, path) };
  if (stat.kind === "symlink") return { kind: "symlink", target: readLink(root, path) };
  // Special files are not read, and hide what is below as whiteouts do.
  return { kind: stat.kind === "file" ? "file" : "whiteout" };
}

function isOpaque(root: number, path: string): boolean {
  const dir = call("openat", root, cstr(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  must(dir, `open ${path} of the image`);
  try {
    const at = reserve(8);
    return call("fgetxattr", dir, cstr(OPAQUE), scratchBase + at, 1) === 1 && scratch[at] === "y".charCodeAt(0);
  } finally {
    close(dir);
  }
}

function readLink(root: number, path: string): string {
  const room = 4096;
  const at = reserve(room);
  const got = must(call("readlinkat", root, cstr(path), scratchBase + at, room), `read the link ${path} of the image`);
  return new TextDecoder().decode(scratch.subarray(at, at + got));
}
