// `npm run quickstart`: from a checkout to a capped container, and what it looks like from inside and outside.
//
// Compiles dist/bunker, runs scripts/tour.ts in the embedded image @bun under a memory, a processor and a process cap,
// and says how long it took from the shell to the container's first instruction and what stayed in memory afterwards.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
const BUNKER = join(ROOT, "dist/bunker");
const NAME = `quickstart-${process.pid}`;
const CAPS = ["--memory", "64m", "--cpus", "0.5", "--pids-limit", "64"];

function heading(text: string): void {
  console.log(`\n== ${text}`);
}

function must(command: string[]): void {
  const { exitCode } = Bun.spawnSync(command, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
  if (exitCode !== 0) {
    console.error(`\nquickstart: '${command.join(" ")}' ended with ${exitCode}`);
    process.exit(exitCode);
  }
}

function ask(...args: string[]): string {
  return Bun.spawnSync([BUNKER, ...args], { stdout: "pipe", stderr: "inherit" }).stdout.toString();
}

/** Names of the processes that run from bunker's executable or are its monitors. */
function bunkerProcesses(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
      } catch {
        return ""; // it has ended meanwhile
      }
    })
    .filter((name) => name.startsWith("bunker"));
}

/** Runs the same command line once more; milliseconds from the shell to the container's first instruction. */
function timeAgain(): number {
  const began = performance.timeOrigin + performance.now();
  Bun.spawnSync([BUNKER, ...command], { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  const milliseconds = startOf(NAME) - began;
  Bun.spawnSync([BUNKER, "rm", NAME], { stdio: ["ignore", "ignore", "inherit"] });
  return milliseconds;
}

/** When a container's command was started, in milliseconds since 1970. Date keeps three digits; the text has more. */
function startOf(name: string): number {
  const at = ask("inspect", name, "--format", "{{.State.StartedAt}}").trim();
  const fraction = Number(`0.${/\.(\d+)/.exec(at)?.[1] ?? "0"}`);
  return Date.parse(at.replace(/\.\d+/, "")) + fraction * 1000;
}

heading("compile");
must([process.execPath, join(ROOT, "scripts/compile.ts")]);

if (process.getuid?.() !== 0) {
  console.error("\nquickstart: containers need root: run it again with sudo, or see 'dist/bunker run --explain @bun'");
  process.exit(1);
}

const before = bunkerProcesses().length;
const command = ["run", "--name", NAME, ...CAPS, "@bun", "scripts/tour.ts"];
heading(`dist/bunker ${command.join(" ")}`);
const start = performance.timeOrigin + performance.now();
must([BUNKER, ...command]);

heading("from outside");
console.log(`from the shell to the container's first instruction: ${(startOf(NAME) - start).toFixed(1)} ms`);
console.log(`exit status: ${ask("inspect", NAME, "--format", "{{.State.ExitCode}}").trim()}`);
must([BUNKER, "rm", NAME]);
console.log(`the same command line again, whose blueprint is remembered: ${timeAgain().toFixed(1)} ms`);
const after = bunkerProcesses().length - before;
console.log(`bunker's processes that stayed resident: ${after === 0 ? "none" : after}`);
console.log(`\nNext: dist/bunker --help, dist/bunker doctor, and the tour in README.md`);
