// An image as `inspect` shows it: Docker's document. Pure.
//
// Source: the Docker Engine API, ImageInspect; fields that have no meaning here are left out.

import type { StoredImage } from "./image-record.ts";

/** @param names the image's names with their tags */
export function inspectImage({ id, file, layers }: StoredImage, names: readonly string[]): Record<string, unknown> {
  const last = file.history?.at(-1);
  return {
    Id: id,
    RepoTags: names,
    RepoDigests: [],
    Comment: last?.comment ?? "",
    Created: file.created ?? "",
    Author: file.author ?? "",
    Architecture: file.architecture,
    ...(file.variant === undefined ? {} : { Variant: file.variant }),
    Os: file.os,
    Size: layers.reduce((sum, layer) => sum + layer.size, 0),
    Config: file.config ?? {},
    RootFS: { Type: "layers", Layers: file.rootfs.diff_ids },
  };
}
