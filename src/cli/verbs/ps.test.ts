import { describe, expect, test } from "bun:test";

import { fakeId, type FakeState, makeState } from "../../../test/helpers/containers.ts";
import { runVerb } from "../../../test/helpers/verb.ts";

const NOW = Math.floor(Date.now() / 1000);

/** Four containers, the newest first: web runs, job has ended with 3, twin with 0, lost is dead. */
function machine(): FakeState {
  const state = makeState();
  const image = { name: "app:1.0", id: `sha256:${"7".repeat(64)}` };
  const created = (hours: number) => (NOW - hours * 3600) * 1000;
  const web = { id: fakeId("aa1"), name: "web", created: created(3), labels: { site: "north", app: "web" } };
  state.add(web, { started: NOW - 7200, locked: true });
  const job = { id: fakeId("bb1"), name: "job", created: created(5), labels: { site: "north" }, image };
  state.add(job, { started: NOW - 3600, exit: { code: 3, seconds: NOW - 1800 } });
  const twin = { id: fakeId("bb2"), name: "twin", created: created(6), command: ["true"], image };
  state.add(twin, { started: NOW - 3600, exit: { code: 0, seconds: NOW - 1800 } });
  state.add({ id: fakeId("cc1"), name: "lost", created: created(200) }, { started: NOW - 9999 });
  return state;
}

describe("the table", () => {
  test("is Docker's, of what runs", () => {
    using state = machine();
    expect(runVerb(state.paths, ["ps"])).toEqual({
      output: [
        "CONTAINER ID   IMAGE         COMMAND                  CREATED       STATUS       PORTS     NAMES",
        `aa1000000000   alpine:3.20   "/bin/sh -c 'sleep 1…"   3 hours ago   Up 2 hours             web`,
        "",
      ].join("\n"),
      errors: "",
      code: 0,
    });
  });

  test("of all, the newest first", () => {
    using state = machine();
    const lines = runVerb(state.paths, ["ps", "-a", "--no-trunc"]).output.split("\n");
    expect(lines.slice(2, 5)).toEqual([
      `${fakeId("bb1")}   app:1.0       "/bin/sh -c 'sleep 1000'"   5 hours ago   Exited (3) 30 minutes ago             job`,
      `${fakeId("bb2")}   app:1.0       "true"                      6 hours ago   Exited (0) 30 minutes ago             twin`,
      `${fakeId("cc1")}   alpine:3.20   "/bin/sh -c 'sleep 1000'"   8 days ago    Dead: monitor lost                    lost`,
    ]);
  });

  test("of a machine without containers has its headers", () => {
    const ran = runVerb({ root: "/nonexistent", run: "/nonexistent" }, ["ps", "-a"]);
    expect(ran.output).toBe("CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES\n");
    expect(ran.code).toBe(0);
  });

  test("has a row for a damaged record", () => {
    using state = machine();
    state.add({ id: fakeId("dd1"), name: "bad" }, { raw: "\0\0" });
    const ran = runVerb(state.paths, ["ps", "-a"]);
    expect(ran.output).toMatch(/^dd1000000000 +"" +(?:Less than a|\d+) seconds? ago +Dead: monitor lost +bad$/m);
    expect(ran.output.split("\n")).toHaveLength(7);
    expect([ran.errors, ran.code]).toEqual(["", 0]);
  });
});

test("json is an object a line, with Docker's names", () => {
  using state = machine();
  const lines = runVerb(state.paths, ["ps", "-a", "--format", "json"]).output.trimEnd().split("\n");
  expect(lines).toHaveLength(4);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ Names: "web", State: "running", Labels: "app=web,site=north" });
  expect(JSON.parse(lines[1] ?? "")).toMatchObject({ ID: "bb1000000000", State: "exited", Image: "app:1.0" });
});

describe("the choice", () => {
  const choices: [words: string, names: string][] = [
    ["", "web"],
    ["-a", "web job twin lost"],
    ["-l", "web"],
    ["-n 2", "web job"],
    ["-n 0", "web"],
    ["-n -1", "web"],
    ["--last 99", "web job twin lost"],
    ["-f status=exited", "job twin"],
    ["-f status=exited -f status=dead", "job twin lost"],
    ["-f status=running", "web"],
    ["-f status=paused", ""],
    ["-f exited=3", "job"],
    ["-f exited=0 -f exited=3", "job twin"],
    ["-n 1 -f exited=0", "twin"],
    ["-a -f name=w", "web twin"],
    ["-a -f name=^w", "web"],
    ["-a -f name=^/w", "web"],
    ["-a -f name=[", ""],
    ["-f name=job", ""],
    ["-a -f id=bb", "job twin"],
    ["-a -f id=bb1", "job"],
    ["-a -f id=b1", ""],
    ["-a -f label=site", "web job"],
    ["-a -f label=site=north -f label=app", "web"],
    ["-a -f label=site=south", ""],
    ["-a -f label=toString", ""],
    ["-a -f ancestor=app:1.0", "job twin"],
    ["-a -f ancestor=app", ""],
    [`-a -f ancestor=sha256:${"7".repeat(64)}`, "job twin"],
    ["-a -f ancestor=777777777777 -f status=exited -f name=job", "job"],
  ];
  test("is Docker's", () => {
    using state = machine();
    for (const [words, names] of choices) {
      const args = words.split(" ").filter((word) => word !== "");
      const ran = runVerb(state.paths, ["ps", "--format", "json", ...args]);
      const found = ran.output.split("\n").filter((line) => line !== "");
      const shown = found.map((line) => (JSON.parse(line) as { Names: string }).Names).join(" ");
      expect([words, shown, ran.errors]).toEqual([words, names, ""]);
    }
  });

  test("of IDs only", () => {
    using state = machine();
    expect(runVerb(state.paths, ["ps", "-aq"]).output).toBe("aa1000000000\nbb1000000000\nbb2000000000\ncc1000000000\n");
    expect(runVerb(state.paths, ["ps", "-q", "--no-trunc"]).output).toBe(`${fakeId("aa1")}\n`);
  });
});

describe("refused", () => {
  const refused: [words: string[], message: string][] = [
    [["-f", "status=asleep"], 'invalid value "status=asleep" for --filter: expected one of created, restarting'],
    [["-f", "exited=x"], 'invalid value "exited=x" for --filter: expected an exit status'],
    [["-f", "status"], 'invalid value "status" for --filter: expected KEY=VALUE, where KEY is one of ancestor'],
    [["-f", "health=good"], 'invalid value "health=good" for --filter: expected KEY=VALUE'],
    [["-f", "=x"], 'invalid value "=x" for --filter'],
    [["-n", "x"], 'invalid value "x" for --last: expected a whole number'],
    [["web"], "bunker ps takes no arguments"],
  ];
  for (const [words, message] of refused) {
    test(words.join(" "), () => {
      const ran = runVerb({ root: "/nonexistent", run: "/nonexistent" }, ["ps", ...words]);
      expect(ran.errors).toContain(message);
      expect([ran.output, ran.code]).toEqual(["", 125]);
    });
  }
});
