import { describe, expect, test } from "bun:test";

import { fakeId, makeRecord } from "../../test/helpers/containers.ts";
import { ago, commandText, duration, ellipsis, labelText, psRow, statusText } from "./describe.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// The results of Go's units.HumanDuration for the same lengths.
test("durations are in Docker's words", () => {
  const table: [milliseconds: number, words: string][] = [
    [-5 * HOUR, "Less than a second"],
    [0, "Less than a second"],
    [999, "Less than a second"],
    [SECOND, "1 second"],
    [1999, "1 second"],
    [45 * SECOND, "45 seconds"],
    [MINUTE - 1, "59 seconds"],
    [MINUTE, "About a minute"],
    [2 * MINUTE - 1, "About a minute"],
    [3 * MINUTE, "3 minutes"],
    [HOUR - 1, "59 minutes"],
    [HOUR, "About an hour"],
    [89 * MINUTE, "About an hour"],
    [90 * MINUTE, "2 hours"],
    [35 * HOUR, "35 hours"],
    [47 * HOUR + 29 * MINUTE, "47 hours"],
    [47 * HOUR + 30 * MINUTE, "2 days"],
    [13 * DAY, "13 days"],
    [14 * DAY, "2 weeks"],
    [59 * DAY, "8 weeks"],
    [60 * DAY, "2 months"],
    [729 * DAY, "24 months"],
    [730 * DAY, "2 years"],
    [20_000 * DAY, "54 years"],
  ];
  for (const [milliseconds, words] of table)
    expect([milliseconds, duration(milliseconds)]).toEqual([milliseconds, words]);
  expect(ago(10 * SECOND, 13 * SECOND)).toBe("3 seconds ago");
});

test("states are in Docker's words", () => {
  const now = 10 * HOUR;
  const live = { initPid: 2, monitorPid: 1, started: now - 3 * MINUTE };
  const exit = { code: 137, signal: 9, finished: now - 2 * HOUR, oomKilled: false };
  expect(statusText({ status: "running", live }, now)).toBe("Up 3 minutes");
  expect(statusText({ status: "exited", live, exit }, now)).toBe("Exited (137) 2 hours ago");
  expect(statusText({ status: "created" }, now)).toBe("Created");
  expect(statusText({ status: "dead", live }, now)).toBe("Dead: monitor lost");
});

describe("the command", () => {
  test("is quoted and cut to 20 cells", () => {
    expect(commandText(["/bin/sh", "-c", "sleep 1000; echo"], false)).toBe(`"/bin/sh -c 'sleep 1…"`);
    expect(commandText(["/bin/sh", "-c", "sleep 1000; echo"], true)).toBe(`"/bin/sh -c 'sleep 1000; echo'"`);
    expect(commandText(["exactly-twenty-cells"], false)).toBe('"exactly-twenty-cells"');
    expect(commandText([], false)).toBe('""');
  });

  test("cannot end its quotes or drive the terminal", () => {
    expect(commandText(['a"b\\c\n\x1b[2J\t\u009b'], true)).toBe('"a\\"b\\\\c\\n\\x1b[2J\\t\\x9b"');
  });

  test("is measured in cells, also where it is a megabyte long", () => {
    expect(ellipsis("日本語", 6)).toBe("日本語");
    expect(ellipsis("日本語日本語", 6)).toBe("日本…");
    expect(ellipsis("日本語日本語", 7)).toBe("日本語…");
    expect(ellipsis("é".repeat(1 << 20), 4)).toBe("ééé…");
    expect(ellipsis("x".repeat(1 << 20), 4)).toBe("xxx…");
    // letters that take no room
    expect(ellipsis("e" + "\u0301".repeat(100_000), 20).length).toBeLessThan(400);
  });
});

test("labels are in order", () => {
  expect(labelText({ b: "2", a: "1", c: "" })).toBe("a=1,b=2,c=");
  expect(labelText({})).toBe("");
});

test("a row has Docker's fields", () => {
  const record = makeRecord({ id: fakeId("ab"), labels: { site: "north" }, network: "host" });
  const row = psRow(record, { status: "created" }, false, record.created + 5 * SECOND);
  expect(row).toEqual({
    Command: `"/bin/sh -c 'sleep 1…"`,
    CreatedAt: "2027-01-31 12:00:00 +0000 UTC",
    ID: "ab0000000000",
    Image: "alpine:3.20",
    Labels: "site=north",
    LocalVolumes: "0",
    Mounts: "",
    Names: "web",
    Networks: "host",
    Ports: "",
    RunningFor: "5 seconds ago",
    Size: "0B",
    State: "created",
    Status: "Created",
  });
  expect(psRow(record, { status: "created" }, true, 0).ID).toBe(fakeId("ab"));
});
