// What is kept of an image: one JSON file. It carries the image's configuration, where its layers are, and the two files
// of the image that have to be read before a container's spec can be made, so that a start reads this and nothing else.
// Records are checked when they are read: a disk may have garbled one, or another program written it.

import { UserError } from "../errors.ts";
import type { ImageFile } from "../oci/image.ts";

/** The name of the embedded image (builtin.ts) on the command line; "@" begins no name of the store. */
export const BUN_IMAGE = "@bun";

export interface StoredLayer {
  /** "sha256:" and 64 hexadecimal digits; names the layer's file. */
  readonly diffID: string;
  readonly kind: "squashfs" | "dir";
  /** Bytes on the disk. */
  readonly size: number;
}

export interface StoredImage {
  readonly version: 1;
  /** "sha256:" and the SHA-256 of the canonical JSON of `file`. */
  readonly id: string;
  readonly file: ImageFile;
  /** The base first, as in `file.rootfs.diff_ids`. */
  readonly layers: readonly StoredLayer[];
  /** The texts of the image's /etc/passwd and /etc/group, where it has them. */
  readonly passwd?: string;
  readonly group?: string;
}

/** The 64 digits of a checked digest. */
export function hexOf(digest: string): string {
  return digest.slice(PREFIX.length);
}

const PREFIX = "sha256:";
const HEX_LENGTH = 64;
const DIGITS = "0123456789abcdef";

/** Whether a text is 64 hexadecimal digits, lowercase: an image's id without "sha256:". */
export function isHex(text: string): boolean {
  if (text.length !== HEX_LENGTH) return false;
  for (const letter of text) if (!DIGITS.includes(letter)) return false;
  return true;
}

/** The only digests in use; they become parts of paths. */
function isDigest(value: unknown): value is string {
  return typeof value === "string" && value.startsWith(PREFIX) && isHex(hexOf(value));
}

/**
 * Parses the record of the image whose id has these 64 digits.
 * @throws UserError naming the image and the field that is wrong
 */
export function parseRecord(json: string, hex: string, path: string): StoredImage {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw damaged(hex, path, error instanceof Error ? error.message : String(error));
  }
  const problem = problemOf(value, hex);
  if (problem !== undefined) throw damaged(hex, path, problem);
  return value as StoredImage;
}

function damaged(hex: string, path: string, problem: string): UserError {
  return new UserError(`cannot read the record of image ${hex.slice(0, 12)}: ${path} is damaged: ${problem}`, {
    remedy: `remove the image with 'bunker rmi -f ${hex.slice(0, 12)}', then import or load it again`,
  });
}

type Loose = Readonly<Record<string, unknown>>;

// Written out as plain loops: every start of a container checks one record, and a process so young pays most for the
// first use of regular expressions and of functions that take functions.

/** The field that is wrong, and how; undefined where the record is sound. */
function problemOf(value: unknown, hex: string): string | undefined {
  if (!isObject(value)) return "it is no object";
  if (value["version"] !== 1) return "version: expected 1";
  if (value["id"] !== `${PREFIX}${hex}`) return "id: it is the record of another image";
  for (const name of ["passwd", "group"]) if (!isText(value[name])) return `${name}: expected a string`;
  const { file } = value;
  if (!isObject(file)) return "file: expected an object";
  for (const name of ["architecture", "os"]) {
    if (typeof file[name] !== "string") return `file.${name}: expected a string`;
  }
  if (!isText(file["created"])) return "file.created: expected a string";
  return problemOfConfig(file["config"]) ?? problemOfLayers(value["layers"], file["rootfs"]);
}

function problemOfConfig(config: unknown): string | undefined {
  if (isNothing(config)) return undefined;
  if (!isObject(config)) return "file.config: expected an object";
  for (const name of ["User", "WorkingDir", "StopSignal"]) {
    if (!isText(config[name])) return `file.config.${name}: expected a string`;
  }
  for (const name of ["Env", "Entrypoint", "Cmd"]) {
    const list = config[name];
    if (!isNothing(list) && !(Array.isArray(list) && isTexts(list))) {
      return `file.config.${name}: expected a list of strings`;
    }
  }
  const { Labels: labels } = config;
  if (isNothing(labels) || (isObject(labels) && isTexts(Object.values(labels)))) return undefined;
  return "file.config.Labels: expected an object of strings";
}

function problemOfLayers(layers: unknown, rootfs: unknown): string | undefined {
  const diffIDs = isObject(rootfs) ? rootfs["diff_ids"] : undefined;
  if (!Array.isArray(diffIDs)) return "file.rootfs.diff_ids: expected a list";
  if (!Array.isArray(layers)) return "layers: expected a list";
  if (layers.length !== diffIDs.length) return "layers: there are not as many as in file.rootfs.diff_ids";
  for (let index = 0; index < layers.length; index++) {
    const layer: unknown = layers[index];
    if (!isObject(layer) || !isDigest(layer["diffID"])) return `layers[${index}].diffID: expected a digest`;
    if (layer["diffID"] !== diffIDs[index]) return `layers[${index}].diffID: it is not the one in file.rootfs.diff_ids`;
    const { kind, size } = layer;
    if (kind !== "squashfs" && kind !== "dir") return `layers[${index}].kind: expected squashfs or dir`;
    if (!Number.isSafeInteger(size) || Number(size) < 0) return `layers[${index}].size: expected a number of bytes`;
  }
  return undefined;
}

function isObject(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Programs in Go write null for what is not there. */
function isNothing(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** A string, or nothing. */
function isText(value: unknown): boolean {
  return isNothing(value) || typeof value === "string";
}

function isTexts(values: readonly unknown[]): boolean {
  for (const value of values) if (typeof value !== "string") return false;
  return true;
}

/** JSON without white space and with the keys of every object sorted, so that equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** An image's id: "sha256:" and the digest of its configuration. */
export function imageId(file: ImageFile): string {
  return `sha256:${new Bun.CryptoHasher("sha256").update(canonicalJson(file)).digest("hex")}`;
}
