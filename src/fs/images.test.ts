import { expect, test } from "bun:test";
import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";

import { makeImage, makeStore } from "../../test/helpers/images.ts";
import { UserError } from "../errors.ts";
import { imagesDir, tagsDir } from "../state/paths.ts";
import { hexOf } from "./image-record.ts";
import { findImage, imagePath, listImages, matchImage, saveImage, tagPath, withStoreLock } from "./images.ts";
import { parseReference } from "./reference.ts";

test("an image is found by every form of its name, by its id and by the beginning of it", () => {
  using store = makeStore();
  const image = store.add("app:1.0");
  const hex = hexOf(image.id);
  for (const word of ["app:1.0", "library/app:1.0", "docker.io/app:1.0", "docker.io/library/app:1.0"]) {
    expect(findImage(store.paths, word)).toEqual(image);
    expect(matchImage(store.paths, word)).toEqual({ hex, name: "app:1.0" });
  }
  for (const word of [hex, image.id, hex.slice(0, 4), hex.slice(0, 12), `sha256:${hex.slice(0, 12)}`]) {
    expect(findImage(store.paths, word)).toEqual(image);
    expect(matchImage(store.paths, word)).toEqual({ hex });
  }
  for (const word of ["app", "app:1.1", "app:1", "x/app:1.0", hex.slice(0, 3), "f".repeat(64), `app@${image.id}`]) {
    expect(findImage(store.paths, word)).toBeUndefined();
  }
});

test("latest is the tag where none is given, also when an image is saved", () => {
  using store = makeStore();
  const image = store.add("localhost:5000/team/app");
  expect(readdirSync(tagsDir(store.paths))).toEqual(["localhost:5000+team+app:latest"]);
  expect(findImage(store.paths, "localhost:5000/team/app")).toEqual(image);
  expect(findImage(store.paths, "localhost:5000/team/app:latest")).toEqual(image);
});

test("a name wins over an id that begins like it", () => {
  using store = makeStore();
  const first = store.add("app");
  const name = hexOf(first.id).slice(0, 12);
  const second = store.add(name, { created: "2028-01-01T00:00:00Z" });
  expect(findImage(store.paths, name)).toEqual(second);
});

test("an id's beginning that fits two images is refused", () => {
  using store = makeStore();
  for (const end of ["0", "1"]) writeFileSync(imagePath(store.paths, `abcd${end.repeat(60)}`), "{}");
  expect(() => findImage(store.paths, "abcd")).toThrow('the image id "abcd" is ambiguous: abcd');
  expect(matchImage(store.paths, "abcd1")).toEqual({ hex: `abcd${"1".repeat(60)}` });
});

test.each(["", "App", "a b", "../../etc/passwd", "a//b", "app:", "app\n", ":", "/", "app:a/../../x", "é".repeat(300)])(
  "%p is no name and leads nowhere",
  (word) => {
    using store = makeStore();
    store.add("app");
    expect(() => findImage(store.paths, word)).toThrow(UserError);
  },
);

test("a word cannot name a stored file in the file's own spelling, nor climb", () => {
  using store = makeStore();
  store.add("team/app");
  expect(() => findImage(store.paths, "team+app")).toThrow(UserError);
  expect(() => findImage(store.paths, "team+app:latest")).toThrow(UserError);
  expect(() => findImage(store.paths, "..")).toThrow(UserError);
  expect(() => findImage(store.paths, "app\0")).toThrow(UserError);
});

test("names that lead to something else than an image lead nowhere", () => {
  using store = makeStore();
  const { paths } = store;
  symlinkSync("../../../etc/passwd", tagPath(paths, "a:latest"));
  symlinkSync("f".repeat(64), tagPath(paths, "b:latest"));
  symlinkSync("F".repeat(64), tagPath(paths, "c:latest"));
  for (const name of ["a", "b", "c"]) expect(findImage(paths, name)).toBeUndefined();
  writeFileSync(tagPath(paths, "d:latest"), "no symlink");
  expect(listImages(paths)).toEqual([]);
});

test("a name moves to a new image, and the old one stays without a name", () => {
  using store = makeStore();
  const old = store.add("app", { created: "2027-01-01T00:00:00Z" });
  const other = store.add("other", { created: "2027-01-01T00:00:00Z" });
  expect(other.id).toBe(old.id);
  const next = store.add("app", { created: "2027-01-02T00:00:00Z" });
  expect(findImage(store.paths, "app")).toEqual(next);
  const last = store.add("other", { created: "2027-01-03T00:00:00Z" });
  expect(listImages(store.paths).map(({ hex, names }) => [`sha256:${hex}`, names])).toEqual([
    [last.id, ["other:latest"]],
    [next.id, ["app:latest"]],
    [old.id, []],
  ]);
});

test("the list is sorted, names too, and passes over what is no image", () => {
  using store = makeStore();
  const { paths } = store;
  const image = store.add("z/y:1");
  store.add("a");
  writeFileSync(`${imagesDir(paths)}/notes.txt`, "x");
  writeFileSync(`${imagesDir(paths)}/${"a".repeat(64)}.json.tmp`, "x");
  symlinkSync(hexOf(image.id), `${tagsDir(paths)}/.new`);
  expect(listImages(paths)).toEqual([{ hex: hexOf(image.id), names: ["a:latest", "z/y:1"], image }]);
});

test("a damaged record does not hide the others", () => {
  using store = makeStore();
  const good = store.add("good");
  const bad = store.add("bad", { created: "2028-01-01T00:00:00Z" });
  const path = imagePath(store.paths, hexOf(bad.id));
  writeFileSync(path, readFileSync(path, "utf8").slice(0, 100));
  expect(() => findImage(store.paths, "bad")).toThrow(`cannot read the record of image ${hexOf(bad.id).slice(0, 12)}`);
  expect(findImage(store.paths, "good")).toEqual(good);
  const listed = listImages(store.paths);
  expect(listed.map(({ names, image }) => [names, image?.id])).toEqual([
    [["good:latest"], good.id],
    [["bad:latest"], undefined],
  ]);
  expect(listed[1]?.problem).toBeInstanceOf(UserError);
});

test("what is saved is root's alone, and saving it again changes nothing", () => {
  using store = makeStore();
  const image = store.add("app");
  const path = imagePath(store.paths, hexOf(image.id));
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
  const before = readFileSync(path, "utf8");
  store.add("app");
  expect(readFileSync(path, "utf8")).toBe(before);
  expect(readlinkSync(tagPath(store.paths, "app:latest"))).toBe(hexOf(image.id));
  expect(readdirSync(tagsDir(store.paths))).toEqual(["app:latest"]);
});

test("an import that was killed while it named an image does not stop the next one", () => {
  using store = makeStore();
  symlinkSync("f".repeat(64), `${tagsDir(store.paths)}/.new`);
  const image = store.add("app");
  expect(findImage(store.paths, "app")).toEqual(image);
  expect(readdirSync(tagsDir(store.paths))).toEqual(["app:latest"]);
});

test("a record that could not be read back, and a name that is no file name, are not saved", () => {
  using store = makeStore();
  const image = makeImage();
  const save = (saved: typeof image, name: string) =>
    withStoreLock(store.paths, () => saveImage(store.paths, saved, parseReference(name)));
  expect(() => save({ ...image, layers: [] }, "app")).toThrow("is damaged: layers");
  expect(() => save(image, `app/${"x".repeat(240)}:${"t".repeat(20)}`)).toThrow("name and tag have 265 characters");
  expect(listImages(store.paths)).toEqual([]);
  save(image, `a/${"x".repeat(124)}:${"t".repeat(128)}`);
  expect(findImage(store.paths, `a/${"x".repeat(124)}:${"t".repeat(128)}`)).toEqual(image);
});

test("a store that is not there is empty", () => {
  using store = makeStore();
  rmSync(store.paths.root, { recursive: true });
  expect(listImages(store.paths)).toEqual([]);
  expect(findImage(store.paths, "app")).toBeUndefined();
  expect(findImage(store.paths, "abcdef")).toBeUndefined();
});
