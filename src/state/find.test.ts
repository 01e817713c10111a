import { describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";

import { fakeId, makeState, type Written } from "../../test/helpers/containers.ts";
import { UserError } from "../errors.ts";
import { findContainer, listContainers, listNames, lookUpContainer, readState } from "./find.ts";
import { containerDir, containersDir, namePath } from "./paths.ts";
import type { Status } from "./record.ts";

function refusal(run: () => unknown): UserError {
  try {
    run();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("not refused");
}

describe("the list", () => {
  test("is empty on a machine that never ran anything", () => {
    expect(listContainers({ root: "/nonexistent/a", run: "/nonexistent/b" })).toEqual([]);
    expect(listNames({ root: "/nonexistent/a", run: "/nonexistent/b" })).toEqual([]);
  });

  test("has the newest first, each with its state", () => {
    using state = makeState();
    state.add({ id: fakeId("a"), name: "old", created: 1000 }, { started: 5, exit: { code: 3, seconds: 9 } });
    state.add({ id: fakeId("b"), name: "new", created: 3000 }, { started: 7, locked: true });
    state.add({ id: fakeId("c"), name: "half", created: 2000 }, { locked: true });
    state.add({ id: fakeId("d"), name: "lost", created: 500 }, { started: 1 });
    const found = listContainers(state.paths);
    expect(found.map(({ record, state: { status } }) => [record.name, status])).toEqual([
      ["new", "running"],
      ["half", "created"],
      ["old", "exited"],
      ["lost", "dead"],
    ]);
    expect(found[0]?.state.live).toMatchObject({ initPid: 4_000_001, monitorPid: 4_000_000, started: 7000 });
    expect(found[2]?.state.exit).toEqual({ code: 3, finished: 9000, oomKilled: false });
  });

  test("of what runs leaves out what nobody holds", () => {
    using state = makeState();
    state.add({ id: fakeId("a"), name: "old" }, { exit: { code: 0, seconds: 1 } });
    state.add({ id: fakeId("b"), name: "new" }, { started: 7, locked: true });
    expect(listContainers(state.paths, { running: true }).map(({ record }) => record.name)).toEqual(["new"]);
    state.unlock(fakeId("b"));
    expect(listContainers(state.paths, { running: true })).toEqual([]);
  });

  test("skips what has no record, and what is no container", () => {
    using state = makeState();
    mkdirSync(containerDir(state.paths, fakeId("e")));
    mkdirSync(`${containersDir(state.paths)}/lost+found`);
    writeFileSync(`${containersDir(state.paths)}/.record.tmp`, "{}");
    // a file where a container's directory belongs
    writeFileSync(containerDir(state.paths, fakeId("f")), "");
    expect(listContainers(state.paths)).toEqual([]);
  });

  test("takes the same time of creation for two", () => {
    using state = makeState();
    state.add({ id: fakeId("b"), name: "two" });
    state.add({ id: fakeId("a"), name: "one" });
    expect(listContainers(state.paths).map(({ record }) => record.name)).toEqual(["one", "two"]);
  });

  test("reads a record that is longer than most", () => {
    using state = makeState();
    const command = Array.from({ length: 3000 }, (_, n) => `argument-${n}`);
    state.add({ command });
    expect(listContainers(state.paths)[0]?.record.command).toEqual(command);
  });
});

const whole = { id: fakeId("a"), name: "web" };
const damages: readonly string[] = [
  "",
  "{",
  "null",
  "[]",
  '"text"',
  "\0\0\0\0",
  JSON.stringify({ version: 2, ...whole, created: 1 }),
  // another container's record
  JSON.stringify({
    version: 1,
    ...whole,
    id: fakeId("b"),
    created: 1,
    image: { name: "", id: "" },
    command: [],
    labels: {},
  }),
  JSON.stringify({ version: 1, ...whole, created: "now" }),
  JSON.stringify({ version: 1, ...whole, created: 1 }),
  ...[
    { created: 1e300 },
    { image: null },
    { command: [1] },
    { labels: { a: 1 } },
    { labels: null },
    { cgroup: {} },
  ].map((bad) =>
    JSON.stringify({
      version: 1,
      ...whole,
      created: 1,
      image: { name: "", id: "" },
      command: [],
      labels: {},
      cgroup: { dirs: [], joinFiles: [], namespaceMounts: [] },
      ...bad,
    }),
  ),
];

describe("a damaged record", () => {
  for (const raw of damages) {
    test(`is a row of its own: ${raw.slice(0, 120)}`, () => {
      using state = makeState();
      state.add({ id: fakeId("b"), name: "fine", created: 1 });
      state.add(whole, { raw });
      const found = listContainers(state.paths);
      expect(found.map(({ record }) => record.name)).toEqual(["web", "fine"]);
      expect(found[0]).toMatchObject({ state: { status: "dead" }, record: { id: fakeId("a"), command: [] } });
      expect(found[0]?.fault?.message).toContain("is damaged");
      expect(found[0]?.fault?.remedy).toBe("remove the container with 'bunker rm -f a00000000000'");
      expect(found[1]?.fault).toBeUndefined();
    });
  }

  test("can be found by its name and its id, to be removed", () => {
    using state = makeState();
    state.add(whole, { raw: "{" });
    expect(findContainer(state.paths, "web").record.id).toBe(fakeId("a"));
    expect(findContainer(state.paths, "a").fault).toBeInstanceOf(UserError);
  });

  test("of a running container does not hide that it runs", () => {
    using state = makeState();
    state.add(whole, { raw: "{", started: 5, locked: true });
    expect(listContainers(state.paths)[0]?.state).toMatchObject({ status: "running", live: { started: 5000 } });
  });
});

describe("the state", () => {
  const exit = { signal: 9, seconds: 20, oom: "low 0\noom_kill 1\n" };
  const cases: [title: string, written: Written, status: Status][] = [
    ["nothing was written", {}, "dead"],
    ["it is being made", { locked: true }, "created"],
    ["it runs", { started: 1, locked: true }, "running"],
    ["it runs again", { started: 30, locked: true, exit }, "running"],
    ["it has ended and is being removed", { started: 1, locked: true, exit }, "exited"],
    ["its launch failed just now", { failure: [12, 2], locked: true }, "created"],
    ["its launch failed", { failure: [12, 2] }, "dead"],
    ["its monitor was killed", { started: 1 }, "dead"],
    ["it ended", { started: 1, exit }, "exited"],
    ["it ended before the machine started", { exit }, "exited"],
  ];
  for (const [title, written, status] of cases) {
    test(`where ${title}`, () => {
      using state = makeState();
      const found = readState(state.paths, state.add({}, written).id);
      expect(found.status).toBe(status);
      if (written.started !== undefined) expect(found.live?.started).toBe(written.started * 1000);
      expect(found.exit).toEqual(
        status === "exited" ? { code: 137, signal: 9, finished: 20_000, oomKilled: true } : undefined,
      );
    });
  }

  test("of a torn exit record and a torn lock file is dead", () => {
    using state = makeState();
    const { id } = state.add({});
    writeFileSync(`${containerDir(state.paths, id)}/exit`, "torn");
    writeFileSync(`${state.paths.run}/locks/${id}`, "torn");
    expect(readState(state.paths, id)).toEqual({ status: "dead" });
  });
});

describe("finding one", () => {
  test("by name, by id, and by the beginning of an id", () => {
    using state = makeState();
    state.add({ id: fakeId("ab1"), name: "web" });
    state.add({ id: fakeId("ab2"), name: "db" });
    const find = (word: string) => findContainer(state.paths, word).record.name;
    expect(["web", "/web", fakeId("ab2"), "ab2", fakeId("ab1").slice(0, 12)].map(find)).toEqual([
      "web",
      "web",
      "db",
      "db",
      "web",
    ]);
  });

  test("a name goes before an id, also one that looks like the beginning of another's", () => {
    using state = makeState();
    state.add({ id: fakeId("ab1"), name: "web" });
    state.add({ id: fakeId("cd2"), name: "ab1" });
    expect(findContainer(state.paths, "ab1").record.id).toBe(fakeId("cd2"));
  });

  test("the beginning of several is refused with their names", () => {
    using state = makeState();
    state.add({ id: fakeId("ab1"), name: "web" });
    state.add({ id: fakeId("ab2"), name: "db" });
    const error = refusal(() => findContainer(state.paths, "ab"));
    expect(error.message).toBe(
      "several containers have an ID that begins with ab: ab1000000000 (web), ab2000000000 (db)",
    );
    expect(error.exitCode).toBe(1);
  });

  const hostile = [
    "x",
    "",
    "/",
    "//web",
    ".",
    "..",
    "../web",
    "web/",
    "we",
    "WEB",
    "AB1",
    "web\0",
    "*",
    "a".repeat(5000),
  ];
  for (const word of [...hostile, "../../root/names/web", "sha256:ab1", `${"g".repeat(64)}`]) {
    test(`there is none: ${JSON.stringify(word.slice(0, 70))}`, () => {
      using state = makeState();
      state.add({ id: fakeId("ab1"), name: "web" });
      expect(lookUpContainer(state.paths, word)).toBeUndefined();
      const error = refusal(() => findContainer(state.paths, word));
      expect([error.message, error.exitCode]).toEqual([`no such container: ${word}`, 1]);
    });
  }

  test("a name that leads nowhere, or out of the directory, is none", () => {
    using state = makeState();
    symlinkSync(fakeId("ef"), namePath(state.paths, "gone"));
    symlinkSync("../../../../etc", namePath(state.paths, "evil"));
    expect(lookUpContainer(state.paths, "gone")).toBeUndefined();
    expect(lookUpContainer(state.paths, "evil")).toBeUndefined();
  });

  test("one that is gone is none", () => {
    using state = makeState();
    const { id } = state.add({});
    rmSync(`${containerDir(state.paths, id)}/record.json`);
    expect(lookUpContainer(state.paths, "web")).toBeUndefined();
    expect(lookUpContainer(state.paths, id)).toBeUndefined();
  });
});
