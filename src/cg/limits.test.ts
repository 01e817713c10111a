import { describe, expect, test } from "bun:test";
import { UserError } from "../errors.ts";
import type { Resources } from "../oci/spec.ts";
import { ANDROID, type HostTexts, NONE, PI, SYSTEMD_HYBRID, V1, V2 } from "./fixtures.ts";
import { planLimits, sharesToWeight } from "./limits.ts";
import { readTopology } from "./topology.ts";
import type { CgroupPlan } from "./types.ts";

function plan(resources: Resources, host: HostTexts): CgroupPlan {
  return planLimits(resources, readTopology(host.mountinfo, host.selfCgroup, host.procCgroups, host.controllers));
}

/** "file=value" of each write. */
function writes(resources: Resources, host: HostTexts): string[] {
  return plan(resources, host).writes.map((write) => `${write.file}=${write.value}`);
}

function refusal(resources: Resources, host: HostTexts): UserError {
  try {
    plan(resources, host);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("the plan was not refused");
}

const ALL: Resources = {
  memory: { limit: 67_108_864, reservation: 33_554_432, swap: 134_217_728 },
  cpu: { shares: 512, quota: 50_000, period: 100_000, cpus: "0-1", mems: "0" },
  pids: { limit: 100 },
};

describe("values", () => {
  test("v2", () => {
    expect(writes(ALL, V2)).toEqual([
      "memory.max=67108864",
      "memory.swap.max=67108864",
      "memory.low=33554432",
      "cpu.max=50000 100000",
      "cpu.weight=20",
      "cpuset.cpus=0-1",
      "cpuset.mems=0",
      "pids.max=100",
    ]);
  });

  test("v1 and hybrid", () => {
    expect(writes(ALL, SYSTEMD_HYBRID)).toEqual([
      "memory.limit_in_bytes=67108864",
      "memory.memsw.limit_in_bytes=134217728",
      "memory.soft_limit_in_bytes=33554432",
      "cpu.cfs_period_us=100000",
      "cpu.cfs_quota_us=50000",
      "cpu.shares=512",
      "cpuset.cpus=0-1",
      "cpuset.mems=0",
      "pids.max=100",
    ]);
    expect(writes({ cpu: { cpus: "2" } }, ANDROID)).toEqual(["cpus=2"]);
  });

  test("each write names its option and version", () => {
    const found = plan({ memory: { limit: 8_388_608 } }, V2).writes;
    expect(found).toEqual([
      { controller: "memory", version: 2, file: "memory.max", value: "8388608", flag: "--memory", holds: "pages" },
    ]);
  });

  test("no limit needs no write, and no controller", () => {
    const none: Resources = {
      memory: { limit: -1, swap: -1, reservation: 0 },
      cpu: { quota: -1, shares: 0, cpus: "" },
      pids: { limit: -1 },
    };
    for (const host of [V2, V1, PI, NONE]) expect(writes(none, host)).toEqual([]);
    expect(writes({ memory: { limit: 8_388_608, swap: -1 } }, V2)).toEqual(["memory.max=8388608"]);
  });

  test("swap that equals memory is no swap at all", () => {
    expect(writes({ memory: { limit: 8_388_608, swap: 8_388_608 } }, V2)).toContain("memory.swap.max=0");
  });

  test("a quota without a period has the kernel's, a period without a quota caps nothing", () => {
    expect(writes({ cpu: { quota: 20_000 } }, V2)).toEqual(["cpu.max=20000 100000"]);
    expect(writes({ cpu: { quota: 20_000 } }, V1)).toEqual(["cpu.cfs_quota_us=20000"]);
    expect(writes({ cpu: { period: 50_000 } }, V2)).toEqual(["cpu.max=max 50000"]);
  });

  test("shares become weights: the ends, the default, and never downwards", () => {
    expect([2, 1024, 262_144].map(sharesToWeight)).toEqual([1, 39, 10_000]);
    let last = 0;
    for (let shares = 2; shares <= 262_144; shares += 997) {
      const weight = sharesToWeight(shares);
      expect(weight).toBeGreaterThanOrEqual(last);
      last = weight;
    }
  });
});

describe("groups", () => {
  const mounts = (resources: Resources, host: HostTexts): string[] =>
    plan(resources, host).groups.map((group) => group.mount);

  test("v2: one group, whose parents get what the caps need and the counters", () => {
    expect(plan({ cpu: { quota: 20_000 }, memory: { limit: 8_388_608 } }, V2).groups).toEqual([
      { version: 2, mount: "/sys/fs/cgroup", controllers: ["memory", "cpu"], counters: ["pids", "io"] },
    ]);
    expect(plan({}, PI).groups).toEqual([
      { version: 2, mount: "/sys/fs/cgroup", controllers: [], counters: ["pids", "io"] },
    ]);
  });

  test("hybrid: the v2 group always, v1 hierarchies only for caps, co-mounted ones once", () => {
    expect(mounts({}, SYSTEMD_HYBRID)).toEqual(["/sys/fs/cgroup/unified"]);
    expect(mounts({ pids: { limit: 5 }, cpu: { quota: 9000, shares: 2 } }, SYSTEMD_HYBRID)).toEqual([
      "/sys/fs/cgroup/unified",
      "/sys/fs/cgroup/cpu,cpuacct",
      "/sys/fs/cgroup/pids",
    ]);
  });

  test("v1: the freezer lists and pauses; where nothing is mounted there is nothing", () => {
    expect(mounts({ memory: { limit: 8_388_608 } }, V1)).toEqual(["/sys/fs/cgroup/memory", "/sys/fs/cgroup/freezer"]);
    const noFreezer = { ...V1, mountinfo: V1.mountinfo.replace(/^38.*\n/m, "") };
    expect(mounts({}, noFreezer)).toEqual(["/sys/fs/cgroup/cpu"]);
    expect(mounts({}, NONE)).toEqual([]);
  });
});

describe("device rules", () => {
  const devices = [{ allow: false }, { allow: true, type: "c", major: 1, minor: 3, access: "rwm" }] as const;

  test("v1's controller where it is mounted, a program elsewhere", () => {
    expect(writes({ devices }, SYSTEMD_HYBRID)).toEqual(["devices.deny=a", "devices.allow=c 1:3 rwm"]);
    expect(plan({ devices }, SYSTEMD_HYBRID).deviceProgram).toEqual([]);
    expect(plan({ devices }, V2)).toMatchObject({ writes: [], deviceProgram: devices });
  });

  test("rules that forbid nothing need nothing", () => {
    expect(plan({ devices: [{ allow: true, access: "rwm" }] }, NONE)).toMatchObject({ writes: [], deviceProgram: [] });
  });

  test("are refused where neither is there", () => {
    expect(refusal({ devices }, V1).message).toBe(
      "cannot enforce the device rules: the devices controller is not mounted",
    );
    expect(refusal({ devices }, NONE).remedy).toBe("mount it: mount -t cgroup2 cgroup2 /sys/fs/cgroup");
  });
});

describe("refusals name the option, the reason and the remedy", () => {
  test("memory switched off by the firmware", () => {
    const error = refusal({ memory: { limit: 67_108_864 } }, PI);
    expect(error.message).toBe("cannot enforce --memory: the memory controller is disabled");
    expect(error.remedy).toBe(
      "add cgroup_enable=memory cgroup_memory=1 to the kernel command line (Raspberry Pi: /boot/firmware/cmdline.txt) and reboot",
    );
    expect(refusal({ memory: { reservation: 1 } }, PI).message).toStartWith("cannot enforce --memory-reservation:");
  });

  test("not mounted, not delegated, not in the kernel", () => {
    expect(refusal({ pids: { limit: 5 } }, V1)).toMatchObject({
      message: "cannot enforce --pids-limit: the pids controller is not mounted",
      remedy: "mount it: mkdir -p /sys/fs/cgroup/pids && mount -t cgroup -o pids cgroup /sys/fs/cgroup/pids",
    });
    const undelegated = { ...V2, controllers: "memory pids\n" };
    expect(refusal({ cpu: { shares: 5 } }, undelegated).message).toBe(
      "cannot enforce --cpu-shares: the cpu controller is not delegated to /sys/fs/cgroup",
    );
    const absent = { ...undelegated, procCgroups: "" };
    expect(refusal({ cpu: { cpus: "0" } }, absent)).toMatchObject({
      message: "cannot enforce --cpuset-cpus: the kernel has no cpuset controller",
      remedy: "use a kernel with CONFIG_CPUSETS=y",
    });
    expect(refusal({ memory: { limit: 9_999_999 } }, NONE).message).toBe(
      "cannot enforce --memory: no cgroup file system is mounted",
    );
  });

  test("memory-swap without memory, or below it", () => {
    expect(refusal({ memory: { swap: 9_999_999 } }, V2).remedy).toBe("give --memory as well");
    expect(refusal({ memory: { swap: 5, limit: 9_999_999 } }, V1).message).toContain("--memory-swap");
  });

  test("numbers that are none", () => {
    for (const limit of [1.5, 1e300, Number.POSITIVE_INFINITY]) {
      expect(refusal({ memory: { limit } }, V2).message).toContain("--memory");
      expect(refusal({ pids: { limit } }, V1).message).toContain("--pids-limit");
    }
    for (const shares of [1, 262_145]) expect(refusal({ cpu: { shares } }, V2).message).toContain("--cpu-shares");
  });
});
