// A store of its own for a root test, with what is mounted in it taken down afterwards.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { importImage, type ImportRequest } from "../../src/fs/import.ts";
import { parseReference } from "../../src/fs/reference.ts";
import { mountedLayersDir, type Paths } from "../../src/state/paths.ts";
import { readdirIfThere } from "../../src/sys/file.ts";
import { run } from "../squashfs/tools.ts";

export class Store implements Disposable {
  readonly base = mkdtempSync(join(tmpdir(), "bunker-import-"));
  readonly paths: Paths = { root: join(this.base, "root"), run: join(this.base, "run") };

  /** A path beside the store. */
  file(name: string): string {
    return join(this.base, name);
  }

  dir(name: string): string {
    mkdirSync(this.file(name), { recursive: true });
    return this.file(name);
  }

  /** Imports; returns the image. */
  async import(source: string, name: string, fields: Partial<ImportRequest> = {}) {
    const request = { source, reference: parseReference(name), changes: [], ...fields };
    return (await importImage(this.paths, request, () => undefined)).image;
  }

  [Symbol.dispose](): void {
    for (const { name } of readdirIfThere(mountedLayersDir(this.paths)) ?? []) {
      Bun.spawnSync(["umount", `${mountedLayersDir(this.paths)}/${name}`], { stderr: "ignore" });
    }
    rmSync(this.base, { recursive: true, force: true });
  }
}

/** How many loop devices show a file whose path begins so, also one that was deleted. */
export function loopsOn(start: string): number {
  return run(["losetup", "-a", "-O", "BACK-FILE"])
    .split("\n")
    .filter((line) => line.startsWith(start)).length;
}
