import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";

import { fakeId, type FakeState, makeState } from "../../../test/helpers/containers.ts";
import { runVerb } from "../../../test/helpers/verb.ts";
import { configPath, imagesDir, tagsDir } from "../../state/paths.ts";
import { symlinkExclusive } from "../../sys/file.ts";

const HEX = "7".repeat(64);
const DIFF = `sha256:${"8".repeat(64)}`;
const SPEC = {
  ociVersion: "1.2.0",
  process: { user: { uid: 0, gid: 0 }, args: ["true"], cwd: "/" },
  root: { path: "/r" },
  linux: { namespaces: [{ type: "mount" }] },
};

/** A container and an image of the name "web", and one image more. */
function machine(): FakeState {
  const state = makeState();
  const { id } = state.add({ id: fakeId("aa1"), name: "web" }, { started: 5, locked: true });
  writeFileSync(configPath(state.paths, id), JSON.stringify(SPEC));
  const file = {
    architecture: "arm64",
    os: "linux",
    created: "2027-01-31T12:00:00Z",
    config: { Cmd: ["app"] },
    rootfs: { type: "layers", diff_ids: [DIFF] },
    history: [{ comment: "imported" }],
  };
  const image = { version: 1, id: `sha256:${HEX}`, file, layers: [{ diffID: DIFF, kind: "squashfs", size: 4096 }] };
  writeFileSync(`${imagesDir(state.paths)}/${HEX}.json`, JSON.stringify(image));
  for (const name of ["web:latest", "app:1.0"]) symlinkExclusive(HEX, `${tagsDir(state.paths)}/${name}`);
  return state;
}

interface Found {
  readonly Id: string;
}

function inspected(state: FakeState, ...words: string[]): { found: Found[]; errors: string; code: number } {
  const { output, errors, code } = runVerb(state.paths, ["inspect", ...words]);
  return { found: JSON.parse(output) as Found[], errors, code };
}

describe("what is found", () => {
  test("is printed as Docker prints it", () => {
    using state = machine();
    const { output } = runVerb(state.paths, ["inspect", "web"]);
    expect(output).toStartWith(`[\n    {\n        "Id": "${fakeId("aa1")}",\n`);
    expect(output).toEndWith("\n    }\n]\n");
    expect(JSON.parse(output)).toMatchObject([{ Name: "/web", State: { Status: "running", Pid: 4_000_001 } }]);
  });

  test("an image", () => {
    using state = machine();
    expect(inspected(state, "app:1.0").found).toEqual([
      {
        Id: `sha256:${HEX}`,
        RepoTags: ["app:1.0", "web:latest"],
        RepoDigests: [],
        Comment: "imported",
        Created: "2027-01-31T12:00:00Z",
        Author: "",
        Architecture: "arm64",
        Os: "linux",
        Size: 4096,
        Config: { Cmd: ["app"] },
        RootFS: { Type: "layers", Layers: [DIFF] },
      } as Found,
    ]);
  });

  test("is the container where an image has the same name, unless the type is given", () => {
    using state = machine();
    const ids = (...words: string[]) => inspected(state, ...words).found.map(({ Id }) => Id);
    expect(ids("web", "app:1.0", "aa1")).toEqual([fakeId("aa1"), `sha256:${HEX}`, fakeId("aa1")]);
    expect(ids("--type", "image", "web")).toEqual([`sha256:${HEX}`]);
    expect(ids("--type", "container", "web")).toEqual([fakeId("aa1")]);
  });

  test("on one line", () => {
    using state = machine();
    const { output } = runVerb(state.paths, ["inspect", "-f", "json", "web"]);
    expect(output.split("\n")).toHaveLength(2);
    expect(JSON.parse(output)).toMatchObject([{ Id: fakeId("aa1") }]);
  });
});

describe("what is not found", () => {
  test("leaves the others", () => {
    using state = machine();
    const ran = inspected(state, "nope", "web", "nada");
    expect(ran.found.map(({ Id }) => Id)).toEqual([fakeId("aa1")]);
    expect(ran.errors).toBe("bunker: no such object: nope\nbunker: no such object: nada\n");
    expect(ran.code).toBe(1);
  });

  test("alone is an empty array", () => {
    using state = machine();
    expect(runVerb(state.paths, ["inspect", "nope"])).toMatchObject({ output: "[]\n", code: 1 });
    expect(inspected(state, "--type", "container", "app:1.0").errors).toBe("bunker: no such container: app:1.0\n");
    expect(inspected(state, "--type", "image", "aa1").errors).toBe("bunker: no such image: aa1\n");
    expect(runVerb({ root: "/nonexistent", run: "/nonexistent" }, ["inspect", "x"])).toMatchObject({
      output: "[]\n",
      code: 1,
    });
  });

  test("or cannot be read, or is two things, is said", () => {
    using state = machine();
    state.add({ id: fakeId("bb1"), name: "bad" }, { raw: "{" });
    state.add({ id: fakeId("bb2"), name: "empty" });
    const { id } = state.add({ id: fakeId("cc1"), name: "odd" });
    writeFileSync(configPath(state.paths, id), JSON.stringify({ ...SPEC, process: { args: 5 } }));
    expect(inspected(state, "bad").errors).toContain("record.json is damaged");
    expect(inspected(state, "empty").errors).toContain("config.json is missing");
    expect(inspected(state, "odd").errors).toContain("process");
    expect(inspected(state, "bb").errors).toContain("several containers have an ID that begins with bb");
    expect(inspected(state, "web").code).toBe(0);
  });

  test("wrong words", () => {
    using state = machine();
    expect(runVerb(state.paths, ["inspect"]).code).toBe(125);
    expect(runVerb(state.paths, ["inspect", "--type", "volume", "x"]).code).toBe(125);
  });
});
