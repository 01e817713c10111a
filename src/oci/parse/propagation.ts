// Mount propagation by name: mount_namespaces(7).

import type { Propagation } from "../request.ts";

export const PROPAGATIONS: readonly Propagation[] = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];

export function isPropagation(text: string): text is Propagation {
  return (PROPAGATIONS as readonly string[]).includes(text);
}
