import { expect, test } from "bun:test";

import { UserError } from "../errors.ts";
import type { ImageFile } from "../oci/image.ts";
import { canonicalJson, hexOf, imageId, isHex, parseRecord, type StoredImage } from "./image-record.ts";

const DIFF = `sha256:${"d".repeat(64)}`;
const file: ImageFile = {
  architecture: "arm64",
  os: "linux",
  created: "2027-01-31T12:00:00Z",
  config: { Cmd: ["/bin/sh"], Env: ["A=1"], Labels: { a: "b" }, User: "1000" },
  rootfs: { type: "layers", diff_ids: [DIFF] },
};
const image: StoredImage = {
  version: 1,
  id: imageId(file),
  file,
  layers: [{ diffID: DIFF, kind: "squashfs", size: 4096 }],
  passwd: "root:x:0:0::/root:/bin/sh\n",
};
const hex = hexOf(image.id);
const parse = (value: unknown) => parseRecord(JSON.stringify(value), hex, "/store/x.json");

test("a record comes back as it was written", () => {
  expect(parse(image)).toEqual(image);
  expect(parse({ ...image, file: { ...file, config: null, unknown: 1 }, group: null })).toBeTruthy();
  const nulls = { User: null, Env: null, Cmd: null, Entrypoint: null, Labels: null };
  expect(parse({ ...image, file: { ...file, config: nulls } })).toBeTruthy();
  expect(parse({ ...image, layers: [], file: { ...file, rootfs: { type: "layers", diff_ids: [] } } }).layers).toEqual(
    [],
  );
});

const withFile = (fields: object) => ({ ...image, file: { ...file, ...fields } });
const withLayer = (fields: object) => ({ ...image, layers: [{ ...image.layers[0], ...fields }] });

test.each<[string, unknown]>([
  ["it is no object", null],
  ["it is no object", []],
  ["it is no object", "x"],
  ["version", { ...image, version: 2 }],
  ["version", {}],
  ["id", { ...image, id: DIFF }],
  ["id", { ...image, id: 5 }],
  ["file: expected", { ...image, file: undefined }],
  ["file: expected", { ...image, file: [] }],
  ["file.os", withFile({ os: 1 })],
  ["file.architecture", withFile({ architecture: undefined })],
  ["file.created", withFile({ created: 5 })],
  ["file.config: expected", withFile({ config: "x" })],
  ["file.config.Env", withFile({ config: { Env: "A=1" } })],
  ["file.config.Env", withFile({ config: { Env: [1] } })],
  ["file.config.Cmd", withFile({ config: { Cmd: { 0: "sh" } } })],
  ["file.config.Entrypoint", withFile({ config: { Entrypoint: [null] } })],
  ["file.config.User", withFile({ config: { User: 0 } })],
  ["file.config.WorkingDir", withFile({ config: { WorkingDir: ["/"] } })],
  ["file.config.Labels", withFile({ config: { Labels: { a: 1 } } })],
  ["file.config.Labels", withFile({ config: { Labels: ["a"] } })],
  ["file.rootfs.diff_ids", withFile({ rootfs: null })],
  ["file.rootfs.diff_ids", withFile({ rootfs: { diff_ids: DIFF } })],
  ["layers: expected", { ...image, layers: { length: 1 } }],
  ["layers: there are not as many", { ...image, layers: [] }],
  ["layers[0].diffID", { ...image, layers: [null] }],
  ["layers[0].diffID", withLayer({ diffID: `sha256:${"e".repeat(64)}` })],
  ["layers[0].diffID", withLayer({ diffID: "sha256:../../../../etc/passwd" })],
  ["layers[0].diffID", withLayer({ diffID: `sha256:${"D".repeat(64)}` })],
  ["layers[0].diffID", withLayer({ diffID: `sha512:${"d".repeat(64)}` })],
  ["layers[0].kind", withLayer({ kind: "ext4" })],
  ["layers[0].size", withLayer({ size: -1 })],
  ["layers[0].size", withLayer({ size: 1.5 })],
  ["layers[0].size", withLayer({ size: "4096" })],
  ["passwd", { ...image, passwd: 5 }],
  ["group", { ...image, group: ["x"] }],
])("refuses a record with a bad field: %s", (problem, value) => {
  const read = () => parse(value);
  expect(read).toThrow(UserError);
  expect(read).toThrow(`cannot read the record of image ${hex.slice(0, 12)}: /store/x.json is damaged: ${problem}`);
});

test.each(["", "{", '{"version":1', "\0\0\0\0", "[1,2"])("refuses what is no JSON: %p", (json) => {
  expect(() => parseRecord(json, hex, "/x")).toThrow(UserError);
});

test("every cut of a record is refused", () => {
  const json = JSON.stringify(image);
  for (let length = 0; length < json.length; length += 7) {
    expect(() => parseRecord(json.slice(0, length), hex, "/x")).toThrow(UserError);
  }
});

test("the id depends on what the configuration says, not on the order of its fields", () => {
  expect(canonicalJson({ b: [{ d: 1, c: null }], a: "x" })).toBe('{"a":"x","b":[{"c":null,"d":1}]}');
  const turned = Object.fromEntries(Object.entries(file).reverse()) as unknown as ImageFile;
  expect(imageId(turned)).toBe(image.id);
  expect(imageId({ ...file, os: "windows" })).not.toBe(image.id);
  expect(image.id).toBe(`sha256:${new Bun.CryptoHasher("sha256").update(canonicalJson(file)).digest("hex")}`);
});

test("only 64 lowercase digits are an id", () => {
  expect(isHex("0123456789abcdef".repeat(4))).toBe(true);
  for (const bad of ["", "a".repeat(63), "a".repeat(65), "A".repeat(64), `${"a".repeat(63)}g`, `${"a".repeat(63)}\n`]) {
    expect(isHex(bad)).toBe(false);
  }
});
