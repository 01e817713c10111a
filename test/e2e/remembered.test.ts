// The same command line again and again: bunker remembers what it worked out for it (run/blueprints). What has changed
// meanwhile is noticed, each container is a new one, and damaged memories are no worse than none.

import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Board, Ran } from "../helpers/board.ts";
import { testWith } from "../helpers/needs.ts";
import { busyboxBoard } from "../helpers/rootfs.ts";

const test = testWith("root", "tool:mksquashfs", "file:/bin/busybox", "fs:overlay", "fs:squashfs");
let board: Board;
beforeAll(async () => {
  board = await busyboxBoard();
});
afterEach(async () => {
  await board.clear();
  for (const name of memories()) rmSync(memory(name));
});
afterAll(() => board[Symbol.asyncDispose]());

const memory = (name: string) => join(board.run, "blueprints", name);
const memories = () => readdirSync(memory(""));

/** A directory with a shell and a file /who, imported under a name. */
async function importTree(name: string, who: string): Promise<void> {
  const tree = board.path(`tree-${who}`);
  mkdirSync(join(tree, "bin"), { recursive: true });
  for (const applet of ["sh", "cat"]) cpSync("/bin/busybox", join(tree, "bin", applet));
  writeFileSync(join(tree, "who"), who);
  await board.import(tree, name);
}

describe("what has changed is noticed", () => {
  test("another image under the same name, and none", async () => {
    const run = () => board.bunker("run", "--rm", "who", "cat", "/who");
    await importTree("who", "first");
    for (let n = 0; n < 2; n++) expect(await run()).toEqual({ code: 0, out: "first", err: "" });
    expect(memories()).toHaveLength(1);
    await importTree("who", "second");
    for (let n = 0; n < 2; n++) expect(await run()).toEqual({ code: 0, out: "second", err: "" });
    await board.ok("rmi", "-f", "who");
    expect(await run()).toMatchObject({ code: 125, out: "", err: expect.stringContaining('no image named "who"') });
  });

  test("a bind source that became a file, and a directory again, and went", async () => {
    const source = board.path("source");
    const script = "if [ -d /x ]; then ls /x; elif [ -f /x ]; then cat /x; fi";
    const run = () =>
      board.bunker("run", "--rm", "--mount", `type=bind,source=${source},target=/x`, "bb", "sh", "-c", script);
    mkdirSync(source);
    writeFileSync(join(source, "inside"), "");
    for (let n = 0; n < 2; n++) expect(await run()).toEqual({ code: 0, out: "inside\n", err: "" });
    expect(memories()).toHaveLength(1);
    rmSync(source, { recursive: true });
    writeFileSync(source, "now a file");
    for (let n = 0; n < 2; n++) expect(await run()).toEqual({ code: 0, out: "now a file", err: "" });
    rmSync(source);
    expect(await run()).toMatchObject({ code: 125, out: "", err: expect.stringContaining(source) });
    mkdirSync(source);
    writeFileSync(join(source, "back"), "");
    for (let n = 0; n < 2; n++) expect(await run()).toEqual({ code: 0, out: "back\n", err: "" });
  });

  test("a variable of bunker's own environment, an env-file and the host's names", async () => {
    const file = board.path("variables");
    const run = async (value: string) => {
      writeFileSync(file, `FILED=${value}\n`);
      const words = ["run", "--rm", "-e", "PASSED", "--env-file", file, "bb", "sh", "-c", "echo $PASSED $FILED"];
      return (await board.with({ env: { PASSED: value } }, ...words)).out;
    };
    expect(await run("one")).toBe("one one\n");
    expect(await run("two")).toBe("two two\n");
  });

  test("the working directory, where a path starts from it", async () => {
    for (const name of ["here", "there"]) {
      mkdirSync(board.path(name));
      writeFileSync(board.path(`${name}/file`), name);
    }
    for (const name of ["here", "there", "here"]) {
      const ran = await board.with({ cwd: board.path(name) }, "run", "--rm", "-v", "./file:/x", "bb", "cat", "/x");
      expect(ran).toEqual({ code: 0, out: name, err: "" });
    }
  });
});

test("each container is a new one, with its own id, name, host name and files", async () => {
  const words = ["run", "-d", "--init", "bb", "sh", "-c", "hostname; [ -e /tmp/seen ] && echo seen; touch /tmp/seen"];
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) ids.push((await board.ok(...words)).trim());
  expect(new Set(ids).size).toBe(3);
  expect(memories()).toHaveLength(1);
  const found = await Promise.all(ids.map((id) => board.inspect(id)));
  expect(new Set(found.map(({ Name }) => Name)).size).toBe(3);
  for (const [n, id] of ids.entries()) {
    expect(found[n]?.Id).toBe(id);
    expect(found[n]?.Config["Hostname"]).toBe(id.slice(0, 12));
    expect(await board.ok("logs", "-f", id)).toBe(`${id.slice(0, 12)}\n`);
  }
});

test("a name that is taken is refused the same way each time", async () => {
  const run = () => board.bunker("run", "-d", "--name", "mine", "bb", "sleep", "1000");
  expect((await run()).code).toBe(0);
  for (let n = 0; n < 2; n++) expect(await run()).toMatchObject({ code: 125, out: "" });
  await board.ok("rm", "-f", "mine");
  expect((await run()).code).toBe(0);
  expect((await board.inspect("mine")).State.Running).toBe(true);
});

test("no more than a board's worth is kept", async () => {
  for (let n = 0; n < 200; n++) writeFileSync(memory(`${n}`), "old");
  await board.ok("run", "--rm", "bb", "true");
  expect(memories().length).toBeLessThanOrEqual(64);
});

describe("a damaged memory is survived and mended", () => {
  /** Lengths follow a checksum of 8 bytes, 4 bytes each: key, blueprint, config, record, program. */
  const LENGTHS = 8;
  const change = (bytes: Buffer, part: number, by: number) => {
    const at = LENGTHS + part * 4;
    bytes.writeUInt32LE((bytes.readUInt32LE(at) + by) >>> 0, at);
    return bytes;
  };
  const damages: Readonly<Record<string, (bytes: Buffer) => Uint8Array>> = {
    empty: () => Buffer.alloc(0),
    "one byte": (bytes) => bytes.subarray(0, 1),
    "cut in its header": (bytes) => bytes.subarray(0, 20),
    "cut in half": (bytes) => bytes.subarray(0, bytes.length / 2),
    "one byte short": (bytes) => bytes.subarray(0, -1),
    "one byte more": (bytes) => Buffer.concat([bytes, Buffer.from([0])]),
    zeros: (bytes) => bytes.fill(0),
    garbage: (bytes) => bytes.fill(0xa5),
    "garbage in the program": (bytes) => bytes.fill(0xa5, bytes.length - 8000, bytes.length - 4000),
    "a bit of the program": (bytes) =>
      bytes.fill(bytes.readUInt8(bytes.length - 5000) ^ 4, bytes.length - 5000, bytes.length - 4999),
    "a longer key": (bytes) => change(bytes, 0, 1),
    "a shorter blueprint": (bytes) => change(bytes, 1, -3),
    "a longer config": (bytes) => change(bytes, 2, 100),
    "a shorter program": (bytes) => change(bytes, 4, -300),
    "a program beyond the end": (bytes) => change(bytes, 4, 0x7000_0000),
    "lengths that overflow": (bytes) => bytes.fill(0xff, LENGTHS, LENGTHS + 20),
  };
  for (const [name, damage] of Object.entries(damages)) {
    test(name, async () => {
      const run = (): Promise<Ran> => board.bunker("run", "--rm", "--init", "bb", "echo", "hi");
      const good = { code: 0, out: "hi\n", err: "" };
      expect(await run()).toEqual(good);
      const [file = ""] = memories();
      const bytes = readFileSync(memory(file));
      writeFileSync(memory(file), damage(Buffer.from(bytes)));
      expect(await run()).toEqual(good);
      expect(memories()).toEqual([file]);
      expect(readFileSync(memory(file)).equals(bytes)).toBe(true);
      expect(await run()).toEqual(good);
    });
  }

  test("the host's network: its names come along, and are part of what is remembered", async () => {
    const run = () => board.bunker("run", "--rm", "--network", "host", "bb", "cat", "/etc/resolv.conf");
    const servers = readFileSync("/etc/resolv.conf", "utf8");
    const before = memories().length;
    expect(await run()).toMatchObject({ code: 0, out: servers });
    expect(await run()).toMatchObject({ code: 0, out: servers });
    const found = memories();
    expect(found.length).toBe(before + 1);
    const texts = found.map((file) => readFileSync(memory(file), "latin1"));
    expect(texts.some((text) => text.includes(JSON.stringify(servers)))).toBe(true);
  });

  test("what cannot be read at all is an error of bunker's own", async () => {
    const run = () => board.bunker("run", "--rm", "bb", "echo", "hi");
    await run();
    const [file = ""] = memories();
    rmSync(memory(file));
    mkdirSync(memory(file));
    expect(await run()).toMatchObject({ code: 125, out: "", err: expect.stringContaining("a remembered blueprint") });
    rmSync(memory(file), { recursive: true });
    expect((await run()).code).toBe(0);
  });
});
