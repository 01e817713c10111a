// The other side of the tests: the kernel (a loop mount) and squashfs-tools, where they are to be had.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const isRoot = process.getuid?.() === 0;
export const hasTools = Bun.which("unsquashfs") !== null && Bun.which("mksquashfs") !== null;

/** Runs a program; throws with what it said when it fails. Output is bytes, as latin1. */
export function run(command: string[], cwd?: string): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, {
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: exit ${exitCode}: ${stderr.toString()}`);
  return Buffer.from(stdout).toString("latin1");
}

function tryMount(): boolean {
  if (!isRoot || Bun.which("mount") === null) return false;
  const types = Bun.spawnSync(["cat", "/proc/filesystems"]).stdout.toString();
  return types.includes("squashfs") && Bun.spawnSync(["losetup", "-f"]).exitCode === 0;
}

export const canMount = tryMount();

/** A directory that goes away. */
export class Scratch implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "bunker-squashfs-"));

  file(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Mounts an image while `look` runs. */
export async function mounted<T>(scratch: Scratch, image: string, look: (root: string) => T | Promise<T>): Promise<T> {
  const root = scratch.file("mnt");
  mkdirSync(root, { recursive: true });
  run(["mount", "-t", "squashfs", "-o", "loop,ro", image, root]);
  try {
    return await look(root);
  } finally {
    run(["umount", root]);
  }
}

/** Unpacks an image with unsquashfs. */
export function unpacked(scratch: Scratch, image: string): string {
  const root = scratch.file("unpacked");
  run(["unsquashfs", "-quiet", "-no-progress", "-force", "-d", root, image]);
  return root;
}
