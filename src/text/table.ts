// Tables as Docker prints them, so that scripts that cut columns out of `docker ps` keep working: headers in capitals,
// every cell but the last one of a line padded to its column.

import { printable } from "./printable.ts";

/** The least between two columns, and the least that a column takes with it: those of Docker's tabwriter. */
const GAP = 3;
const LEAST = 10;

/** The table's text: a line for the headers and one for every row, each with as many cells as there are headers. */
export function formatTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headers.map((header) => header.toUpperCase()), ...rows.map((row) => row.map(printable))];
  const widths = headers.map((_, column) =>
    lines.reduce((width, line) => Math.max(width, Bun.stringWidth(line[column] ?? "") + GAP), LEAST),
  );
  return lines.map((line) => `${alignLine(line, widths)}\n`).join("");
}

function alignLine(cells: readonly string[], widths: readonly number[]): string {
  if (cells.length !== widths.length) throw new RangeError(`${cells.length} cells under ${widths.length} headers`);
  const last = cells.length - 1;
  return cells.map((cell, column) => (column === last ? cell : pad(cell, widths[column] ?? 0))).join("");
}

/** The text with spaces after it, up to `width` character cells. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - Bun.stringWidth(text)));
}
