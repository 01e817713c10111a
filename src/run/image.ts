// The image of a run: one of the store, or the embedded @bun. What either brings to a container has one shape. Nothing is
// mounted here.

import { EXIT, UserError } from "../errors.ts";
import { BUN_IMAGE, type StoredLayer } from "../fs/image-record.ts";
import { matchImage, readImage } from "../fs/images.ts";
import type { ImageFacts } from "../oci/make.ts";
import type { BindRequest, RunRequest } from "../oci/request.ts";
import type { BaseEntry } from "../plan/launch-input.ts";
import type { Paths } from "../state/paths.ts";
import { statIfThere } from "../sys/file.ts";

export interface RunImage {
  /** The request, with what the image adds to it. */
  readonly request: RunRequest;
  readonly id: string;
  /** The name in the store that led to it; undefined where an id did. */
  readonly name?: string;
  /** Whether the same words lead to the same next time. */
  readonly lasting: boolean;
  readonly facts: ImageFacts;
  /** The base first. */
  readonly layers: readonly StoredLayer[];
  /** What the image puts into the lowest layer. */
  readonly base: readonly BaseEntry[];
}

/** Finds the image. @throws UserError where there is none */
export async function findRunImage(paths: Paths, request: RunRequest): Promise<RunImage> {
  if (request.image === BUN_IMAGE) return bunRunImage(request);
  const match = matchImage(paths, request.image);
  const image = match === undefined ? undefined : readImage(paths, match.hex);
  if (match === undefined || image === undefined) throw imageNotFound(request.image);
  const { passwd, group } = image;
  const facts = {
    config: image.file.config ?? {},
    ...(passwd === undefined ? {} : { passwd }),
    ...(group === undefined ? {} : { group }),
  };
  const name = match.name === undefined ? {} : { name: match.name };
  return { request, id: image.id, ...name, lasting: match.name !== undefined, facts, layers: image.layers, base: [] };
}

/** No layers: bunker's own executable and its libraries are bound into a root that holds nothing but mount points. */
async function bunRunImage(request: RunRequest): Promise<RunImage> {
  const { bunCommand, hostBunImage } = await import("../fs/builtin.ts");
  const { config, binds, dirs, passwd, group } = hostBunImage();
  const { args, scripts, lasting } = bunCommand(request.command, (path) => statIfThere(path)?.kind === "file");
  const mounts = [...binds, ...scripts].map(({ source, target }) => readOnlyFile(source, target));
  return {
    request: { ...request, command: args, mounts: [...mounts, ...request.mounts] },
    id: BUN_IMAGE,
    lasting,
    facts: { config, passwd, group },
    layers: [],
    base: [
      ...dirs.map(({ path, mode }): BaseEntry => ({ path, kind: "dir", mode })),
      { path: "/etc/passwd", kind: "file", mode: 0o644, text: passwd },
      { path: "/etc/group", kind: "file", mode: 0o644, text: group },
    ],
  };
}

function readOnlyFile(source: string, target: string): BindRequest {
  return {
    kind: "bind",
    source,
    target,
    readOnly: true,
    propagation: "rprivate",
    recursive: false,
    createSource: false,
  };
}

export function imageNotFound(name: string): UserError {
  return new UserError(`no image named ${JSON.stringify(name)} on this machine`, {
    remedy: `import one with 'bunker import DIR ${name}', or list what is there with 'bunker images'`,
    exitCode: EXIT.usage,
  });
}
