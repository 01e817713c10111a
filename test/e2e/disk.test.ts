// A full disk: a start that cannot be written down leaves nothing, a container that runs is not stopped by it, how it
// ended is known all the same, and removing works without any room.

import { afterAll, afterEach, beforeAll, expect } from "bun:test";
import { existsSync, mkdtempSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";

import { type Board, lines } from "../helpers/board.ts";
import { testWith } from "../helpers/needs.ts";
import { busyboxBoard, busyboxImage } from "../helpers/rootfs.ts";

const test = testWith("root", "tool:mksquashfs", "tool:mount", "file:/bin/busybox", "fs:overlay", "fs:squashfs");

let disk = "";
let board: Board;
beforeAll(async () => {
  disk = mkdtempSync("/var/tmp/bunker-e2e-disk-");
  must(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk]);
  board = await busyboxBoard(join(disk, "root"));
});
afterEach(async () => {
  makeRoom();
  await board.clear();
});
afterAll(async () => {
  await board[Symbol.asyncDispose]();
  // Refused where anything of a container still uses it.
  must(["umount", disk]);
  rmdirSync(disk);
});

function must(command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command, { stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr.toString()}`);
}

const ballast = () => join(disk, "ballast");

/** Takes the last byte. */
function fill(): void {
  Bun.spawnSync(["dd", "if=/dev/zero", `of=${ballast()}`, "bs=4096"], { stderr: "ignore" });
}

function makeRoom(): void {
  if (existsSync(ballast())) unlinkSync(ballast());
}

test("a start is refused with the reason, leaves nothing, and works again with room", async () => {
  fill();
  for (const more of [[], ["-d"], ["--rm"], ["--init", "-m", "32m"]]) {
    const { code, out, err } = await board.bunker("run", "--name", "no-room", ...more, "bb", "true");
    expect(err).toContain("No space left on device (ENOSPC)");
    expect({ code, out }).toEqual({ code: 125, out: "" });
    expect(await board.ids()).toEqual([]);
  }
  await board.clear();
  makeRoom();
  await board.ok("run", "--rm", "--name", "no-room", "bb", "true");
});

test("an import is refused with the reason and leaves nothing", async () => {
  const before = await board.ok("images");
  fill();
  const { code, err } = await board.bunker("import", "--change", "CMD true", busyboxImage(), "other");
  const tree = board.path("tree");
  must(["mkdir", "-p", tree]);
  must(["cp", "/bin/busybox", tree]);
  const second = await board.bunker("import", tree, "another");
  makeRoom();
  expect([code, second.code]).not.toContain(0);
  for (const text of [err, second.err]) expect(text).toContain("not enough space on the disk: it needs");
  expect(await board.ok("images")).toBe(before);
  expect(lines(Bun.spawnSync(["ls", "-A", join(board.root, "layers")]).stdout.toString()).length).toBe(1);
});

test("output goes on when the log has no room, and the end is known", async () => {
  const script = "seq 1 2000000; echo last >&2; exit 6";
  const { code, out, err } = await board.shell(
    `bunker run --name talker bb sh -c '${script}' | sha256sum; exit \${PIPESTATUS[0]}`,
  );
  expect(out).toBe(Bun.spawnSync(["sh", "-c", "seq 1 2000000 | sha256sum"]).stdout.toString());
  expect({ code, err }).toEqual({ code: 6, err: "last\n" });
  expect((await board.inspect("talker")).State).toMatchObject({ Status: "exited", ExitCode: 6 });
  const kept = lines((await board.bunker("logs", "talker")).out).map(Number);
  expect(kept.length).toBeGreaterThan(1000);
  await board.ok("rm", "talker");
});

test("a container that runs when the disk fills goes on, is stopped, and its status is kept", async () => {
  await board.ok(
    "run",
    "-d",
    "--name",
    "steady",
    "bb",
    "sh",
    "-c",
    "trap 'exit 9' TERM; echo ready; while :; do sleep 0.02; done",
  );
  fill();
  expect(await board.ok("ps", "--filter", "name=steady")).toContain("Up ");
  await board.ok("stop", "steady");
  expect((await board.inspect("steady")).State).toMatchObject({ Status: "exited", ExitCode: 9 });
  await board.ok("rm", "steady");
  expect(await board.ids()).toEqual([]);
});

test("a container that fills the disk itself fails, and removing it makes room", async () => {
  const { code, err } = await board.bunker("run", "--name", "greedy", "bb", "dd", "if=/dev/zero", "of=/big", "bs=64k");
  expect(err).toContain("No space left on device");
  expect(code).toBe(1);
  expect((await board.inspect("greedy")).State).toMatchObject({ Status: "exited", ExitCode: 1 });
  await board.ok("rm", "greedy");
  await board.ok("run", "--rm", "bb", "dd", "if=/dev/zero", "of=/big", "bs=1M", "count=2");
});

test("its own tmpfs has its own limit, and the disk is not touched", async () => {
  const words = ["run", "--rm", "--tmpfs", "/scratch:size=1m", "bb", "dd", "if=/dev/zero", "of=/scratch/big", "bs=64k"];
  const { code, err } = await board.bunker(...words);
  expect({ code, full: err.includes("No space left on device") }).toEqual({ code: 1, full: true });
});
