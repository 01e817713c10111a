import { expect, test } from "bun:test";

import { fakeId, makeState } from "../../../test/helpers/containers.ts";
import { runVerb } from "../../../test/helpers/verb.ts";

test("names of containers, one a line, for any state and also where a record is damaged", () => {
  using state = makeState();
  state.add({ id: fakeId("a1"), name: "web" });
  state.add({ id: fakeId("a2"), name: "db" }, { raw: "{" });
  expect(runVerb(state.paths, ["__complete", "containers"])).toEqual({ output: "db\nweb\n", errors: "", code: 0 });
  expect(runVerb(state.paths, ["__complete", "images"])).toEqual({ output: "", errors: "", code: 0 });
});

test("nothing where there is nothing", () => {
  const nowhere = { root: "/nonexistent", run: "/nonexistent" };
  for (const kind of ["containers", "images"]) {
    expect(runVerb(nowhere, ["__complete", kind])).toEqual({ output: "", errors: "", code: 0 });
  }
  for (const words of [[], ["volumes"], ["--help"]]) {
    expect(runVerb(nowhere, ["__complete", ...words])).toEqual({ output: "", errors: "", code: 1 });
  }
});

test("scripts for the three shells, and no others", () => {
  const nowhere = { root: "/nonexistent", run: "/nonexistent" };
  for (const shell of ["bash", "zsh", "fish"]) {
    const ran = runVerb(nowhere, ["completion", shell]);
    expect([ran.errors, ran.code]).toEqual(["", 0]);
    expect(ran.output).toContain("__complete");
  }
  expect(runVerb(nowhere, ["completion", "tcsh"])).toMatchObject({ output: "", code: 125 });
});
