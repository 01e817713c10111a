// `npm run verify`: everything about the source that can be checked without running it. Format, types, lint, and the
// project's own rules: one door to the kernel, imports that point one way, files that say what they are for.

import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Glob } from "bun";

const ROOT = join(import.meta.dir, "..");
const BUN = process.execPath;

/** What each room may import, beside itself. `sys` is at the bottom; errors.ts and undo.ts belong to nobody. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  sys: [],
  text: ["sys"],
  net: ["sys"],
  ns: ["sys"],
  oci: ["sys"],
  asm: ["sys"],
  cg: ["sys", "oci"],
  plan: ["sys", "oci", "net", "ns", "asm"],
  state: ["sys", "plan", "cg", "oci"],
  logs: ["sys", "plan", "state"],
  fs: ["sys", "oci", "plan", "state"],
  doctor: ["sys", "text", "ns", "cg", "fs", "state"],
  run: ["sys", "text", "oci", "plan", "state", "fs", "cg"],
  cli: ["sys", "text", "oci", "plan", "state", "fs", "cg", "run", "logs", "doctor"],
};

/** The one file through which system calls leave. */
const DOOR = "src/sys/gate.ts";

interface Fault {
  readonly file: string;
  readonly text: string;
}

function sources(): string[] {
  return ["src/**/*.ts", "scripts/**/*.ts", "test/**/*.ts", "bench/**/*.ts"].flatMap((pattern) => [
    ...new Glob(pattern).scanSync({ cwd: ROOT }),
  ]);
}

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map((match) => match[1] ?? "");
}

/** "src/cg/limits.ts" → "cg"; undefined for files at the top of src/. */
function roomOf(file: string): string | undefined {
  return /^src\/([^/]+)\//.exec(file)?.[1];
}

function checkFile(file: string, text: string): Fault[] {
  const faults: Fault[] = [];
  // A test stands beside the file it is about.
  if (!file.endsWith(".test.ts") && !/^(#!.*\n)?\/\/ \S/.test(text))
    faults.push({ file, text: "does not begin with a comment that says what it is for" });
  const room = roomOf(file);
  const isTest = file.endsWith(".test.ts");
  for (const target of importsOf(text)) {
    if (target === "bun:ffi" && file.startsWith("src/") && file !== DOOR && !isTest) {
      faults.push({ file, text: `imports bun:ffi; only ${DOOR} may` });
    }
    if (!target.startsWith(".") || room === undefined || isTest) continue;
    const to = roomOf(relative(ROOT, join(ROOT, dirname(file), target)));
    if (to === undefined || to === room) continue;
    if (!(MAY_IMPORT[room] ?? []).includes(to))
      faults.push({ file, text: `src/${room} must not import src/${to} (${target})` });
  }
  return faults;
}

function checkRules(): boolean {
  const faults = sources().flatMap((file) => checkFile(file, readFileSync(join(ROOT, file), "utf8")));
  for (const { file, text } of faults) console.error(`${file}: ${text}`);
  return faults.length === 0;
}

function run(...command: string[]): boolean {
  return Bun.spawnSync(command, { cwd: ROOT, stdout: "inherit", stderr: "inherit", stdin: "ignore" }).exitCode === 0;
}

const CHECKS: Readonly<Record<string, () => boolean>> = {
  format: () => run(BUN, "fmt", "--check", "--no-script", "--print-width=120", ...sources()),
  types: () => run(BUN, "check", "--no-script"),
  lint: () => run(join(ROOT, "node_modules/.bin/oxlint"), "--deny-warnings", "src", "scripts", "test", "bench"),
  rules: checkRules,
};

let failed = 0;
for (const [name, check] of Object.entries(CHECKS)) {
  const good = check();
  console.log(`${good ? "ok  " : "FAIL"}  ${name}`);
  if (!good) failed++;
}
process.exitCode = failed === 0 ? 0 : 1;
