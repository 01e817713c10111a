// The images in the store: finding, listing and saving them.
//
//   root/images/HEX.json        one record an image; HEX is its id without "sha256:"
//   root/images/names/NAME      symlink to HEX; NAME is the familiar name with its tag, each "/" written as "+"
//   root/images/.lock           held while records, names and layers change together
//
// A record is on the disk before a name leads to it, and names go before the record: whatever a power cut leaves, a name
// leads to a whole image or to nothing. Runs at every start of a container: keep it light.

import { UserError } from "../errors.ts";
import { quote } from "../oci/parse/fault.ts";
import { imagesDir, type Paths, tagsDir } from "../state/paths.ts";
import {
  close,
  readdirIfThere,
  readlinkIfThere,
  readTextIfThere,
  rename,
  symlinkExclusive,
  syncDirectory,
  unlinkIfThere,
  writeAtomic,
} from "../sys/file.ts";
import { lockFile } from "../sys/lock.ts";
import { hexOf, isHex, parseRecord, type StoredImage } from "./image-record.ts";
import { familiar, parseReference, type Reference, withDefaultTag } from "./reference.ts";

export type { StoredImage, StoredLayer } from "./image-record.ts";

/** Fewer digits of an id are too likely to be the start of another one soon. */
const LEAST_DIGITS = 4;
/** NAME_MAX of Linux: a name is a file name. */
const LONGEST_NAME = 255;
/** Stands for "/" in file names: it is in no reference, and one byte, where "%2F" would be three. */
const STORED_SLASH = "+";

export const imagePath = (paths: Paths, hex: string) => `${imagesDir(paths)}/${hex}.json`;

/** Where the symlink of a name stands. */
export function tagPath(paths: Paths, name: string): string {
  return `${tagsDir(paths)}/${name.replaceAll("/", STORED_SLASH)}`;
}

/** The name of an image in the store: familiar, with its tag. */
export function storedName(reference: Reference): string {
  return familiar(withDefaultTag(reference));
}

/** What a word on the command line leads to. */
export interface Match {
  /** The 64 digits of the image's id. */
  readonly hex: string;
  /** The name with its tag, where the word was a name and not an id. */
  readonly name?: string;
}

/**
 * Finds an image's id by name[:tag], or by its id or the beginning of it; undefined where there is none.
 * @throws UserError where the word cannot be a name, or an id's beginning fits several images
 */
export function matchImage(paths: Paths, word: string): Match | undefined {
  return asStored(paths, word) ?? asName(paths, word) ?? asId(paths, word);
}

/** A word that is a stored name as it stands, perhaps without ":latest": nearly always, and no grammar is needed. */
function asStored(paths: Paths, word: string): Match | undefined {
  const name = word.indexOf(":", word.lastIndexOf("/") + 1) === -1 ? `${word}:latest` : word;
  // Three bytes a letter are the most that UTF-8 takes.
  if (name.includes(STORED_SLASH) || name.length * 3 > LONGEST_NAME) return undefined;
  const hex = readTag(paths, name);
  return hex === undefined ? undefined : { hex, name };
}

function asName(paths: Paths, word: string): Match | undefined {
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(word)) return undefined;
  const name = storedName(parseReference(word));
  // A longer name cannot have been stored.
  const hex = name.length > LONGEST_NAME ? undefined : readTag(paths, name);
  return hex === undefined ? undefined : { hex, name };
}

function asId(paths: Paths, word: string): Match | undefined {
  const digits = /^(?:sha256:)?([0-9a-f]{1,64})$/.exec(word)?.[1] ?? "";
  if (digits.length < LEAST_DIGITS) return undefined;
  const found = imageHexes(paths).filter((hex) => hex.startsWith(digits));
  if (found.length > 1) {
    const ids = found.map((hex) => hex.slice(0, 12)).join(", ");
    throw new UserError(`the image id ${quote(word)} is ambiguous: ${ids} begin with it`, {
      remedy: "give more digits",
    });
  }
  return found[0] === undefined ? undefined : { hex: found[0] };
}

/**
 * An image by name[:tag], or by its id or the beginning of it (4 digits or more); undefined where there is none.
 * @throws UserError for a word that can be neither, an ambiguous id, or a damaged record
 */
export function findImage(paths: Paths, word: string): StoredImage | undefined {
  const match = matchImage(paths, word);
  return match === undefined ? undefined : readImage(paths, match.hex);
}

/** The record of the image with this id; undefined where there is none. */
export function readImage(paths: Paths, hex: string): StoredImage | undefined {
  const path = imagePath(paths, hex);
  const json = readTextIfThere(path);
  return json === undefined ? undefined : parseRecord(json, hex, path);
}

/** The id's digits that a stored name leads to; a symlink that is not to an image's id leads nowhere. */
export function readTag(paths: Paths, name: string): string | undefined {
  const hex = readlinkIfThere(tagPath(paths, name));
  return hex !== undefined && isHex(hex) ? hex : undefined;
}

function imageHexes(paths: Paths): string[] {
  const names = (readdirIfThere(imagesDir(paths)) ?? []).map(({ name }) => /^([0-9a-f]{64})\.json$/.exec(name)?.[1]);
  return names.filter((hex) => hex !== undefined);
}

export interface ListedImage {
  readonly hex: string;
  /** Sorted; empty for an image whose names all went to others. */
  readonly names: readonly string[];
  /** Missing where the record is damaged; `problem` then says how. */
  readonly image?: StoredImage;
  readonly problem?: UserError;
}

/** All images, the newest first; damaged ones too, so that one does not hide the others. */
export function listImages(paths: Paths): ListedImage[] {
  const names = new Map<string, string[]>();
  for (const { name, kind } of readdirIfThere(tagsDir(paths)) ?? []) {
    if (kind !== "symlink" || name.startsWith(".")) continue;
    const plain = name.replaceAll(STORED_SLASH, "/");
    const hex = readTag(paths, plain);
    if (hex !== undefined) names.set(hex, [...(names.get(hex) ?? []), plain]);
  }
  const images = imageHexes(paths).flatMap((hex) => listed(paths, hex, (names.get(hex) ?? []).sort()));
  return images.sort((a, b) => createdOf(b) - createdOf(a) || (a.hex < b.hex ? -1 : 1));
}

/** None where the image was removed meanwhile. */
function listed(paths: Paths, hex: string, names: readonly string[]): ListedImage[] {
  try {
    const image = readImage(paths, hex);
    return image === undefined ? [] : [{ hex, names, image }];
  } catch (error) {
    if (error instanceof UserError) return [{ hex, names, problem: error }];
    throw error;
  }
}

/** Milliseconds since 1970; 0 where an image does not say. */
function createdOf({ image }: ListedImage): number {
  const time = Date.parse(image?.file.created ?? "");
  return Number.isNaN(time) ? 0 : time;
}

/**
 * Runs `action` while nobody else changes the store. Whoever puts a layer into the store keeps the lock until the image
 * is saved: a layer that no image uses is removed.
 */
export function withStoreLock<T>(paths: Paths, action: () => T): T {
  const lock = lockFile(`${imagesDir(paths)}/.lock`, { wait: true });
  try {
    return action();
  } finally {
    if (lock !== undefined) close(lock);
  }
}

/**
 * Saves an image whose layers are in the store, and lets a name lead to it; all of it is on the disk when this returns.
 * An image that had the name before stays, without it. The caller holds the store's lock.
 */
export function saveImage(paths: Paths, image: StoredImage, reference: Reference): void {
  const name = storableName(reference);
  const hex = hexOf(image.id);
  const path = imagePath(paths, hex);
  // What could not be read back must not be written.
  parseRecord(JSON.stringify(image), hex, path);
  writeAtomic(path, `${JSON.stringify(image)}\n`, { mode: 0o600, sync: true });
  tagImage(paths, hex, name);
}

/** @throws UserError for a name that is too long to keep */
export function storableName(reference: Reference): string {
  const name = storedName(reference);
  if (name.length <= LONGEST_NAME) return name;
  throw new UserError(`invalid image name ${quote(name)}: name and tag have ${name.length} characters`, {
    remedy: `choose a name that has at most ${LONGEST_NAME} with its tag`,
  });
}

function tagImage(paths: Paths, hex: string, name: string): void {
  const path = tagPath(paths, name);
  const temporary = `${tagsDir(paths)}/.new`;
  unlinkIfThere(temporary);
  symlinkExclusive(hex, temporary);
  rename(temporary, path);
  syncDirectory(tagsDir(paths));
}
