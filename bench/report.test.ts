// The page that a run leaves behind, from results that nobody measured.

import { expect, test } from "bun:test";

import { markdownTable, renderReport, type Results } from "./report.ts";

const RESULTS: Results = {
  facts: [["kernel", "6.18 | odd\nname"]],
  rounds: 3,
  goals: [
    { text: "fast", limit: 1, unit: "×", measured: 0.912 },
    { text: "small", limit: 16, unit: "kB", measured: 20 },
    { text: "alone", limit: 0, unit: "processes", measured: undefined },
  ],
  tables: [
    {
      title: "Start",
      intro: "How.",
      baseline: "bunker",
      times: new Map([
        ["bunker", [10, 9, 100]],
        ["peer", [20, 25, 30]],
        ["never", []],
      ]),
      absent: [{ name: "other", why: "Error: it said\n## this | that" }],
    },
  ],
  resident: { monitor: { rss: 8, pss: 8, tables: 24 }, others: 0, conmon: undefined },
  crowd: { monitors: 100, others: 1, memory: { rss: 800, pss: 700, tables: 2400 }, starts: [10, 30, 20] },
  absent: [{ name: "runc", why: "runc is not installed" }],
};

test("a goal is met, missed or not measured", () => {
  const report = renderReport(RESULTS);
  expect(report).toContain("| fast  | ≤ 1 ×         | 0.91 ×       | met        |");
  expect(report).toContain("| small | ≤ 16 kB       | 20 kB        | **missed** |");
  expect(report).toContain("| alone | ≤ 0 processes | not measured |            |");
});

test("times are medians, minima and ratios to the first; what was never measured has no row", () => {
  const report = renderReport(RESULTS);
  expect(report).toContain("| bunker | 10.00     | 9.00   | 1.00 ×   |");
  expect(report).toContain("| peer   | 25.00     | 20.00  | 2.50 ×   |");
  expect(report).not.toContain("never");
});

test("memory, other processes and the crowd's start", () => {
  const report = renderReport(RESULTS);
  expect(report).toContain("| bunker's monitor                  | 8   | 8   | 24          |");
  expect(report).toContain("| 100 monitors of bunker's together | 800 | 700 | 2400        |");
  expect(report).toContain("Other processes of bunker's: 0 beside one running container, 1 beside 100.");
  expect(report).toContain(
    "3 containers with caps, started one after the other: 20.00 ms each (median), 0.1 s together.",
  );
  expect(renderReport({ ...RESULTS, resident: undefined, crowd: undefined })).not.toContain("Resident");
});

test("what was left out is named, and what it said stays on its line", () => {
  const report = renderReport(RESULTS);
  expect(report).toContain("- runc: runc is not installed\n- other: Error: it said ## this \\| that\n");
  expect(report).toContain("| kernel | 6.18 \\| odd name |");
  expect(renderReport({ ...RESULTS, absent: [], tables: [] })).not.toContain("Left out");
});

test("tables are padded", () => {
  expect(markdownTable(["a", "b"], [["long one", ""]])).toBe(
    "| a        | b   |\n| -------- | --- |\n| long one |     |",
  );
});
