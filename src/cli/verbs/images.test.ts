import { expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";

import { makeStore } from "../../../test/helpers/images.ts";
import { runVerb } from "../../../test/helpers/verb.ts";
import { hexOf } from "../../fs/image-record.ts";
import { imagePath, tagPath } from "../../fs/images.ts";
import { decimalSize } from "./images.ts";

const AGO = new Date(Date.now() - 3 * 24 * 3600 * 1000 - 3600).toISOString();

test("lists the images in Docker's columns, the newest first", () => {
  using store = makeStore();
  const old = store.add("reg.example.org:5000/team/app:1.0", { created: AGO, layers: ["d1", "d2"] });
  store.add("old:x", { created: AGO, layers: ["d1", "d2"] });
  const young = store.add("app", { created: new Date().toISOString() });
  const [o, y] = [old, young].map(({ id }) => hexOf(id).slice(0, 12));
  const { output, errors, code } = runVerb(store.paths, ["images"]);
  expect(output.split("\n").map((line) => line.split(/ {3,}/))).toEqual([
    ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"],
    ["app", "latest", y, expect.stringMatching(/second.* ago$/), "4.1kB"],
    ["old", "x", o, "3 days ago", "8.19kB"],
    ["reg.example.org:5000/team/app", "1.0", o, "3 days ago", "8.19kB"],
    [""],
  ]);
  expect({ errors, code }).toEqual({ errors: "", code: 0 });
});

test("an operand chooses a name, or one tag of it, however it is written", () => {
  using store = makeStore();
  for (const name of ["app:1", "app:2", "team/app:1"]) store.add(name);
  const tags = (word: string) =>
    runVerb(store.paths, ["images", "--format", "json", word])
      .output.split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as { Repository: string; Tag: string })
      .map(({ Repository, Tag }) => `${Repository}:${Tag}`);
  expect(tags("app")).toEqual(["app:1", "app:2"]);
  expect(tags("docker.io/library/app:2")).toEqual(["app:2"]);
  expect(tags("team/app")).toEqual(["team/app:1"]);
  expect(tags("app:3")).toEqual([]);
  expect(runVerb(store.paths, ["images", "No Name"])).toMatchObject({ code: 1, output: "" });
});

test("-q prints each image once, in full with --no-trunc", () => {
  using store = makeStore();
  const { id } = store.add("app:1");
  store.add("app:2");
  expect(runVerb(store.paths, ["images", "-q"]).output).toBe(`${hexOf(id).slice(0, 12)}\n`);
  expect(runVerb(store.paths, ["images", "-q", "--no-trunc"]).output).toBe(`${id}\n`);
});

test("json has Docker's fields", () => {
  using store = makeStore();
  const { id } = store.add("app:1", { created: "2027-01-31T12:00:00.5Z" });
  const line = JSON.parse(runVerb(store.paths, ["images", "--format", "json", "--no-trunc"]).output) as object;
  expect(line).toEqual({
    Containers: "N/A",
    CreatedAt: "2027-01-31 12:00:00 +0000 UTC",
    CreatedSince: expect.stringMatching(/ ago$/),
    Digest: "<none>",
    ID: id,
    Repository: "app",
    SharedSize: "N/A",
    Size: "4.1kB",
    Tag: "1",
    UniqueSize: "N/A",
  });
});

test("an image without a name, or without a time, has a row too", () => {
  using store = makeStore();
  store.add("app", { created: "when?" });
  rmSync(tagPath(store.paths, "app:latest"));
  const line = JSON.parse(runVerb(store.paths, ["images", "--format", "json"]).output) as object;
  expect(line).toMatchObject({ Repository: "<none>", Tag: "<none>", CreatedAt: "N/A", CreatedSince: "N/A" });
});

test("a damaged record is reported after the list of the others", () => {
  using store = makeStore();
  const { id } = store.add("bad", { layers: ["d9"] });
  store.add("good");
  writeFileSync(imagePath(store.paths, hexOf(id)), "\0");
  const { output, errors, code } = runVerb(store.paths, ["images"]);
  expect(output).toContain("good");
  expect(output).not.toContain("bad ");
  expect(errors).toContain(`cannot read the record of image ${hexOf(id).slice(0, 12)}`);
  expect(errors).toContain(`bunker rmi -f ${hexOf(id).slice(0, 12)}`);
  expect(code).toBe(1);
});

test("without a store there are only headers", () => {
  const { output, code } = runVerb({ root: "/nonexistent/root", run: "/nonexistent/run" }, ["images"]);
  expect(output).toBe("REPOSITORY   TAG       IMAGE ID   CREATED   SIZE\n");
  expect(code).toBe(0);
});

test.each([
  [0, "0B"],
  [999, "999B"],
  [1000, "1kB"],
  [1234, "1.23kB"],
  [78_126_592, "78.1MB"],
  [1_000_000_000, "1GB"],
  [2 ** 53 - 1, "9.01PB"],
])("%d bytes are %s", (bytes, text) => {
  expect(decimalSize(bytes)).toBe(text);
});
