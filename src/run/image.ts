// The image of a run: one of the store, or the embedded @bun. What either brings to a container has one shape.

import { EXIT, UserError } from "../errors.ts";
import { BUN_IMAGE } from "../fs/image-record.ts";
import { findImage } from "../fs/images.ts";
import { mountLayers } from "../fs/layers.ts";
import type { ImageFacts } from "../oci/make.ts";
import type { BindRequest, RunRequest } from "../oci/request.ts";
import type { BaseEntry } from "../plan/launch-input.ts";
import type { Paths } from "../state/paths.ts";
import { statIfThere } from "../sys/file.ts";

export interface RunImage {
  /** The request, with what the image adds to it. */
  readonly request: RunRequest;
  readonly id: string;
  readonly facts: ImageFacts;
  /** Lower directories, the topmost first (see fs/layers.ts). */
  readonly layers: readonly string[];
  /** What the image puts into the lowest layer. */
  readonly base: readonly BaseEntry[];
}

/** Finds the image and makes its layers ready: `mount` returns the overlay's lower directories, the topmost first. */
export async function openImage(paths: Paths, request: RunRequest, mount = mountLayers): Promise<RunImage> {
  if (request.image === BUN_IMAGE) return openBun(request);
  const image = findImage(paths, request.image);
  if (image === undefined) throw imageNotFound(request.image);
  const layers = mount(paths, image, request.image);
  const { passwd, group } = image;
  const facts = {
    config: image.file.config ?? {},
    ...(passwd === undefined ? {} : { passwd }),
    ...(group === undefined ? {} : { group }),
  };
  return { request, id: image.id, facts, layers, base: [] };
}

/** No layers: bunker's own executable and its libraries are bound into a root that holds nothing but mount points. */
async function openBun(request: RunRequest): Promise<RunImage> {
  const { bunCommand, hostBunImage } = await import("../fs/builtin.ts");
  const { config, binds, dirs, passwd, group } = hostBunImage();
  const { args, scripts } = bunCommand(request.command, (path) => statIfThere(path)?.kind === "file");
  const mounts = [...binds, ...scripts].map(({ source, target }) => readOnlyFile(source, target));
  return {
    request: { ...request, command: args, mounts: [...mounts, ...request.mounts] },
    id: BUN_IMAGE,
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
