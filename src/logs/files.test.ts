import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { linkSync, mkdtempSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { frame } from "../../test/helpers/log.ts";
import { close } from "../sys/file.ts";
import { changeOf, FileFrames, type LogFile, openLogFiles, openNewerFiles } from "./files.ts";

let dir = "";
let log = "";
let opened: LogFile[] = [];
let descriptors = 0;

const countDescriptors = () => readdirSync("/proc/self/fd").length;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "bunker-log-"));
  log = join(dir, "log");
  descriptors = countDescriptors();
});

afterEach(() => {
  for (const file of opened) close(file.fd);
  opened = [];
  expect(countDescriptors()).toBe(descriptors);
  rmSync(dir, { recursive: true });
});

function openAll(maxFiles: number): LogFile[] {
  const files = openLogFiles(log, maxFiles);
  opened.push(...files);
  return files;
}

const names = (files: readonly LogFile[]) => files.map(({ path }) => path.slice(dir.length + 1));

function texts(file: LogFile, limit?: number): string[] {
  return Array.from(new FileFrames(file, limit).frames(true), ({ data }) => Buffer.from(data).toString());
}

/** Files of which each holds its own name. */
function write(...suffixes: string[]): void {
  for (const suffix of suffixes) writeFileSync(`${log}${suffix}`, frame(`log${suffix}`));
}

describe("opening", () => {
  test("the oldest comes first, and gaps and strangers are passed over", () => {
    write("", ".1", ".3", ".4", ".x", ".01");
    expect(names(openAll(4))).toEqual(["log.3", "log.1", "log"]);
  });

  test("nothing there", () => {
    expect(openAll(3)).toEqual([]);
  });

  test("a log between two steps of a rotation has no file of the first name", () => {
    write(".1", ".2");
    expect(names(openAll(3))).toEqual(["log.2", "log.1"]);
  });

  test("a file that is met under two names is there once", () => {
    write("", ".2");
    linkSync(log, `${log}.1`);
    expect(names(openAll(3))).toEqual(["log.2", "log"]);
  });
});

describe("what has become of a file", () => {
  test("nothing, while it only grows or is away for a moment", () => {
    write("");
    const file = openAll(1).at(0) as LogFile;
    expect(changeOf(file, log, file.size)).toBeUndefined();
    renameSync(log, `${log}.1`);
    expect(changeOf(file, log, file.size)).toBeUndefined();
  });

  test("another is in its place", () => {
    write("");
    const file = openAll(1).at(0) as LogFile;
    renameSync(log, `${log}.1`);
    write("");
    expect(changeOf(file, log, 0)).toBe("replaced");
  });

  test("it was cut", () => {
    write("");
    const file = openAll(1).at(0) as LogFile;
    truncateSync(log);
    expect(changeOf(file, log, file.size)).toBe("restarted");
    expect(changeOf(file, log, 0)).toBeUndefined();
  });
});

describe("the newer files", () => {
  test("are those that began after it", () => {
    write("", ".1", ".2");
    const [oldest, middle, newest] = openAll(3) as [LogFile, LogFile, LogFile];
    const newer = (file: LogFile) => {
      const files = openNewerFiles(file, log, 3);
      opened.push(...files);
      return names(files);
    };
    expect(newer(oldest)).toEqual(["log.1", "log"]);
    expect(newer(middle)).toEqual(["log"]);
    expect(newer(newest)).toEqual([]);
    renameSync(log, `${log}.1`);
    write("");
    expect(newer(newest)).toEqual(["log"]);
    // gone: all that is kept is newer
    rmSync(`${log}.1`);
    expect(newer(newest)).toEqual(["log.2", "log"]);
  });
});

describe("the frames of a file", () => {
  test("are read from its beginning each time, wherever its name has gone", () => {
    write("");
    const file = openAll(1).at(0) as LogFile;
    rmSync(log);
    expect(texts(file)).toEqual(["log"]);
    expect(texts(file)).toEqual(["log"]);
  });

  test("end where the file ended when it was opened, if asked to", () => {
    write("");
    const file = openAll(1).at(0) as LogFile;
    writeFileSync(log, frame("more"), { flag: "a" });
    expect(texts(file, file.size)).toEqual(["log"]);
    expect(texts(file)).toEqual(["log", "more"]);
  });
});
