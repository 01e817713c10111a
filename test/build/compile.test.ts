// scripts/compile.ts: the same tree gives the same bytes twice, and the executable for the other architecture runs.

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const OUT = join(ROOT, "dist/bunker-linux-arm64");
const QEMU = Bun.which("qemu-aarch64-static");
const LIBRARIES = "/usr/aarch64-linux-gnu";

setDefaultTimeout(120_000);

function compile(): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(
    [process.execPath, join(ROOT, "scripts/compile.ts"), "--target=arm64"],
    { cwd: "/", stdout: "pipe", stderr: "pipe" },
  );
  if (exitCode !== 0) throw new Error(stderr.toString());
  expect(stdout.toString()).toContain(" MB  ");
  return new Bun.CryptoHasher("sha256").update(readFileSync(OUT)).digest("hex");
}

describe("the arm64 executable, made on any machine", () => {
  afterAll(() => rmSync(OUT, { force: true }));

  test("has the same bytes twice", () => {
    expect(compile()).toBe(compile());
  });

  test("is an executable for arm64", () => {
    const header = new DataView(readFileSync(OUT).buffer, 0, 64);
    expect(header.getUint32(0)).toBe(0x7f454c46);
    expect(header.getUint16(18, true)).toBe(183); // EM_AARCH64
  });

  const missing = QEMU === null ? "qemu-aarch64-static" : existsSync(LIBRARIES) ? undefined : "libc6-dev-arm64-cross";
  test.skipIf(missing !== undefined)(`runs (needs ${missing ?? "nothing more"})`, () => {
    const run = (...words: string[]) => {
      const command = [QEMU ?? "", "-L", LIBRARIES, OUT, ...words];
      const { exitCode, stdout } = Bun.spawnSync(command, { stdout: "pipe", stderr: "inherit" });
      return { exitCode, text: stdout.toString() };
    };
    expect(run("version")).toMatchObject({ exitCode: 0, text: expect.stringContaining("architecture  arm64") });
    const { exitCode, text } = run("run", "--explain", "-m", "64m", "busybox", "true");
    expect(exitCode).toBe(0);
    expect(text).toContain("pivot_root");
  });
});
