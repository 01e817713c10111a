// Looking into layers on a real file system, with the whiteouts and opaque directories that overlayfs makes itself.
// Needs root.

import { describe, expect, test } from "bun:test";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";

import { peekFiles } from "../../src/fs/peek.ts";
import { O_DIRECTORY, O_RDONLY } from "../../src/sys/abi/consts.gen.ts";
import { close, open } from "../../src/sys/file.ts";
import { writeTree } from "../helpers/images.ts";
import { isRoot, run, Scratch } from "../squashfs/tools.ts";

const FILES = ["etc/passwd", "etc/group", "usr/lib/os"] as const;

function peek(...layers: string[]): (string | undefined)[] {
  const fds = layers.map((dir) => open(dir, O_RDONLY | O_DIRECTORY));
  try {
    return peekFiles(fds, FILES);
  } finally {
    for (const fd of fds) close(fd);
  }
}

/** Lets overlayfs write down a change to a layer; returns the layer that says it. */
function change(scratch: Scratch, lower: string, apply: (root: string) => void): string {
  const tmpfs = scratch.file("tmpfs");
  const root = `${tmpfs}/root`;
  // Its own tmpfs: the directory for temporary files may itself be an overlay.
  run(["mount", "-t", "tmpfs", "tmpfs", tmpfs]);
  run(["mkdir", `${tmpfs}/upper`, `${tmpfs}/work`, root]);
  run([
    "mount",
    "-t",
    "overlay",
    "overlay",
    "-o",
    `lowerdir=${lower},upperdir=${tmpfs}/upper,workdir=${tmpfs}/work`,
    root,
  ]);
  apply(root);
  run(["umount", root]);
  return `${tmpfs}/upper`;
}

describe.skipIf(!isRoot)("peeking (needs root)", () => {
  test.each<[string, (root: string) => void, (string | undefined)[]]>([
    ["nothing", () => undefined, ["p", "g", "o"]],
    ["a file written", (root) => writeFileSync(`${root}/etc/group`, "new"), ["p", "new", "o"]],
    ["a file removed", (root) => rmSync(`${root}/etc/passwd`), [undefined, "g", "o"]],
    ["a directory removed", (root) => rmSync(`${root}/etc`, { recursive: true }), [undefined, undefined, "o"]],
    [
      "a directory replaced, which makes it opaque",
      (root) => {
        rmSync(`${root}/etc`, { recursive: true });
        writeTree(`${root}/etc`, { passwd: "new" });
      },
      ["new", undefined, "o"],
    ],
    [
      "a file replaced by a symlink into the layer below",
      (root) => {
        rmSync(`${root}/etc/passwd`);
        symlinkSync("../usr/lib/os", `${root}/etc/passwd`);
      },
      ["o", "g", "o"],
    ],
    [
      "a file replaced by a directory",
      (root) => {
        rmSync(`${root}/etc/passwd`);
        writeTree(`${root}/etc/passwd`, { x: "x" });
      },
      [undefined, "g", "o"],
    ],
  ])("%s", (_, apply, expected) => {
    using scratch = new Scratch();
    writeTree(scratch.file("tmpfs"), {});
    writeTree(scratch.file("lower"), { etc: { passwd: "p", group: "g" }, usr: { lib: { os: "o" } } });
    try {
      const upper = change(scratch, scratch.file("lower"), apply);
      expect(peek(upper, scratch.file("lower"))).toEqual(expected);
    } finally {
      run(["umount", "-R", scratch.file("tmpfs")]);
    }
  });

  test("bytes that are no text do not stop it", () => {
    using scratch = new Scratch();
    writeTree(scratch.file("lower"), { etc: {} });
    writeFileSync(scratch.file("lower/etc/passwd"), new Uint8Array([0xff, 0xfe, 0x41]));
    expect(peek(scratch.file("lower"))[0]).toBe("\ufffd\ufffdA");
  });
});
