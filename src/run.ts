// `bunker run`, the whole story, in three sentences: a blueprint of the start is drawn from the command line, the image
// and the host, or remembered from the last time; it is carried out; and this process becomes the launch program, so from
// success there is no way back. ARCHITECTURE.md walks through it.
//
//   run/draw.ts     words, image, host → blueprint        looks only
//   run/memory.ts   blueprints of earlier starts          run/blueprints on a tmpfs
//   run/start.ts    blueprint → container                 every step with its undo
//   plan/           the launch program                    what happens after execve, and inside the container

import { readTag } from "./fs/images.ts";
import type { RunRequest } from "./oci/request.ts";
import type { Drawn } from "./run/blueprint.ts";
import { forget, memoryKey, recall, remember } from "./run/memory.ts";
import { start } from "./run/start.ts";
import { makeDirectories, type Paths } from "./state/paths.ts";
import { sweep } from "./sweep.ts";

/**
 * Starts the container of a command line whose blueprint is remembered. Returns where none is, or where it does not fit
 * any more; otherwise this process becomes the container's front.
 */
export function runRemembered(paths: Paths, words: readonly string[]): void {
  const key = memoryKey(paths, words);
  const drawn = recall(paths, key);
  if (drawn === undefined) return; // the directories are there: what is remembered is in one of them
  sweep(paths);
  if (stillMeant(paths, drawn)) {
    try {
      start(paths, drawn);
    } catch {
      // Drawn anew, it will succeed or say what is wrong.
    }
  }
  forget(paths, key);
}

/** Another image may have the name by now. */
function stillMeant(paths: Paths, { blueprint: { image } }: Drawn): boolean {
  return image.name === undefined || `sha256:${readTag(paths, image.name)}` === image.id;
}

/**
 * Starts a container: draws the blueprint and carries it out. Does not return, or throws.
 * @param words the command line, where it may be remembered
 */
export async function run(paths: Paths, words: readonly string[] | undefined, request: RunRequest): Promise<never> {
  makeDirectories(paths);
  sweep(paths);
  const { draw } = await import("./run/draw.ts");
  const drawn = await draw(paths, request);
  if (words !== undefined) remember(paths, memoryKey(paths, words), drawn);
  start(paths, drawn);
}
