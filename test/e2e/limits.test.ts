// Caps hold, are seen from inside, and one that cannot be enforced is refused: nothing is capped in silence only.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { existsSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";

import { detectTopology } from "../../src/cg/topology.ts";
import { type Board, lines } from "../helpers/board.ts";
import { groupParents } from "../helpers/leak.ts";
import { testWith } from "../helpers/needs.ts";
import { busyboxBoard } from "../helpers/rootfs.ts";
import { until } from "../helpers/until.ts";

const NEEDS = ["root", "tool:mksquashfs", "file:/bin/busybox", "fs:overlay", "fs:squashfs"] as const;
const test = testWith(...NEEDS);
const testMemory = testWith(...NEEDS, "cgroup:memory");
const testCpu = testWith(...NEEDS, "cgroup:cpu");
const testPids = testWith(...NEEDS, "cgroup:pids");
const testCpuset = testWith(...NEEDS, "cgroup:cpuset", "cpus:2");
let board: Board;
beforeAll(async () => {
  board = await busyboxBoard();
});
afterAll(() => board[Symbol.asyncDispose]());

const runs = (...words: readonly string[]) => board.ok("run", "--rm", ...words);
/**
 * Takes all the memory there is. It offers itself as the victim, and the shell gives the kernel a moment to take its memory
 * back: the next one to ask for a page might be killed as well.
 */
const HOG = "(echo 1000 > /proc/self/oom_score_adj; exec tail /dev/zero); sleep 0.1";
const MIB = 1 << 20;
const CAPS_CPU = ["cpu.cfs_quota_us", "cpu.max"];

/** A control file from inside, by its name in either version. */
const inside = (v1: string, v2: string) => `cat /sys/fs/cgroup/${v1} 2>/dev/null || cat /sys/fs/cgroup/${v2}`;

/** A number of a file of lines such as "nr_throttled 3". */
function counter(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? -1);
}

describe("memory", () => {
  testMemory("the kernel kills in the container that is too big, and only there", async () => {
    const bystander = (await board.ok("run", "-d", "-m", "16m", "bb", "sleep", "1000")).trim();
    const ran = await board.bunker("run", "--name", "hog", "-m", "16m", "bb", "tail", "/dev/zero");
    expect(ran.code).toBe(137);
    const { State, HostConfig } = await board.inspect("hog");
    expect(State).toMatchObject({ Status: "exited", OOMKilled: true, ExitCode: 137 });
    expect(HostConfig).toMatchObject({ Memory: 16 * MIB });
    expect((await board.inspect(bystander)).State).toMatchObject({ Status: "running", OOMKilled: false });
    await board.clear();
  });

  testMemory("a child that is killed for it leaves the container its own status", async () => {
    const script = `${HOG}; echo still here; exit 3`;
    const { code, out } = await board.bunker("run", "--name", "survivor", "-m", "32m", "bb", "sh", "-c", script);
    expect({ code, out }).toEqual({ code: 3, out: "still here\n" });
    expect((await board.inspect("survivor")).State).toMatchObject({ OOMKilled: true, ExitCode: 3 });
    await board.clear();
  });

  testMemory("what is in a tmpfs counts", async () => {
    const script = "head -c 50m /dev/zero > /t/f; true";
    await board.bunker("run", "--name", "full", "-m", "16m", "--tmpfs", "/t", "bb", "sh", "-c", script);
    expect((await board.inspect("full")).State.OOMKilled).toBe(true);
    await board.clear();
  });

  testMemory("the caps as they are read from inside", async () => {
    const script = [
      inside("memory/memory.limit_in_bytes", "memory.max"),
      inside("memory/memory.soft_limit_in_bytes", "memory.low"),
    ].join("; ");
    const out = lines(await runs("-m", "32m", "--memory-reservation", "16m", "bb", "sh", "-c", script));
    expect(out).toEqual([`${32 * MIB}`, `${16 * MIB}`]);
  });

  testMemory("--memory-swap counts both together; -1 takes the cap away", async () => {
    const swap = inside("memory/memory.memsw.limit_in_bytes", "memory.swap.max");
    const total = async (...words: readonly string[]) => Number(await runs(...words, "bb", "sh", "-c", swap));
    const v2 = detectTopology().v1.get("memory") === undefined;
    expect(await total("-m", "32m", "--memory-swap", "48m")).toBe((v2 ? 16 : 48) * MIB);
    expect(await total("-m", "32m")).toBe((v2 ? 32 : 64) * MIB);
    const free = await total("-m", "32m", "--memory-swap", "-1");
    expect(Number.isNaN(free) || free > 2 ** 60).toBe(true);
  });

  test("--memory-high works, or is refused with the reason and what to do, and leaves nothing", async () => {
    const v2 = detectTopology().v1.get("memory") === undefined;
    const { code, out, err } = await board.bunker(
      "run",
      "-m",
      "32m",
      "--memory-high",
      "16m",
      "bb",
      "cat",
      "/sys/fs/cgroup/memory.high",
    );
    if (v2) {
      expect({ code, out }).toEqual({ code: 0, out: `${16 * MIB}\n` });
    } else {
      expect(err).toContain("cannot enforce --memory-high: the memory controller is bound to cgroup v1");
      expect(err).toContain("cgroup_no_v1=memory");
      expect({ code, out }).toEqual({ code: 125, out: "" });
      expect(await board.ids()).toEqual([]);
    }
    await board.clear();
  });

  test("--oom-score-adj is that of the container, not of the monitor", async () => {
    const id = (await board.ok("run", "-d", "--oom-score-adj", "555", "bb", "sleep", "1000")).trim();
    const { Pid, MonitorPid } = (await board.inspect(id)).State;
    expect(await Bun.file(`/proc/${Pid}/oom_score_adj`).text()).toBe("555\n");
    expect(await Bun.file(`/proc/${MonitorPid}/oom_score_adj`).text()).not.toBe("555\n");
    await board.clear();
  });
});

describe("processes", () => {
  testPids("a fork bomb stops at the limit, and the host can still fork", async () => {
    const bomb = "b() { b | b & }; b; b; b";
    // A shell that cannot fork gives up: the bomb must not be process 1, whose end would be the container's.
    const script = `(${bomb}) & exec sleep 1000`;
    const id = (await board.ok("run", "-d", "--pids-limit", "24", "bb", "sh", "-c", script)).trim();
    await until("the limit is hit", () => counter(board.groupFile(id, "pids.events"), "max") > 0);
    expect(Number(board.groupFile(id, "pids.current"))).toBeLessThanOrEqual(24);
    expect(await runs("bb", "echo", "another")).toBe("another\n");

    await board.clear();
  });

  testPids("the limit as it is read from inside; 0 is none", async () => {
    const script = inside("pids/pids.max", "pids.max");
    expect(await runs("--pids-limit", "17", "bb", "sh", "-c", script)).toBe("17\n");
    const free = await board.bunker("run", "--rm", "--pids-limit", "0", "bb", "sh", "-c", script);
    expect(free.out.replace("max\n", "")).toBe("");
  });
});

describe("processors", () => {
  testCpu("the quota throttles", async () => {
    const id = (await board.ok("run", "-d", "--cpus", "0.1", "bb", "sh", "-c", "while :; do :; done")).trim();
    // In hybrid mode the group of version 2 has a cpu.stat, too: one that does not count periods.
    const dir = groupParents().find((each) => CAPS_CPU.some((file) => existsSync(join(each, id, file)))) ?? "";
    const stat = () => readFileSync(join(dir, id, "cpu.stat"), "utf8");
    await until("it is held back a few times", () => counter(stat(), "nr_throttled") >= 3);
    expect((await board.inspect(id)).HostConfig).toMatchObject({ NanoCpus: 100_000_000, CpuQuota: 0 });
    await board.clear();
  });

  testCpu("quota, period and shares as they are read from inside", async () => {
    const script = [
      "cd /sys/fs/cgroup; if [ -e cpu.max ]; then cat cpu.max cpu.weight",
      "else echo $(cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us); cat cpu/cpu.shares; fi",
    ].join("; ");
    const options = ["--cpu-quota", "30000", "--cpu-period", "60000", "--cpu-shares", "512"];
    const [quota, shares] = lines(await runs(...options, "bb", "sh", "-c", script));
    expect(quota).toBe("30000 60000");
    // As a weight of version 2, on its line from 2 to 262144 shares.
    expect(shares).toBe(detectTopology().v1.has("cpu") ? "512" : "20");
  });

  testCpuset("a set of processors holds for every process", async () => {
    const script = "grep Cpus_allowed_list /proc/self/status; nproc; taskset 3 nproc 2>&1";
    const out = lines(await runs("--cpuset-cpus", "1", "--cpuset-mems", "0", "bb", "sh", "-c", script));
    expect(out).toEqual(["Cpus_allowed_list:\t1", "1", "1"]);
  });
});

describe("the groups themselves", () => {
  test("--cgroup-parent takes the place of /bunker, and the container sees neither", async () => {
    const name = `bunker-e2e-${process.pid}`;
    try {
      const words = [
        "run",
        "-d",
        "--cgroup-parent",
        `/${name}/deep`,
        "bb",
        "sh",
        "-c",
        "cat /proc/self/cgroup; sleep 1000",
      ];
      const id = (await board.ok(...words)).trim();
      const dirs = groupParents(`${name}/deep`);
      expect(dirs.length).toBeGreaterThan(0);
      expect(dirs.filter((dir) => !existsSync(join(dir, id)))).toEqual([]);
      expect(groupParents().filter((dir) => existsSync(join(dir, id)))).toEqual([]);
      expect((await board.inspect(id)).HostConfig).toMatchObject({ CgroupParent: `/${name}/deep` });
      const seen = await until("the output", async () => (await board.ok("logs", id)) || false);
      expect(lines(seen).filter((line) => !line.endsWith(":/"))).toEqual([]);
      await board.clear();
      expect(groupParents(`${name}/deep`).filter((dir) => existsSync(join(dir, id)))).toEqual([]);
    } finally {
      for (const dir of [...groupParents(`${name}/deep`), ...groupParents(name)]) rmdirSync(dir);
    }
  });

  test("a container cannot lift its own caps", async () => {
    const script = [
      "for f in memory/memory.limit_in_bytes pids/pids.max memory.max pids.max cgroup.procs; do",
      "(echo 1000000000 > /sys/fs/cgroup/$f) 2>/dev/null && echo wrote $f; done",
      "mount -o remount,rw /sys/fs/cgroup 2>/dev/null && echo remounted; ulimit -n 30 && ulimit -n 4000 2>/dev/null && echo raised; true",
    ].join("\n");
    const caps = detectTopology().v1.has("memory") ? ["-m", "32m", "--pids-limit", "30"] : ["--pids-limit", "30"];
    expect(
      await runs(...caps, "--cap-drop", "SYS_RESOURCE", "--ulimit", "nofile=20:40", "bb", "sh", "-c", script),
    ).toBe("");
  });
});
