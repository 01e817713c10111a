// Builds dist/bunker.
//
//   npm run compile                      for this machine          → dist/bunker
//   npm run compile -- --all             linux x64 and arm64       → dist/bunker-linux-x64, dist/bunker-linux-arm64
//   npm run compile -- --target=arm64    one of them
//
// The same tree gives the same bytes: nothing of the machine, the directory or the time goes in, only the version and the
// commit. Bytecode keeps the start at a few milliseconds, splitting loads only the chunk of the verb that was called, and
// the settings that Bun would read from the working directory are switched off: bunker runs as root.

import { mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
const DIST = join(ROOT, "dist");
const TARGETS = { x64: "bun-linux-x64", arm64: "bun-linux-arm64" } as const;
type Arch = keyof typeof TARGETS;

function isArch(text: string): text is Arch {
  return Object.hasOwn(TARGETS, text);
}

const HOST: Arch = process.arch === "arm64" ? "arm64" : "x64";

interface Job {
  readonly arch: Arch;
  readonly outfile: string;
}

function parseJobs(words: readonly string[]): Job[] {
  const named = (arch: Arch): Job => ({ arch, outfile: join(DIST, `bunker-linux-${arch}`) });
  if (words.length === 0) return [{ arch: HOST, outfile: join(DIST, "bunker") }];
  const jobs: Job[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const value =
      word === "--target" ? words[++at] : word.startsWith("--target=") ? word.slice("--target=".length) : undefined;
    const arch = value?.replace(/^(bun-)?linux-/, "");
    if (word === "--all") jobs.push(named("x64"), named("arm64"));
    else if (arch !== undefined && isArch(arch)) jobs.push(named(arch));
    else throw new Error(`unknown option ${word} ${value ?? ""}: use --all, --target=x64 or --target=arm64`);
  }
  return jobs;
}

/** The commit, marked where the tree differs from it; "unknown" outside of a git checkout. */
function commitOf(): string {
  const git = (...args: string[]) => {
    const result = Bun.spawnSync(["git", "-C", ROOT, ...args], { stdout: "pipe", stderr: "ignore" });
    return result.exitCode === 0 ? result.stdout.toString().trim() : undefined;
  };
  try {
    const commit = git("rev-parse", "--short=12", "HEAD");
    if (commit === undefined) return "unknown";
    return git("status", "--porcelain", "--untracked-files=no") === "" ? commit : `${commit}-modified`;
  } catch {
    return "unknown"; // git is not installed
  }
}

function versionOf(): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  return version;
}

async function compile({ arch, outfile }: Job, version: string, commit: string): Promise<void> {
  const temporary = `${outfile}.building`;
  const result = await Bun.build({
    entrypoints: [join(ROOT, "src/main.ts")],
    target: "bun",
    format: "esm",
    minify: true,
    splitting: true,
    bytecode: true,
    define: { BUNKER_VERSION: JSON.stringify(version), BUNKER_COMMIT: JSON.stringify(commit) },
    compile: {
      target: TARGETS[arch],
      outfile: temporary,
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
      ...(arch === HOST ? { executablePath: process.execPath } : {}),
    },
  });
  if (!result.success) throw new AggregateError(result.logs, `cannot build ${outfile}`);
  renameSync(temporary, outfile);
  const megabytes = (statSync(outfile).size / 1e6).toFixed(1);
  const digest = new Bun.CryptoHasher("sha256").update(readFileSync(outfile)).digest("hex");
  console.log(
    `${outfile.slice(ROOT.length + 1)}  ${megabytes} MB  ${version} (${commit})  sha256:${digest.slice(0, 16)}`,
  );
}

mkdirSync(DIST, { recursive: true });
process.chdir(ROOT);
const [version, commit] = [versionOf(), commitOf()];
for (const job of parseJobs(process.argv.slice(2))) {
  try {
    await compile(job, version, commit);
  } finally {
    rmSync(`${job.outfile}.building`, { force: true });
  }
}
