// The text of config.json.

import { expect, test } from "bun:test";

import { type Spec, specJson, UNLIMITED } from "./spec.ts";

test("a limit without bound is the largest unsigned 64-bit number, digit for digit", () => {
  const rlimits = [{ type: "RLIMIT_CORE", soft: 1024, hard: UNLIMITED }];
  const process = { user: { uid: 0, gid: 0 }, args: ["x"], cwd: "/", rlimits };
  const spec: Spec = { ociVersion: "1.2.0", process, root: { path: "r" }, mounts: [], linux: { namespaces: [] } };
  const text = specJson(spec);
  expect(text).toContain('"soft":1024,"hard":18446744073709551615}');
  expect(JSON.parse(text)).toEqual(spec);
  expect(specJson(spec, 2)).toContain('\n      {\n        "type": "RLIMIT_CORE"');
});
