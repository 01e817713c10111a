import { expect, test } from "bun:test";
import { existsSync } from "node:fs";

import { makeStore, writeTree } from "../../../test/helpers/images.ts";
import { runVerb } from "../../../test/helpers/verb.ts";
import { findImage } from "../../fs/images.ts";
import { canMount } from "../../../test/squashfs/tools.ts";

const HEX = "0123456789abcdef".repeat(4);

test.each<[string[], string]>([
  [["import"], "needs 2 arguments"],
  [["import", "/etc"], "needs 2 arguments"],
  [["import", "/etc", "App"], "the name must be lowercase"],
  [["import", "/etc", "@bun"], "invalid image name"],
  [["import", "/etc", `app@sha256:${HEX}`], "it has a digest"],
  [["import", "--compression", "xz", "/etc", "app"], 'invalid value "xz" for --compression'],
  [["import", "--compression-level", "23", "/etc", "app"], 'invalid value "23" for --compression-level'],
  [["import", "--compression", "gzip", "--compression-level", "10", "/etc", "app"], "from 1 to 9"],
  [["import", "-c", "FROM x", "/etc", "app"], "--change"],
  [["import", "-c", "CMD [", "/nonexistent", "app"], "there is no such file or directory"],
  [["import", "/nonexistent", "app"], "there is no such file or directory"],
  [["import", "--compression", "gzip", "/etc/hostname", "app"], "a squashfs file is taken as it is"],
])("refuses %j", (words, problem) => {
  using store = makeStore();
  const { output, errors, code } = runVerb(store.paths, words);
  expect(errors).toContain(problem);
  expect(output).toBe("");
  expect([1, 125]).toContain(code);
});

test("what cannot be imported leaves no store behind", () => {
  const at = { root: `/tmp/bunker-none-${process.pid}`, run: `/tmp/bunker-none-${process.pid}.run` };
  expect(runVerb(at, ["import", "/nonexistent", "app"]).code).toBe(1);
  expect(existsSync(at.root)).toBe(false);
});

test.skipIf(!canMount)("prints the id, and nothing else where no terminal is (needs root and loop devices)", () => {
  using store = makeStore();
  const dir = `${store.paths.run}/tree`;
  writeTree(dir, { "a file": "x" });
  const { output, errors, code } = runVerb(store.paths, ["import", "-m", "made here", "-c", "USER 5", dir, "app"]);
  expect({ errors, code }).toEqual({ errors: "", code: 0 });
  const image = findImage(store.paths, "app");
  expect(output).toBe(`${image?.id}\n`);
  expect(image?.file.config).toEqual({ User: "5" });
  expect(image?.file.history).toMatchObject([{ comment: "made here" }]);
});
