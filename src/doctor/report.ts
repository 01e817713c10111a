// What doctor and info print: columns for people, one JSON object on one line for programs.

import { pad } from "../text/table.ts";
import { printable } from "../text/printable.ts";
import { EXIT } from "../errors.ts";
import type { Info } from "./info.ts";
import type { Answer } from "./types.ts";

const MARK = { ok: "ok", warn: "warn", fail: "FAIL" } as const;

export interface Verdict {
  readonly failed: number;
  readonly warned: number;
}

export function verdict(answers: readonly Answer[]): Verdict {
  const count = (status: Answer["status"]): number => answers.filter((answer) => answer.status === status).length;
  return { failed: count("fail"), warned: count("warn") };
}

/** 0 where containers can run. */
export function doctorExitCode(answers: readonly Answer[]): number {
  return verdict(answers).failed === 0 ? EXIT.ok : EXIT.failure;
}

function conclusion({ failed, warned }: Verdict): string {
  const things = (count: number): string => (count === 1 ? "1 thing" : `${count} things`);
  if (failed > 0) return `containers cannot run here: ${things(failed)} to change`;
  if (warned > 0) return `containers can run here; ${things(warned)} to know about`;
  return "containers can run here";
}

/** A line for every answer, its remedy below it, and a conclusion. */
export function doctorText(answers: readonly Answer[]): string {
  const width = Math.max(...answers.map(({ name }) => name.length), 0) + 2;
  const lines = answers.flatMap((answer) => {
    const line = `${pad(MARK[answer.status], 6)}${pad(answer.name, width)}${printable(answer.found)}`;
    return answer.status === "ok" ? [line] : [line, `${" ".repeat(6 + width)}→ ${printable(answer.remedy)}`];
  });
  return `${[...lines, "", conclusion(verdict(answers))].join("\n")}\n`;
}

export function doctorJson(answers: readonly Answer[]): string {
  const { failed, warned } = verdict(answers);
  return `${JSON.stringify({ Ready: failed === 0, Failed: failed, Warned: warned, Checks: answers.map(capitalised) })}\n`;
}

/** Keys in the style of all of bunker's JSON, which is Docker's. */
function capitalised(answer: Answer): Record<string, string> {
  const fields = { Name: answer.name, Status: answer.status, Found: answer.found };
  const remedy = answer.status === "ok" ? {} : { Remedy: answer.remedy };
  return { ...fields, ...remedy, ...(answer.since === undefined ? {} : { Since: answer.since }) };
}

function bytes(count: number): string {
  if (count < 1024 * 1024) return `${count} bytes`;
  const mib = count / (1024 * 1024);
  return mib < 1024 ? `${mib.toFixed(0)} MiB` : `${(mib / 1024).toFixed(1)} GiB`;
}

function cgroupText({ cgroup }: Info): string {
  const list = (names: readonly string[]): string => (names.length === 0 ? "none" : names.join(", "));
  switch (cgroup.mode) {
    case "v2":
      return `v2 (${list(cgroup.v2)})`;
    case "v1":
      return `v1 (${list(cgroup.v1)})`;
    case "hybrid":
      return `hybrid: v2 (${list(cgroup.v2)}), v1 (${list(cgroup.v1)})`;
    case "none":
      return "none mounted";
  }
}

export function infoText(info: Info): string {
  const { storage } = info;
  const loops = storage.loops === undefined ? "none" : `${storage.loops.used} of ${storage.loops.total} in use`;
  const rows: [string, string][] = [
    ["containers", `${info.containers.total} (${info.containers.running} running, ${info.containers.stopped} stopped)`],
    ["images", String(info.images)],
    ["kernel", info.kernel],
    ["architecture", info.machine],
    ["host name", info.hostname],
    ["processors", String(info.processors)],
    ["memory", `${bytes(info.memory)}, ${info.swap === 0 ? "no swap" : `${bytes(info.swap)} of swap`}`],
    ["control groups", cgroupText(info)],
    ["root directory", info.root],
    ["run directory", info.run],
    ["file system", `${storage.type}, ${bytes(storage.free)} of ${bytes(storage.total)} free`],
    ["layers", storage.layers],
    ["compressors", storage.compressors?.join(", ") ?? "unknown"],
    ["loop devices", loops],
    ["bunker", info.version],
  ];
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, value]) => `${pad(name, width)}${printable(value)}\n`).join("");
}

/** Docker's names where Docker has the field. */
export function infoJson(info: Info): string {
  const { storage, cgroup } = info;
  const fields = {
    Containers: info.containers.total,
    ContainersRunning: info.containers.running,
    ContainersStopped: info.containers.stopped,
    Images: info.images,
    Name: info.hostname,
    KernelVersion: info.kernel,
    OSType: "linux",
    Architecture: info.machine,
    NCPU: info.processors,
    MemTotal: info.memory,
    SwapTotal: info.swap,
    CgroupVersion: cgroup.mode === "v2" ? "2" : "1",
    CgroupMode: cgroup.mode,
    CgroupControllers: { V1: cgroup.v1, V2: cgroup.v2 },
    RootDir: info.root,
    RunDir: info.run,
    Storage: {
      Layers: storage.layers,
      FileSystem: storage.type,
      Total: storage.total,
      Free: storage.free,
      Compressors: storage.compressors ?? null,
      LoopDevices: storage.loops === undefined ? null : { Total: storage.loops.total, Used: storage.loops.used },
    },
    ServerVersion: info.version,
  };
  return `${JSON.stringify(fields)}\n`;
}
