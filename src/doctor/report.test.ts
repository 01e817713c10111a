import { describe, expect, test } from "bun:test";
import type { Info } from "./info.ts";
import { doctorExitCode, doctorJson, doctorText, infoJson, infoText } from "./report.ts";
import type { Answer } from "./types.ts";

const good: Answer = { name: "kernel", since: "5.10", status: "ok", found: "6.1.0" };
const odd: Answer = { name: "pids controller", status: "warn", found: "not\nmounted\x1b[2J", remedy: "mount it" };
const bad: Answer = { name: "overlay", status: "fail", found: "none", remedy: "use another kernel" };

describe("doctor", () => {
  test("text: a line each, the remedy below, control characters made visible", () => {
    expect(doctorText([good, odd, bad])).toBe(
      [
        "ok    kernel           6.1.0",
        "warn  pids controller  not\\nmounted\\x1b[2J",
        "                       → mount it",
        "FAIL  overlay          none",
        "                       → use another kernel",
        "",
        "containers cannot run here: 1 thing to change",
        "",
      ].join("\n"),
    );
    expect(doctorText([good, odd])).toEndWith("\ncontainers can run here; 1 thing to know about\n");
    expect(doctorText([good])).toEndWith("\ncontainers can run here\n");
    expect(doctorText([])).toBe("\ncontainers can run here\n");
  });

  test("JSON: one line", () => {
    const text = doctorJson([good, bad]);
    expect(text.indexOf("\n")).toBe(text.length - 1);
    expect(JSON.parse(text)).toEqual({
      Ready: false,
      Failed: 1,
      Warned: 0,
      Checks: [
        { Name: "kernel", Status: "ok", Found: "6.1.0", Since: "5.10" },
        { Name: "overlay", Status: "fail", Found: "none", Remedy: "use another kernel" },
      ],
    });
  });

  test("only what fails makes the exit code bad", () => {
    expect(doctorExitCode([good, odd])).toBe(0);
    expect(doctorExitCode([bad])).toBe(1);
  });
});

const info: Info = {
  version: "1.0",
  kernel: "6.1.0",
  machine: "aarch64",
  hostname: "board",
  processors: 4,
  memory: 512 * 1024 * 1024,
  swap: 0,
  cgroup: { mode: "hybrid", v1: ["memory"], v2: [] },
  root: "/var/lib/bunker",
  run: "/run/bunker",
  containers: { total: 3, running: 1, stopped: 2 },
  images: 2,
  storage: { layers: "directories", type: "ext4", total: 8e9, free: 500, compressors: undefined, loops: undefined },
};

describe("info", () => {
  test("text", () => {
    expect(infoText(info)).toBe(`containers      3 (1 running, 2 stopped)
images          2
kernel          6.1.0
architecture    aarch64
host name       board
processors      4
memory          512 MiB, no swap
control groups  hybrid: v2 (none), v1 (memory)
root directory  /var/lib/bunker
run directory   /run/bunker
file system     ext4, 500 bytes of 7.5 GiB free
layers          directories
compressors     unknown
loop devices    none
bunker          1.0
`);
  });

  test("JSON: Docker's names, null for what is not known", () => {
    const parsed = JSON.parse(infoJson(info));
    expect(parsed).toMatchObject({
      Containers: 3,
      ContainersRunning: 1,
      NCPU: 4,
      MemTotal: 536_870_912,
      CgroupVersion: "1",
    });
    expect(parsed.Storage).toMatchObject({ Compressors: null, LoopDevices: null });
    expect(JSON.parse(infoJson({ ...info, cgroup: { mode: "v2", v1: [], v2: ["cpu"] } })).CgroupVersion).toBe("2");
  });
});
