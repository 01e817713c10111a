import { expect, test } from "bun:test";

import { type Entry, findInLayers, type Lookup } from "./peek.ts";

/** A layer as a list: "a/b" a file, "a/" a directory, "a/!" an opaque one, "a -> b" a symlink, "-a" a whiteout. */
function layer(...items: string[]): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const item of items) {
    const [path = "", target] = item.split(" -> ");
    const plain = path.replace(/^-|\/!?$/g, "");
    plain
      .split("/")
      .slice(0, -1)
      .forEach((_, index, parents) => {
        const parent = parents.slice(0, index + 1).join("/");
        if (!entries.has(parent)) entries.set(parent, { kind: "dir", opaque: false });
      });
    if (target !== undefined) entries.set(plain, { kind: "symlink", target });
    else if (item.startsWith("-")) entries.set(plain, { kind: "whiteout" });
    else if (/\/!?$/.test(item)) entries.set(plain, { kind: "dir", opaque: item.endsWith("!") });
    else entries.set(plain, { kind: "file" });
  }
  return entries;
}

/** What is found from the topmost layer down, as "layer:path". */
function find(path: string, ...layers: Map<string, Entry>[]): string | undefined {
  const lookup: Lookup = (index, at) => {
    // The promise of findInLayers: it goes on only in layers where the way is made of directories.
    const parents = at.split("/").slice(0, -1);
    parents.forEach((_, depth) => {
      expect(layers[index]?.get(parents.slice(0, depth + 1).join("/"))?.kind).toBe("dir");
    });
    return layers[index]?.get(at) ?? { kind: "none" };
  };
  const found = findInLayers(layers.length, path, lookup);
  return found === undefined ? undefined : `${found.layer}:${found.path}`;
}

const base = layer("etc/passwd", "etc/group", "usr/lib/os");

test("the topmost layer that has a file wins", () => {
  expect(find("etc/passwd", base)).toBe("0:etc/passwd");
  expect(find("etc/passwd", layer("etc/hosts"), base)).toBe("1:etc/passwd");
  expect(find("etc/passwd", layer("etc/passwd"), base)).toBe("0:etc/passwd");
  expect(find("etc/nothing", layer(), base)).toBeUndefined();
  expect(find("etc", base)).toBeUndefined();
  expect(find("", base)).toBeUndefined();
  expect(find("etc/passwd")).toBeUndefined();
});

test("whiteouts hide a file, a directory, and what is put over them shows", () => {
  expect(find("etc/passwd", layer("-etc/passwd"), base)).toBeUndefined();
  expect(find("etc/group", layer("-etc/passwd"), base)).toBe("1:etc/group");
  expect(find("etc/passwd", layer("-etc"), base)).toBeUndefined();
  expect(find("etc/passwd", layer("etc/passwd"), layer("-etc"), base)).toBe("0:etc/passwd");
  expect(find("etc/group", layer("etc/passwd"), layer("-etc"), base)).toBeUndefined();
});

test("an opaque directory hides what is below it", () => {
  expect(find("etc/passwd", layer("etc/!", "etc/group"), base)).toBeUndefined();
  expect(find("etc/group", layer("etc/!", "etc/group"), base)).toBe("0:etc/group");
  expect(find("etc/passwd", layer("etc/"), layer("etc/!"), base)).toBeUndefined();
});

test("a file over a directory, and a directory over a file, end the merging", () => {
  expect(find("etc/passwd", layer("etc"), base)).toBeUndefined();
  expect(find("etc/passwd", layer("etc/hosts"), layer("etc"), base)).toBeUndefined();
  expect(find("etc/hosts", layer("etc/hosts"), layer("etc"), base)).toBe("0:etc/hosts");
});

test("symlinks are followed through all layers, and never out of the image", () => {
  expect(find("etc/passwd", layer("etc/passwd -> ../usr/lib/os"), base)).toBe("1:usr/lib/os");
  expect(find("etc/passwd", layer("etc/passwd -> /usr/lib/os"), base)).toBe("1:usr/lib/os");
  expect(find("etc/passwd", layer("etc/passwd -> ../../../../../usr/lib/os"), base)).toBe("1:usr/lib/os");
  expect(find("etc/passwd", layer("etc -> /usr/etc", "usr/etc/passwd"), base)).toBe("0:usr/etc/passwd");
  expect(find("etc/passwd", layer("etc -> usr//./etc/", "usr/etc/passwd"))).toBe("0:usr/etc/passwd");
  expect(find("a/b/c", layer("a -> d", "d/b -> ./e/../f", "d/f/c"), layer("d/e/"))).toBe("0:d/f/c");
  expect(find("etc/passwd", layer("etc/passwd -> /nowhere"), base)).toBeUndefined();
  expect(find("etc/passwd", layer("etc/passwd -> /etc"), base)).toBeUndefined();
  expect(find("etc/passwd", layer("etc/passwd -> x/../group", "etc/x"), base)).toBeUndefined();
});

test("rings of symlinks end", () => {
  expect(find("a", layer("a -> a"))).toBeUndefined();
  expect(find("a", layer("a -> b", "b -> a"))).toBeUndefined();
  expect(find("a/x", layer("a -> a/a/a/a/a/a/a/a"))).toBeUndefined();
  const chain = Array.from({ length: 40 }, (_, n) => `l${n} -> l${n + 1}`);
  expect(find("l0", layer(...chain, "l40"))).toBe("0:l40");
  expect(find("l0", layer(...chain, "l40 -> l41", "l41"))).toBeUndefined();
});
