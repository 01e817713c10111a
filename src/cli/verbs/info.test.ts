import { expect, test } from "bun:test";
import { existsSync } from "node:fs";

import { fakeId, makeState } from "../../../test/helpers/containers.ts";
import { runVerb } from "../../../test/helpers/verb.ts";

test("info counts what is there, for people and for programs", () => {
  using state = makeState();
  state.add({ id: fakeId("a1"), name: "web" }, { started: 1, locked: true });
  state.add({ id: fakeId("a2"), name: "job" }, { exit: { code: 0, seconds: 1 } });
  state.add({ id: fakeId("a3"), name: "bad" }, { raw: "{" });
  const text = runVerb(state.paths, ["info"]);
  expect(text.output).toMatch(/^containers +3 \(1 running, 2 stopped\)$/m);
  expect([text.errors, text.code]).toEqual(["", 0]);
  const json: unknown = JSON.parse(runVerb(state.paths, ["info", "-f", "json"]).output);
  expect(json).toMatchObject({ Containers: 3, ContainersRunning: 1, Images: 0, RootDir: state.paths.root });
});

test("doctor's exit code says what it prints, and it leaves nothing behind", () => {
  const nowhere = { root: "/nonexistent/bunker", run: "/nonexistent/run" };
  const { output, errors, code } = runVerb(nowhere, ["doctor", "--format", "json"]);
  const { Ready, Failed } = JSON.parse(output) as { Ready: boolean; Failed: number };
  expect([Ready, code, errors]).toEqual([Failed === 0, Failed === 0 ? 0 : 1, ""]);
  expect(existsSync("/nonexistent")).toBe(false);
});

test("help and mistakes", () => {
  const nowhere = { root: "/nonexistent", run: "/nonexistent" };
  for (const verb of ["info", "doctor", "completion", "inspect", "logs", "ps"]) {
    expect(runVerb(nowhere, [verb, "--help"]).output).toStartWith(`Usage: bunker ${verb} `);
    expect(runVerb(nowhere, [verb, "--nope"])).toMatchObject({ output: "", code: 125 });
  }
});
