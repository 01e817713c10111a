// Golden files: text that was read and found right, kept beside the tests. When a text changes on purpose, read the
// difference that the test shows, then write the files anew:
//
//   BUNKER_UPDATE_GOLDENS=1 bun test test/golden

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const UPDATE = process.env["BUNKER_UPDATE_GOLDENS"] === "1";
/** Lines before and after a difference. */
const CONTEXT = 3;

/** Compares `text` with the file `name` of this directory; throws an Error that shows what differs. */
export function expectGolden(name: string, text: string): void {
  const path = join(import.meta.dirname, name);
  if (UPDATE) writeFileSync(path, text);
  const golden = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (golden === text) return;
  const hint = `if that is meant: BUNKER_UPDATE_GOLDENS=1 bun test test/golden`;
  throw new Error(
    `test/golden/${name} (-) is not what the code makes now (+):\n\n${differences(golden, text)}\n\n${hint}`,
  );
}

/** The lines that differ, each run of them with a few lines around it. */
export function differences(before: string, after: string): string {
  const marked = align(before.split("\n"), after.split("\n"));
  const near = (index: number) =>
    marked.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some((line) => !line.startsWith(" "));
  return marked
    .map((line, index) => (near(index) ? line : undefined))
    .filter((line, index, all) => line !== undefined || index === 0 || all[index - 1] !== undefined)
    .map((line) => line ?? "...")
    .join("\n");
}

/** Both texts in one, by their longest common subsequence: unchanged lines begin with " ", others with "-" or "+". */
function align(before: readonly string[], after: readonly string[]): string[] {
  const [rows, columns] = [before.length, after.length];
  const common = Array.from({ length: rows + 1 }, () => new Uint16Array(columns + 1));
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      const row = common[i];
      if (row !== undefined)
        row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  for (let i = 0, j = 0; i < rows || j < columns;) {
    if (i < rows && j < columns && before[i] === after[j]) lines.push(` ${before[i++]}`, ...(j++, []));
    else if (i < rows && (j === columns || at(i + 1, j) >= at(i, j + 1))) lines.push(`-${before[i++]}`);
    else lines.push(`+${after[j++]}`);
  }
  return lines;
}
