// --log-driver and --log-opt.

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { parseLogging } from "./logging.ts";

test("defaults and values", () => {
  expect(parseLogging(undefined, [])).toEqual({ driver: "bunker" });
  expect(parseLogging("none", [])).toEqual({ driver: "none" });
  expect(parseLogging("bunker", ["max-size=10m", "max-file=3"])).toEqual({
    driver: "bunker",
    maxSize: 10_485_760,
    maxFile: 3,
  });
  expect(parseLogging(undefined, ["max-size=-1"])).toEqual({ driver: "bunker", maxSize: -1 });
  expect(parseLogging(undefined, ["max-file=1", "max-file=2"])).toEqual({ driver: "bunker", maxFile: 2 });
});

test.each([
  ["syslog", [], "for --log-driver: expected bunker or none"],
  ["none", ["max-size=1m"], "there is no log with none"],
  [undefined, ["max-size"], '"max-size" needs a value'],
  [undefined, ["max-size="], "for --log-opt max-size"],
  [undefined, ["max-size=0"], "for --log-opt max-size"],
  [undefined, ["max-size=-2"], "for --log-opt max-size"],
  [undefined, ["max-file=0"], "for --log-opt max-file: expected a number of files from 1 to 100"],
  [undefined, ["max-file=101"], "for --log-opt max-file"],
  [undefined, ["compress=true"], "expected max-size=... or max-file=..."],
  [undefined, [""], "expected max-size"],
  [undefined, ["max-size=1m\0"], "NUL"],
])("refused: %p %p", (driver, options, why) => {
  expect(messageOf(() => parseLogging(driver as string | undefined, options as string[]))).toContain(why as string);
});
