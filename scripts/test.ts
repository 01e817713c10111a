// `npm test`: sets itself up and runs all tests, tier by tier. A tier that cannot run here is skipped by name, with the
// reason; under CI=true a skip is a failure. The last line counts: "N passed, N failed, N skipped".
//
//   npm test                  all tiers
//   npm test -- unit e2e      some
//   npm test -- --list        what there is

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
const BUN = process.execPath;
const isRoot = process.getuid?.() === 0;

interface Tier {
  readonly name: string;
  readonly about: string;
  readonly paths: readonly string[];
  /** Why it cannot run here. */
  readonly missing: () => string | undefined;
}

const needsRoot = () => (isRoot ? undefined : "it makes mounts, control groups and namespaces: run as root");

const TIERS: readonly Tier[] = [
  { name: "unit", about: "pure code, beside its source", paths: ["src"], missing: () => undefined },
  {
    name: "asm",
    about: "machine code against GNU's tools and two processors",
    paths: ["test/asm"],
    missing: () => undefined,
  },
  {
    name: "squashfs",
    about: "layers against squashfs-tools and the kernel",
    paths: ["test/squashfs"],
    missing: needsRoot,
  },
  { name: "images", about: "the image store", paths: ["test/images"], missing: needsRoot },
  { name: "cg", about: "control groups of this machine", paths: ["test/cg"], missing: needsRoot },
  {
    name: "plan",
    about: "launch programs and their text",
    paths: ["test/golden", "test/explain"],
    missing: () => undefined,
  },
  { name: "build", about: "the compiler, and the arm64 executable", paths: ["test/build"], missing: () => undefined },
  { name: "e2e", about: "the compiled executable with real containers", paths: ["test/e2e"], missing: needsRoot },
];

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** Runs one command, passing its output on; returns that too. */
async function runShown(command: string[]): Promise<{ code: number; output: string }> {
  const child = Bun.spawn(command, { cwd: ROOT, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  let output = "";
  const pass = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      const text = decoder.decode(chunk, { stream: true });
      output += text;
      process.stdout.write(text);
    }
  };
  await Promise.all([pass(child.stdout), pass(child.stderr)]);
  return { code: await child.exited, output };
}

/** Bun's summary has a line each: " 12 pass", " 0 fail", " 1 skip". */
function countOf(output: string, code: number): Count {
  const last = (word: string) => Number([...output.matchAll(new RegExp(`^\\s*(\\d+) ${word}`, "gm"))].at(-1)?.[1] ?? 0);
  const count = { passed: last("pass"), failed: last("fail"), skipped: last("skip") };
  // A runner that died, or found nothing to run, has failed whatever it printed.
  if (code !== 0 && count.failed === 0) count.failed = 1;
  if (count.passed + count.failed + count.skipped === 0) count.failed = 1;
  return count;
}

const hasTests = ({ paths }: Tier) =>
  paths.some((path) => existsSync(join(ROOT, path)) && readdirSync(join(ROOT, path)).length > 0);

async function runTier(tier: Tier): Promise<Count> {
  const reason = tier.missing();
  if (reason !== undefined) {
    console.log(`skip  tier ${tier.name}: ${reason}`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  console.log(`\n== ${tier.name}: ${tier.about}`);
  const paths = tier.paths.map((path) => `./${path}/`);
  const { code, output } = await runShown([BUN, "test", "--timeout=120000", ...paths]);
  return countOf(output, code);
}

async function runStep(name: string, command: string[]): Promise<Count> {
  console.log(`\n== ${name}`);
  const { code } = await runShown(command);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

const words = process.argv.slice(2);
if (words.includes("--list")) {
  for (const { name, about } of TIERS) console.log(`${name.padEnd(10)} ${about}`);
  process.exit(0);
}
const unknown = words.find((word) => !TIERS.some(({ name }) => name === word));
if (unknown !== undefined) throw new Error(`there is no tier ${unknown}; npm test -- --list says which there are`);

const total: Count = { passed: 0, failed: 0, skipped: 0 };
const add = (count: Count) => {
  total.passed += count.passed;
  total.failed += count.failed;
  total.skipped += count.skipped;
};
if (words.length === 0) add(await runStep("verify: format, types, lint, rules", [BUN, "scripts/verify.ts"]));
add(await runStep("compile", [BUN, "scripts/compile.ts"]));
for (const tier of TIERS)
  if ((words.length === 0 || words.includes(tier.name)) && hasTests(tier)) add(await runTier(tier));

const strict = process.env["CI"] === "true" && total.skipped > 0;
if (strict) console.log(`\n${total.skipped} skipped, which counts as failed under CI=true`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || strict ? 1 : 0;
