// Trees for the tests: one with everything in it, files around the block size, and random ones from a seed.

import type { TreeEntry } from "../../src/fs/squashfs/writer.ts";
import type { Step } from "./model.ts";

const LATER = 0xffffffff;

/** Bytes that do not compress, the same for the same seed. */
export function noise(seed: number, size: number): Uint8Array {
  const random = generator(seed);
  const words = new Uint32Array(Math.ceil(size / 4)).map(() => random(2 ** 32));
  return new Uint8Array(words.buffer, 0, size);
}

/** Numbers below `limit`, the same for the same seed (mulberry32). */
export function generator(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

export function file(path: string, content: Uint8Array | string, more: Partial<TreeEntry> = {}): TreeEntry {
  const bytes = typeof content === "string" ? Buffer.from(content, "latin1") : content;
  const base = { path, kind: "file", mode: 0o644, uid: 0, gid: 0, mtime: 1_000_000_000 } as const;
  return { ...base, size: bytes.length, data: [bytes], ...more };
}

export function other(path: string, kind: TreeEntry["kind"], more: Partial<TreeEntry> = {}): TreeEntry {
  return { path, kind, mode: kind === "dir" ? 0o755 : 0o600, uid: 0, gid: 0, mtime: 1_000_000_001, ...more };
}

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

/** VFS_CAP_REVISION_2 with CAP_NET_RAW permitted and effective (linux/capability.h). */
const CAPABILITY = Uint8Array.from([1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/** Every kind of file, with and without what makes an inode an extended one. */
export function everything(): Step[] {
  const xattrs = new Map([
    ["user.comment", bytes("h\xe9llo")],
    ["trusted.overlay.opaque", bytes("y")],
    ["user.empty", new Uint8Array(0)],
  ]);
  const shared = new Map([["trusted.same", bytes("set")]]);
  return [
    other("", "dir", { mode: 0o1777, uid: 5, gid: 6, mtime: 77, xattrs: shared }),
    file("etc/passwd", "root:x:0:0::/root:/bin/sh\n", { uid: 4_000_000_000, gid: 70_000 }),
    file("bin/ping", "#!/bin/sh\n", { mode: 0o4755, xattrs: new Map([["security.capability", CAPABILITY]]) }),
    file("xattrs/file", "content", { xattrs }),
    other("xattrs/dir", "dir", { xattrs: shared, mode: 0o2770 }),
    other("xattrs/link", "symlink", { target: "nowhere", mode: 0o777, xattrs: shared }),
    other("xattrs/fifo", "fifo", { xattrs: shared }),
    other("xattrs/char", "char", { rdev: { major: 5, minor: 1 }, xattrs: shared }),
    other("xattrs/block", "block", { rdev: { major: 259, minor: 300 }, xattrs: shared }),
    other("dev/null", "char", { rdev: { major: 1, minor: 3 }, mode: 0o666 }),
    other("dev/far", "char", { rdev: { major: 4095, minor: 1_048_575 } }),
    other("dev/disk", "block", { rdev: { major: 8, minor: 0 }, gid: 6 }),
    other("run/fifo", "fifo", { mtime: 0 }),
    other("lib", "symlink", { target: "usr/lib", mode: 0o777 }),
    other("long", "symlink", { target: "x/".repeat(2047), mode: 0o777 }),
    other("symlink\xff", "symlink", { target: "\xfe\xff", mode: 0o777 }),
    other("empty", "dir"),
    file("usr/lib/late", "late", { mtime: LATER }),
    file("\xff\x01\n name", "not UTF-8"),
    file("n".repeat(255), "long name"),
    { kind: "link", path: "etc/passwd-", existing: "etc/passwd" },
    { kind: "link", path: "also", existing: "etc/passwd" },
    { kind: "link", path: "dev/null2", existing: "dev/null" },
    { kind: "link", path: "lib2", existing: "lib" },
  ];
}

/** Attributes as large as Linux allows, which the file system under a test's temporary directory may not. */
export function largeXattrs(): Step[] {
  const xattrs = new Map(["user.a", "user.b", "trusted.c"].map((name, i) => [name, noise(i, 65_536)]));
  return [file("large", "content", { xattrs }), other("", "dir", { xattrs })];
}

/** Files of every length that cutting into blocks could get wrong: of noise, of text, of zeros, and with holes. */
export function boundaries(blockSize: number): Step[] {
  const steps: Step[] = [];
  const sizes = [0, 1, blockSize - 1, blockSize, blockSize + 1, 3 * blockSize, 3 * blockSize + 7];
  for (const size of sizes) {
    steps.push(file(`noise/${size}`, noise(size, size)));
    steps.push(file(`text/${size}`, "squashfs ".repeat(size / 9 + 1).slice(0, size)));
    steps.push(file(`zeros/${size}`, new Uint8Array(size)));
    steps.push(file(`again/${size}`, noise(size, size), { mode: 0o600 }));
    const holes = noise(size + 1, size);
    holes.fill(0, 0, blockSize);
    holes.fill(0, 2 * blockSize);
    steps.push(file(`holes/${size}`, holes));
  }
  return steps;
}

/** A tree that a random generator makes, with replacements and removals on the way. */
export function randomTree(seed: number): Step[] {
  const random = generator(seed);
  const pick = <T>(values: readonly T[]): T => values[random(values.length)] as T;
  const dirs = [""];
  const files: string[] = [];
  const steps: Step[] = [];
  const count = 5 + random(120);
  for (let i = 0; i < count; i++) {
    const parent = pick(dirs);
    const name = randomName(random);
    const path = parent === "" ? name : `${parent}/${name}`;
    const attributes = { mode: random(0o10000), uid: random(3) * 30_000, gid: random(100_000), mtime: random(2 ** 31) };
    const choice = random(20);
    const taken = files.includes(path) || dirs.includes(path);
    if (taken && choice > 15) {
      steps.push({ kind: "remove", path });
      forget(dirs, files, path);
    } else if (choice < 5) {
      if (files.includes(path)) forget(dirs, files, path);
      if (!dirs.includes(path)) dirs.push(path);
      steps.push(other(path, "dir", attributes));
    } else if (choice < 7 && files.length > 0) {
      const existing = pick(files);
      if (existing === path || dirs.includes(path)) continue;
      steps.push({ kind: "link", path, existing });
      if (!files.includes(path)) files.push(path);
    } else {
      forget(dirs, files, path);
      files.push(path);
      if (choice < 9) steps.push(other(path, "symlink", { ...attributes, mode: 0o777, target: randomName(random) }));
      else if (choice < 10)
        steps.push(other(path, pick(["fifo", "char", "block"]), { ...attributes, rdev: { major: 1, minor: 3 } }));
      else steps.push(file(path, randomContent(random), { ...attributes, ...randomXattrs(random) }));
    }
  }
  return steps;
}

function forget(dirs: string[], files: string[], path: string): void {
  for (const list of [dirs, files]) {
    for (let i = list.length - 1; i >= 0; i--) {
      if (list[i] === path || list[i]?.startsWith(`${path}/`) === true) list.splice(i, 1);
    }
  }
}

/** Short alphabets, so that names often collide and often differ only at the end. */
function randomName(random: (limit: number) => number): string {
  const length = random(10) === 0 ? 1 + random(255) : 1 + random(3);
  const letters = random(4) === 0 ? "\x01\x7f\x80\xff\n \\" : "abc";
  return Array.from({ length }, () => letters[random(letters.length)]).join("");
}

function randomContent(random: (limit: number) => number): Uint8Array {
  const size = random(3) === 0 ? random(40_000) : random(300);
  const kind = random(4);
  if (kind === 0) return new Uint8Array(size);
  if (kind === 1) return noise(random(5), size);
  const content = new Uint8Array(size).fill(65 + random(3));
  if (kind === 3) content.fill(0, Math.min(size, 4096), Math.min(size, 12_288));
  return content;
}

function randomXattrs(random: (limit: number) => number): Partial<TreeEntry> {
  if (random(3) > 0) return {};
  const names = ["user.a", "user.b", "trusted.c", "security.d"].filter(() => random(2) === 0);
  return { xattrs: new Map(names.map((name) => [name, noise(random(4), random(200))])) };
}
