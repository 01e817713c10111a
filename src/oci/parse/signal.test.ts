// Signals by name and number.

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { signalName } from "../signals.ts";
import { parseSignal } from "./signal.ts";

test.each([
  ["SIGTERM", 15],
  ["TERM", 15],
  ["term", 15],
  ["sigKill", 9],
  ["15", 15],
  ["1", 1],
  ["64", 64],
  ["033", 33],
  ["SIGCLD", 17],
  ["IOT", 6],
  ["POLL", 29],
  ["RTMIN", 34],
  ["SIGRTMIN+3", 37],
  ["RTMIN+30", 64],
  ["RTMAX", 64],
  ["SIGRTMAX-14", 50],
])("%s is %d", (text, number) => {
  expect(parseSignal("--stop-signal", text)).toBe(number);
});

test.each(
  [
    [
      "",
      "0",
      "65",
      "-1",
      "+15",
      "1.5",
      "1e1",
      "SIG",
      "SIGSIGTERM",
      "TERM ",
      "SIGUNKNOWN",
      "RTMIN-1",
      "RTMIN+31",
      "RTMAX+1",
    ],
    ["RTMAX-31", "ſIGTERM", "RTMIN+", "RTMINX", "constructor", "TERM\0", "15\n", "SIG15"],
  ].flat(),
)("refused: %p", (text) => {
  expect(messageOf(() => parseSignal("--stop-signal", text))).toContain("for --stop-signal: expected a signal");
});

test("names come back as numbers", () => {
  expect([15, 9, 6, 34, 37, 64, 32].map(signalName)).toEqual([
    "SIGTERM",
    "SIGKILL",
    "SIGABRT",
    "SIGRTMIN",
    "SIGRTMIN+3",
    "SIGRTMIN+30",
    "32",
  ]);
  for (let number = 1; number <= 64; number++) expect(parseSignal("--x", signalName(number))).toBe(number);
});
