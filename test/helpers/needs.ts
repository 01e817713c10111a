// What a test needs of the machine, and why it cannot have it. A test that cannot run is skipped by its name with the
// reason; under CI=true that is a failure, so that a tier never passes by doing nothing.

import { test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";

import { detectTopology, versionOf } from "../../src/cg/topology.ts";

/**
 * `root`; `cgroup:CONTROLLER`; `tool:PROGRAM`; `file:PATH`; `fs:NAME` (as in /proc/filesystems); `cpus:NUMBER`.
 */
export type Need = "root" | `${"cgroup" | "tool" | "file" | "fs" | "cpus"}:${string}`;

/** Why the first need that is not met is not met; undefined where all are. */
export function missing(...needs: readonly Need[]): string | undefined {
  for (const need of needs) {
    const reason = reasonFor(need);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function reasonFor(need: Need): string | undefined {
  if (need === "root") return process.getuid?.() === 0 ? undefined : "not root";
  const colon = need.indexOf(":");
  const [kind, what] = [need.slice(0, colon), need.slice(colon + 1)];
  switch (kind) {
    case "cgroup":
      return versionOf(detectTopology(), what) === undefined
        ? `no ${what} controller in the control groups`
        : undefined;
    case "tool":
      return Bun.which(what) === null ? `${what} is not installed` : undefined;
    case "file":
      return existsSync(what) ? undefined : `there is no ${what}`;
    case "fs":
      return hasFileSystem(what) ? undefined : `the kernel has no ${what}`;
    default:
      return cpus().length >= Number(what) ? undefined : `fewer than ${what} processors`;
  }
}

function hasFileSystem(name: string): boolean {
  return readFileSync("/proc/filesystems", "utf8").split(/\s+/).includes(name);
}

type Body = () => void | Promise<void>;
type Test = (name: string, body: Body) => void;

/** bun:test's `test` where the machine has what is needed; else one that skips by name. */
export function testWith(...needs: readonly Need[]): Test {
  const reason = missing(...needs);
  if (reason === undefined) return (name, body) => test(name, body);
  if (process.env["CI"] === "true") {
    return (name) =>
      test(name, () => {
        throw new Error(`cannot run here: ${reason}`);
      });
  }
  return (name, body) => test.skip(`${name} (${reason})`, body);
}
