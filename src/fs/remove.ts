// Removing images: first the names, then the record, then the layers that no other image uses. Wherever this is cut off,
// no name leads to an image without its layers, and what is left over is swept later.

import { UserError } from "../errors.ts";
import { SHORT_ID } from "../state/describe.ts";
import { type Container, listContainers } from "../state/find.ts";
import { imagesDir, type Paths, tagsDir } from "../state/paths.ts";
import { syncDirectory, unlinkIfThere } from "../sys/file.ts";
import { imagePath, listImages, type Match, matchImage, tagPath, withStoreLock } from "./images.ts";
import { removeUnusedLayers } from "./sweep.ts";

export interface Removed {
  /** Names with their tags. */
  readonly untagged: readonly string[];
  /** Ids of images and diffIDs of layers, "sha256:...". */
  readonly deleted: readonly string[];
}

/**
 * Removes a name; with the last name, or by id, the image. Undefined where there is none.
 * @param force also where the image has several names, or a container that has ended uses it
 * @throws UserError where a container uses the image
 */
export function removeImage(paths: Paths, word: string, force: boolean): Removed | undefined {
  return withStoreLock(paths, () => {
    const match = matchImage(paths, word);
    const found = match === undefined ? undefined : listImages(paths).find(({ hex }) => hex === match.hex);
    if (match === undefined || found === undefined) return undefined;
    if (match.name !== undefined && found.names.length > 1) {
      untag(paths, [match.name]);
      return { untagged: [match.name], deleted: [] };
    }
    refuseConflict(paths, word, match, found.names, force);
    untag(paths, found.names);
    unlinkIfThere(imagePath(paths, found.hex));
    syncDirectory(imagesDir(paths));
    return { untagged: found.names, deleted: [`sha256:${found.hex}`, ...removeUnusedLayers(paths)] };
  });
}

function untag(paths: Paths, names: readonly string[]): void {
  for (const name of names) unlinkIfThere(tagPath(paths, name));
  syncDirectory(tagsDir(paths));
}

function refuseConflict(paths: Paths, word: string, match: Match, names: readonly string[], force: boolean): void {
  const users = listContainers(paths).filter(({ record }) => record.image.id === `sha256:${match.hex}`);
  const running = users.find(({ state }) => state.status === "running" || state.status === "created");
  if (running !== undefined) {
    throw conflict(word, `container ${nameOf(running)} is running from it`, `bunker rm -f ${nameOf(running)}`);
  }
  if (force) return;
  if (names.length > 1) {
    throw conflict(word, `it has the names ${names.join(", ")}`, `bunker rmi -f ${word}`);
  }
  const [user] = users;
  if (user !== undefined) throw conflict(word, `container ${nameOf(user)} uses it`, `bunker rm ${nameOf(user)}`);
}

const nameOf = ({ record }: Container) => record.name || record.id.slice(0, SHORT_ID);

function conflict(word: string, problem: string, remedy: string): UserError {
  return new UserError(`cannot remove image ${word}: ${problem}`, {
    remedy: `${remedy.includes("rmi") ? "name one of them, or remove all" : "remove the container first"}: ${remedy}`,
  });
}
