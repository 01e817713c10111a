// What --explain finds out about a launch, on this host and with stores made for the test. Where nothing mounts control
// groups no container can be started, and so none explained.

import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { detectTopology } from "../cg/topology.ts";
import { parseArgs } from "../cli/args.ts";
import { run as table } from "../cli/tables/run.ts";
import { UserError } from "../errors.ts";
import { imagePath } from "../fs/images.ts";
import { parseRun } from "../oci/parse/run.ts";
import { makeStore } from "../../test/helpers/images.ts";
import { explanation } from "./explain.ts";
import { rehearse, type Rehearsal } from "./rehearse.ts";

const suite = detectTopology().mode === "none" ? describe.skip : describe;
const scratch = mkdtempSync(join(tmpdir(), "bunker-rehearse-"));
const store = makeStore();
const nowhere = { root: "/nonexistent/bunker/root", run: "/nonexistent/bunker/run" };

afterAll(() => {
  rmSync(scratch, { recursive: true });
  store[Symbol.dispose]();
});

afterEach(() => {
  for (const name of ["file", "dir"]) rmSync(join(scratch, name), { recursive: true, force: true });
});

async function rehearsed(words: readonly string[], paths = store.paths): Promise<Rehearsal> {
  const env = { FROM_HERE: "swordfish" };
  return rehearse(paths, parseRun(parseArgs(table, words), { cwd: "/", env, readFile: () => new Uint8Array() }));
}

async function messageOf(words: readonly string[]): Promise<string> {
  const error: unknown = await rehearsed(words).catch((thrown: unknown) => thrown);
  if (error instanceof UserError) return error.message;
  throw new Error(`expected an error for the user, got ${String(error)}`);
}

suite("an image of the store", () => {
  test("brings its command and its layers, the topmost first, each once", async () => {
    const config = { Cmd: ["serve"], Env: ["MODE=slow"], WorkingDir: "/srv" };
    store.add("app:1", { config, layers: ["aa", "bb", "aa", "cc"] });
    const { prepared, layers, remarks } = await rehearsed(["app:1"]);
    expect(remarks).toEqual([]);
    expect(prepared.spec.process.args).toEqual(["serve"]);
    expect(prepared.spec.process.cwd).toBe("/srv");
    expect(layers.map(({ diffID }) => diffID.slice(7, 9))).toEqual(["cc", "aa", "bb"]);
    expect(prepared.image.layers.map((lower) => lower.slice(0, 2))).toEqual(["cc", "aa", "bb"]);
  });

  test("without a command is refused as in a run", async () => {
    store.add("bare:1");
    expect(await messageOf(["bare:1"])).toContain("no command specified");
  });

  test("whose record is damaged is refused as in a run", async () => {
    const { id } = store.add("broken:1", { config: { Cmd: ["x"], User: "1" } });
    writeFileSync(imagePath(store.paths, id.slice(7)), "{");
    expect(await messageOf(["broken:1"])).toContain("is damaged");
  });
});

suite("an image that is not there", () => {
  test("is stood in for, and that is said first", async () => {
    const r = await rehearsed(["nowhere/app:2", "sh"], nowhere);
    expect(explanation(r).split("\n")[0]).toBe(
      '# The image "nowhere/app:2" is not on this machine: one with a single layer stands in for it.',
    );
    expect(r.prepared.image.layers).toEqual(["0".repeat(24)]);
    expect(r.prepared.spec.process.args).toEqual(["sh"]);
  });

  test("has some command, and any user or group that is asked for", async () => {
    const { prepared, remarks } = await rehearsed(["-u", "app:video", "--group-add", "7", "nowhere"], nowhere);
    expect(prepared.spec.process.args).toEqual(["<the image's command>"]);
    expect(prepared.spec.process.user).toMatchObject({ uid: 1000, gid: 1000, additionalGids: [1000, 7] });
    expect(remarks[1]).toBe("Which numbers app, video have in it is not known: 1000 is shown.");
  });

  test("has numbers as they are", async () => {
    const { prepared, remarks } = await rehearsed(["-u", "33:44", "nowhere", "id"], nowhere);
    expect(prepared.spec.process.user).toMatchObject({ uid: 33, gid: 44 });
    expect(remarks).toHaveLength(1);
  });

  test("must have a name that an image can have", async () => {
    expect(await messageOf(["UPPER/../x", "sh"])).toContain("UPPER");
  });
});

suite("bind mounts", () => {
  test("are files or directories as their sources are", async () => {
    writeFileSync(join(scratch, "file"), "");
    const words = ["-v", `${scratch}/file:/etc/f`, "-v", `${scratch}:/d`, "nowhere", "sh"];
    const { binds } = (await rehearsed(words)).prepared;
    expect(new Map(binds.map(({ source, isDirectory }) => [source, isDirectory]))).toEqual(
      new Map([
        [scratch, true],
        [`${scratch}/file`, false],
      ]),
    );
  });

  test("of missing sources: -v would make them, --mount is an error", async () => {
    const dir = join(scratch, "dir");
    const r = await rehearsed(["-v", `${dir}:/d`, "nowhere", "sh"]);
    expect(r.madeSources).toEqual([dir]);
    expect(explanation(r)).toContain(`#   mkdir ${dir}`);
    expect(await messageOf(["--mount", `type=bind,source=${dir},target=/d`, "nowhere", "sh"])).toBe(
      `cannot mount ${dir} on /d: the source does not exist on the host`,
    );
  });
});

suite("what a run would refuse", () => {
  test.each([
    [["--cgroup-parent", "/a/../b", "nowhere", "sh"], "--cgroup-parent"],
    [["--device", "/dev/no-such-device", "nowhere", "sh"], "no such device on the host"],
    [["-w", "relative", "nowhere", "sh"], "--workdir"],
    [["--network", "host", "--sysctl", "net.ipv4.ip_forward=1", "nowhere", "sh"], "--sysctl"],
  ])("%j", async (words, part) => {
    expect(await messageOf(words)).toContain(part);
  });
});

suite("the text", () => {
  test("has the groups' files with the values that they would get", async () => {
    const text = explanation(await rehearsed(["--pids-limit", "77", "--cgroup-parent", "/edge/apps", "nowhere", "sh"]));
    expect(text).toMatch(/^# {3}write "77" to \/\S+\/edge\/apps\/0123456789ab…\/pids\.max +# --pids-limit$/m);
    expect(text).toMatch(/^# {3}mkdir \/\S+\/edge\/apps\/0123456789ab… /m);
  });

  test("shows no value of a variable, whatever way it came in", async () => {
    const text = explanation(await rehearsed(["-e", "FROM_HERE", "-e", "GIVEN=marlin", "nowhere", "env"]));
    expect(text).toContain('"FROM_HERE=…"');
    expect(text).toContain('"GIVEN=…"');
    expect(text).not.toMatch(/swordfish|marlin/);
  });

  test("is about the name that was asked for", async () => {
    const text = explanation(await rehearsed(["--name", "probe-7", "nowhere", "sh"]));
    expect(text).toContain("/names/probe-7 -> 0123456789ab…");
    expect(text).not.toContain("calm_kestrel");
  });

  test("has the program of init where one is asked for", async () => {
    expect(explanation(await rehearsed(["--init", "nowhere", "sh"]))).toContain(
      "\n# === init: process 1 of the container ===\n",
    );
    expect(explanation(await rehearsed(["nowhere", "sh"]))).not.toContain("=== init:");
  });

  test("of the embedded image has its own files as bind mounts", async () => {
    const text = explanation(await rehearsed(["@bun", "bun", "--version"]));
    expect(text).toContain(`#   open_tree ${process.execPath} = fd:bind.`);
    expect(text).not.toContain("stands in for it");
  });
});
