// Ways out that were once open: an image that names bunker's own descriptors, and what a container inherits. Every test
// here is an attack, by an image or by a command line.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { NUMBERS } from "../../src/run/blueprint.ts";
import { type Board, EXE, lines } from "../helpers/board.ts";
import { testWith } from "../helpers/needs.ts";
import { busyboxBoard } from "../helpers/rootfs.ts";

const test = testWith("root", "file:/bin/busybox", "fs:overlay", "fs:squashfs");
const UP = "../../../../../..";
const OUTSIDE = mkdtempSync("/var/tmp/bunker-escape-");

let board: Board;
beforeAll(async () => {
  board = await busyboxBoard();
  const tree = board.path("hostile");
  mkdirSync(tree);
  // The descriptors that a launch has under fixed numbers; the cgroup directory's led to the host's whole tree once.
  for (const [role, number] of Object.entries(NUMBERS))
    symlinkSync(`/proc/self/fd/${number}/${UP}${OUTSIDE}/made`, join(tree, role));
  Bun.spawnSync(["mkfifo", join(tree, "fifo")]);
  mkdirSync(join(tree, "bin"));
  Bun.spawnSync(["cp", "/bin/busybox", join(tree, "bin/true")]);
  await board.import(tree, "hostile");
  for (const dir of ["proc", "sys", "dev"]) {
    const linked = board.path(`linked-${dir}`);
    mkdirSync(join(linked, "bin"), { recursive: true });
    mkdirSync(join(linked, "data"));
    Bun.spawnSync(["cp", "/bin/busybox", join(linked, "bin/true")]);
    symlinkSync("/data", join(linked, dir));
    await board.import(linked, `linked-${dir}`);
  }
});
afterAll(async () => {
  await board[Symbol.asyncDispose]();
  rmSync(OUTSIDE, { recursive: true });
});

describe("descriptors of the launch", () => {
  test("are no working directory", async () => {
    for (const number of Object.values(NUMBERS)) {
      const { out } = await board.bunker(
        "run",
        "--rm",
        "-w",
        `/proc/self/fd/${number}`,
        "bb",
        "cat",
        `${UP}/etc/debian_version`,
      );
      expect(out, String(number)).toBe("");
    }
  });

  test("are no way for mount targets, and nothing is made on the host", async () => {
    const file = board.path("file");
    writeFileSync(file, "");
    for (const role of Object.keys(NUMBERS)) {
      await board.bunker("run", "--rm", "-v", `${file}:/${role}`, "hostile", "true");
      await board.bunker("run", "--rm", "--tmpfs", `/${role}/sub`, "hostile", "true");
      await board.bunker("run", "--rm", "-w", `/${role}/sub`, "hostile", "true");
      expect(existsSync(join(OUTSIDE, "made")), role).toBe(false);
    }
  });

  for (const options of [[], ["--init"], ["-i"], ["--init", "-i"], ["-t"]]) {
    test(`process 1 has none of them: ${options.join(" ")}`, async () => {
      const out = await board.ok("run", "--rm", ...options, "bb", "sh", "-c", "ls /proc/1/fd");
      expect(
        out.split(/\s+/).filter((word) => word !== "" && !["0", "1", "2"].includes(word)).length,
      ).toBeLessThanOrEqual(
        options.includes("--init") ? 0 : 1, // the shell's own, for the directory that ls reads
      );
    });
  }
});

test("the host's /dev/null stays as it is", async () => {
  const before = statSync("/dev/null");
  await board.bunker("run", "--rm", "bb", "chmod", "600", "/dev/fd/0");
  await board.bunker("run", "--rm", "bb", "chown", "1:1", "/dev/fd/0");
  const after = statSync("/dev/null");
  expect([after.mode, after.uid, after.ctimeMs]).toEqual([before.mode, before.uid, before.ctimeMs]);
});

test("a FIFO where a file is to be mounted does not hold the launch", async () => {
  const file = board.path("plain");
  writeFileSync(file, "");
  expect((await board.bunker("run", "--rm", "-v", `${file}:/fifo`, "hostile", "true")).code).toBe(0);
});

for (const dir of ["proc", "sys", "dev"]) {
  test(`an image whose /${dir} is a symlink is refused`, async () => {
    const { code, err } = await board.bunker("run", "--rm", `linked-${dir}`, "true");
    expect(code).toBe(125);
    expect(err).toContain(`/${dir} of the image, which is a symlink`);
  });
}

test("any number of open descriptors of the caller's does not disturb the launch's", async () => {
  for (const count of [185, 190, 193, 196, 199, 202, 205, 210, 230]) {
    const own: number[] = [];
    while (own.length < count) own.push(openSync("/dev/null", "r"));
    const child = Bun.spawn([EXE, "run", "--rm", "bb", "echo", "fine"], {
      env: board.env,
      stdio: ["ignore", "pipe", "pipe", ...own],
    });
    expect(await new Response(child.stdout).text(), String(count)).toBe("fine\n");
    for (const fd of own) closeSync(fd);
  }
});

test("the sweep leaves alone what bunker has not made", async () => {
  const foreign = ["lost+found", "my.bak"].map((name) => join(board.root, "containers", name));
  for (const dir of foreign) mkdirSync(dir);
  await board.ok("run", "--rm", "bb", "true");
  expect(lines(await board.ok("ps", "-aq"))).toEqual([]);
  for (const dir of foreign) {
    expect(existsSync(dir), dir).toBe(true);
    rmSync(dir, { recursive: true });
  }
});
