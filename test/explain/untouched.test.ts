// `bunker run --explain` as a user who may do nothing, and under strace: it needs no rights and changes nothing.

import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { detectTopology } from "../../src/cg/topology.ts";
import { makeStore } from "../helpers/images.ts";

const MAIN = join(import.meta.dir, "..", "..", "src", "main.ts");
const isRoot = process.getuid?.() === 0;
const grouped = detectTopology().mode !== "none";
const NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];

const store = makeStore();
store.add("app:1", { config: { Cmd: ["serve"], Env: ["IMAGE_SECRET=pelican"] }, layers: ["aa", "bb"] });
const scratch = mkdtempSync(join(tmpdir(), "bunker-untouched-"));
// Anybody may look for the store, but state is root's alone.
chmodSync(join(store.paths.root, ".."), 0o755);
chmodSync(store.paths.root, 0o700);
afterAll(() => {
  store[Symbol.dispose]();
  rmSync(scratch, { recursive: true });
});

const WORDS = ["run", "--explain", "--rm", "-m", "64m", "--pids-limit", "50", "--init", "--privileged"];

function environment(root: string): Record<string, string | undefined> {
  // Running from source, Bun would keep what it has compiled: that is not bunker's doing.
  const quiet = { BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0", HOME: scratch, API_KEY: "osprey" };
  return { PATH: process.env["PATH"], BUNKER_ROOT: `${root}/root`, BUNKER_RUN: `${root}/run`, ...quiet };
}

function explain(prefix: readonly string[], root: string, words: readonly string[]) {
  const command = [...prefix, process.execPath, MAIN, ...WORDS, "-e", "API_KEY", ...words];
  const ran = Bun.spawnSync(command, { env: environment(root), stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  return { code: ran.exitCode, text: ran.stdout.toString(), errors: ran.stderr.toString() };
}

/** Everything below a directory, with what changes when something is done to it. */
function snapshot(dir: string): string[] {
  const names = readdirSync(dir, { recursive: true, encoding: "utf8" }).sort();
  return ["", ...names].map((name) => {
    const { mode, size, ino, mtimeMs, ctimeMs } = lstatSync(join(dir, name));
    return [name, mode, size, ino, mtimeMs, ctimeMs].join(" ");
  });
}

/** Why a user without rights cannot be played here; the sources may be where only root can read them. */
function cannotDrop(): string | undefined {
  if (!grouped) return "no control groups are mounted";
  if (!isRoot) return undefined;
  if (Bun.which("setpriv") === null) return "setpriv is missing";
  const readable = Bun.spawnSync([...NOBODY, process.execPath, MAIN, "--version"], {
    stdout: "ignore",
    stderr: "ignore",
  });
  return readable.exitCode === 0 ? undefined : "others than root cannot read the sources";
}

const dropping = cannotDrop();
const unprivileged = isRoot ? NOBODY : [];

describe.skipIf(dropping !== undefined)(`without rights${dropping === undefined ? "" : ` (${dropping})`}`, () => {
  test("the launch of an image in a store that may not be read is explained, and nothing changes", () => {
    const base = join(store.paths.root, "..");
    const before = snapshot(base);
    const { code, text, errors } = explain(unprivileged, base, ["app:1", "serve"]);
    expect([code, errors]).toEqual([0, ""]);
    if (isRoot) expect(text).toStartWith('# The image "app:1" cannot be looked up without root');
    for (const section of ["front", "monitor", "child", "relay", "after", "failure", "init"]) {
      expect(text).toContain(`\n# === ${section}: `);
    }
    expect(text).not.toMatch(/osprey|pelican/);
    expect(snapshot(base)).toEqual(before);
  });

  test("where there is no store, none is made", () => {
    chmodSync(scratch, 0o777);
    const { code, text } = explain(unprivileged, scratch, ["app:1", "serve"]);
    expect(code).toBe(0);
    expect(text).toStartWith('# The image "app:1" is not on this machine');
    expect(readdirSync(scratch)).toEqual([]);
  });

  test("the limit of open files is what root would get", () => {
    const limit = ["prlimit", "--nofile=256:256"];
    const few = Bun.which("prlimit") === null ? [] : limit;
    const { text } = explain([...few, ...unprivileged], scratch, ["--ulimit", "nofile=2000:4000", "app:1", "serve"]);
    expect(text).toContain("prlimit64(0, RLIMIT_NOFILE, {rlim_cur=2000, rlim_max=4000}, NULL)");
  });
});

const CHANGES =
  /^\d+ +[fl]?(mkdir|mknod|unlink|rmdir|rename|symlink|link|truncate|chmod|chown|setxattr|removexattr)(at2?)?\(/;
const PRIVILEGED =
  /^\d+ +(mount|umount2|move_mount|open_tree|fsopen|fsmount|mount_setattr|pivot_root|unshare|setns|bpf|flock|keyctl)\(/;
const OPENS = /^\d+ +open(at2?)?\(.*\bO_(CREAT|WRONLY|RDWR)\b/;

function canTrace(): boolean {
  if (Bun.which("strace") === null) return false;
  return Bun.spawnSync(["strace", "-o", "/dev/null", "true"], { stderr: "ignore" }).exitCode === 0;
}

test.skipIf(!canTrace() || !grouped)("strace sees no call that changes anything (needs strace)", () => {
  const trace = join(scratch, "trace");
  const base = join(store.paths.root, "..");
  const { code } = explain(["strace", "-f", "-qq", "-s", "256", "-o", trace], base, ["app:1", "serve"]);
  expect(code).toBe(0);
  const calls = readFileSync(trace, "utf8").split("\n");
  // The store was looked at, so the trace shows what it is to show.
  expect(calls.some((line) => line.includes(`${store.paths.root}/images/names/app:1`))).toBe(isRoot);
  for (const forbidden of [CHANGES, PRIVILEGED, OPENS, /^\d+ +ioctl\(.*\bLOOP_/]) {
    expect(calls.filter((line) => forbidden.test(line))).toEqual([]);
  }
});
