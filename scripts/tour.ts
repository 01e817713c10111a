// What a container sees of itself. Runs inside: bunker run -m 64m --cpus 0.5 --pids-limit 64 @bun scripts/tour.ts

import { existsSync, readdirSync, readFileSync } from "node:fs";

const read = (path: string) => readFileSync(path, "utf8").trim();
const show = (name: string, value: string) => console.log(`${`${name}:`.padEnd(12)} ${value}`);

/** The first of the files that is there: cgroup v2's name for it, then v1's. */
function cap(...paths: string[]): string {
  const path = paths.map((each) => `/sys/fs/cgroup/${each}`).find((each) => existsSync(each));
  return path === undefined ? "not shown here" : `${read(path)}  (${path})`;
}

show("hostname", read("/proc/sys/kernel/hostname"));
show("PID 1", read("/proc/1/cmdline").replaceAll("\0", " "));
const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
show("processes", pids.map((pid) => `${pid} ${read(`/proc/${pid}/comm`)}`).join(", "));
show("memory cap", cap("memory.max", "memory/memory.limit_in_bytes"));
show("CPU quota", cap("cpu.max", "cpu/cpu.cfs_quota_us", "cpu,cpuacct/cpu.cfs_quota_us"));
show("pids cap", cap("pids.max", "pids/pids.max"));
show("network", readdirSync("/sys/class/net").join(", "));
const root = read("/proc/self/mounts")
  .split("\n")
  .find((line) => line.split(" ")[1] === "/");
show("root", root?.split(" ", 3)[2] ?? "?");
show("layers", /lowerdir=([^,]*)/.exec(root ?? "")?.[1]?.replaceAll(":", "\n             ") ?? "none");
show("bun", `${process.execPath}, shared with bunker itself, ${Bun.version}`);
