// The machine and the programs that a report speaks of.

import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";

import { parseMountinfo } from "../src/sys/mountinfo.ts";
import { isHybrid } from "./private.ts";
import { bunker, output, type Workspace } from "./workspace.ts";

/** Names and values, in the order in which they are shown. */
export type Facts = readonly (readonly [name: string, value: string])[];

export function machineFacts(space: Workspace, peerVersions: readonly string[]): Facts {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8");
  const processors = cpus();
  return [
    ["date", new Date().toISOString().slice(0, 16).replace("T", " ")],
    ["processor", `${processors.length} × ${processors[0]?.model.trim() ?? "unknown"} (${process.arch})`],
    ["memory", `${(totalmem() / 2 ** 30).toFixed(1)} GiB`],
    ["kernel", release()],
    ["system", prettyName(readFileSync("/etc/os-release", "utf8"))],
    ["control groups", cgroupMode(mounts)],
    [
      "state on",
      `${fileSystemOf(mounts, space.dir)} (BUNKER_ROOT, podman's storage); ${fileSystemOf(mounts, space.run)} (BUNKER_RUN)`,
    ],
    [
      "load average",
      readFileSync("/proc/loadavg", "utf8").split(" ").slice(0, 2).join(", ") + " (1 and 5 minutes, at the start)",
    ],
    ["bunker", bunkerVersion(output(bunker(space, "version").argv) ?? "")],
    ["peers", peerVersions.join("; ") || "none"],
  ];
}

export function prettyName(osRelease: string): string {
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1] ?? "unknown";
}

export function cgroupMode(mountinfo: string): string {
  const mounts = parseMountinfo(mountinfo);
  if (isHybrid(mounts)) return "hybrid (controllers on version 1)";
  return mounts.some(({ type }) => type === "cgroup") ? "version 1" : "version 2";
}

/** The type of the file system that holds a path. */
export function fileSystemOf(mountinfo: string, path: string): string {
  const holding = parseMountinfo(mountinfo).filter(
    ({ point }) => point === "/" || path === point || path.startsWith(`${point}/`),
  );
  return holding.toSorted((a, b) => a.point.length - b.point.length).at(-1)?.type ?? "unknown";
}

/** `bunker version` says it in lines of a name and a value. */
export function bunkerVersion(text: string): string {
  const field = (name: string) => new RegExp(`^${name}\\s+(.*)$`, "m").exec(text)?.[1] ?? "unknown";
  return `${field("bunker")} (${field("commit")}), Bun ${field("bun")}`;
}
