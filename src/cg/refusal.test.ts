import { describe, expect, test } from "bun:test";
import { missingFile } from "./refusal.ts";
import type { CgroupWrite } from "./types.ts";

describe("missingFile", () => {
  const write = (file: string, flag: string, version: 1 | 2 = 2): CgroupWrite => ({
    controller: file.slice(0, file.indexOf(".")),
    version,
    file,
    value: "1",
    flag,
  });

  test("swap accounting, on both versions", () => {
    for (const file of ["memory.swap.max", "memory.memsw.limit_in_bytes"]) {
      const error = missingFile(write(file, "--memory-swap"));
      expect(error.message).toBe("cannot enforce --memory-swap: the kernel does not account swap");
      expect(error.remedy).toContain("swapaccount=1");
      expect(error.remedy).toContain("--memory-swap -1");
    }
  });

  test("processor time and weights", () => {
    for (const file of ["cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us"]) {
      expect(missingFile(write(file, "--cpus")).remedy).toContain("CONFIG_CFS_BANDWIDTH=y");
    }
    expect(missingFile(write("cpu.shares", "--cpu-shares", 1)).remedy).toContain("CONFIG_FAIR_GROUP_SCHED=y");
  });

  test("anything else names the file", () => {
    expect(missingFile(write("memory.zswap.max", "memory.zswap.max"))).toMatchObject({
      message: "cannot enforce memory.zswap.max: the kernel's memory controller has no memory.zswap.max",
    });
  });
});
