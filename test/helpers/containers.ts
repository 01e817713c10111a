// A state directory with containers in it that never ran: the files that bunker and the monitor would have written.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { EXIT_RECORD, LIVE } from "../../src/plan/memory.ts";
import { containerDir, exitPath, lockPath, makeDirectories, namePath, type Paths } from "../../src/state/paths.ts";
import type { ContainerRecord } from "../../src/state/record.ts";
import { CLD_EXITED, CLD_KILLED, SIGTERM } from "../../src/sys/abi/consts.gen.ts";
import { close } from "../../src/sys/file.ts";
import { lockFile } from "../../src/sys/lock.ts";

export interface Written {
  /** Seconds since 1970; the container has a monitor's bytes in its lock file. */
  readonly started?: number;
  /** The launch program's operation that failed, and its errno. */
  readonly failure?: readonly [op: number, errno: number];
  /** Somebody holds the lock. */
  readonly locked?: boolean;
  readonly exit?: { readonly code?: number; readonly signal?: number; readonly seconds: number; readonly oom?: string };
  /** Instead of the record. */
  readonly raw?: string;
}

export interface FakeState extends Disposable {
  readonly paths: Paths;
  /** Makes a container; returns its record. */
  add(fields: Partial<ContainerRecord>, written?: Written): ContainerRecord;
  /** Lets go of a container's lock, as the end of its monitor does. */
  unlock(id: string): void;
}

/** An id of 64 digits that begins with `start`. */
export function fakeId(start: string): string {
  return start.padEnd(64, "0");
}

export function makeRecord(fields: Partial<ContainerRecord>): ContainerRecord {
  return {
    version: 1,
    id: fakeId("a1"),
    name: "web",
    image: { name: "alpine:3.20", id: `sha256:${"5".repeat(64)}` },
    created: Date.UTC(2027, 0, 31, 12),
    autoRemove: false,
    attached: false,
    interactive: false,
    terminal: false,
    labels: {},
    network: "none",
    privileged: false,
    stopSignal: SIGTERM,
    stopTimeout: 10,
    cgroup: { dirs: [], joinFiles: [], namespaceMounts: [] },
    log: { maxSize: 1_000_000, maxFiles: 3 },
    command: ["/bin/sh", "-c", "sleep 1000"],
    ...fields,
  };
}

export function makeState(): FakeState {
  const base = mkdtempSync(join(tmpdir(), "bunker-state-"));
  const paths: Paths = { root: `${base}/root`, run: `${base}/run` };
  makeDirectories(paths);
  const locks = new Map<string, number>();
  return {
    paths,
    add(fields, written = {}) {
      const record = makeRecord(fields);
      mkdirSync(containerDir(paths, record.id));
      symlinkSync(record.id, namePath(paths, record.name));
      writeFileSync(`${containerDir(paths, record.id)}/record.json`, written.raw ?? JSON.stringify(record));
      writeMonitorBytes(paths, record.id, written);
      if (written.locked === true) {
        const fd = lockFile(lockPath(paths, record.id), { wait: false });
        if (fd !== undefined) locks.set(record.id, fd);
      }
      return record;
    },
    unlock(id) {
      const fd = locks.get(id);
      if (fd !== undefined) close(fd);
      locks.delete(id);
    },
    [Symbol.dispose]() {
      for (const fd of locks.values()) close(fd);
      rmSync(base, { recursive: true, force: true });
    },
  };
}

function writeMonitorBytes(paths: Paths, id: string, { started, failure, exit }: Written): void {
  if (started !== undefined || failure !== undefined) {
    const live = new DataView(new ArrayBuffer(LIVE.size));
    const put = (at: number, value: number) => live.setBigInt64(at, BigInt(value), true);
    put(LIVE.initPid, failure === undefined ? 4_000_001 : 0);
    put(LIVE.monitorPid, 4_000_000);
    put(LIVE.startedSeconds, started ?? 0);
    put(LIVE.failedOp, failure?.[0] ?? 0);
    put(LIVE.failedErrno, failure?.[1] ?? 0);
    writeFileSync(lockPath(paths, id), new Uint8Array(live.buffer));
  }
  if (exit === undefined) return;
  const bytes = new DataView(new ArrayBuffer(EXIT_RECORD.size));
  const put = (at: number, value: number) => bytes.setBigInt64(at, BigInt(value), true);
  put(EXIT_RECORD.code, exit.signal === undefined ? CLD_EXITED : CLD_KILLED);
  put(EXIT_RECORD.status, exit.signal ?? exit.code ?? 0);
  put(EXIT_RECORD.seconds, exit.seconds);
  writeFileSync(exitPath(paths, id), Buffer.concat([new Uint8Array(bytes.buffer), Buffer.from(exit.oom ?? "")]));
}
