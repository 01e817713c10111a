import { describe, expect, test } from "bun:test";

import { fakeDigest, makeStore } from "../../../test/helpers/images.ts";
import { runVerb } from "../../../test/helpers/verb.ts";

// Unmounting, which a layer's end includes, is root's.
describe.skipIf(process.getuid?.() !== 0)("rmi (needs root)", () => {
  test("says what it untags and deletes, and goes on after an error", () => {
    using store = makeStore();
    store.add("app:1", { layers: ["d1"] });
    const { id } = store.add("app:2", { layers: ["d1"] });
    expect(runVerb(store.paths, ["rmi", "app:1", "missing", "app:2"])).toEqual({
      output: `Untagged: app:1\nUntagged: app:2\nDeleted: ${id}\nDeleted: ${fakeDigest("d1")}\n`,
      errors: "bunker: no such image: missing\n  list the images with 'bunker images'\n",
      code: 1,
    });
  });

  test("forced, what is missing is no error", () => {
    using store = makeStore();
    expect(runVerb(store.paths, ["rmi", "-f", "missing"])).toEqual({ output: "", errors: "", code: 0 });
  });

  test("by id, all names have to be meant", () => {
    using store = makeStore();
    const { id } = store.add("app:1");
    store.add("app:2");
    const { errors, code } = runVerb(store.paths, ["rmi", id]);
    expect(errors).toContain("it has the names app:1, app:2");
    expect(errors).toContain(`bunker rmi -f ${id}`);
    expect(code).toBe(1);
    expect(runVerb(store.paths, ["rmi", "-f", id]).output).toStartWith("Untagged: app:1\nUntagged: app:2\nDeleted: ");
  });
});
