// Tables as Docker prints them, so that scripts that cut columns out of `docker ps` keep working: headers in capitals,
// every cell but the last one of a line padded to its column.
//
// A list of a hundred containers is seven hundred cells in a process that is a few milliseconds old: plain loops, and
// measuring only what is not plain.

import { printable } from "./printable.ts";

/** The least between two columns, and the least that a column takes with it: those of Docker's tabwriter. */
const GAP = 3;
const LEAST = 10;
const PLAIN = /^[ -~]*$/;

/** The table's text: a line for the headers and one for every row, each with as many cells as there are headers. */
export function formatTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines: string[][] = [headers.map((header) => header.toUpperCase())];
  const widths: number[] = [];
  for (const header of headers) widths.push(Math.max(LEAST, widthOf(header) + GAP));
  for (const row of rows) lines.push(measured(row, widths));
  let text = "";
  for (const line of lines) text += alignLine(line, widths);
  return text;
}

/** A row as it can be shown; `widths` grow where it needs more. */
function measured(row: readonly string[], widths: number[]): string[] {
  if (row.length !== widths.length) throw new RangeError(`${row.length} cells under ${widths.length} headers`);
  const cells: string[] = [];
  for (const cell of row) {
    const text = PLAIN.test(cell) ? cell : printable(cell);
    const width = widthOf(text) + GAP;
    if (width > (widths[cells.length] ?? 0)) widths[cells.length] = width;
    cells.push(text);
  }
  return cells;
}

function widthOf(text: string): number {
  return PLAIN.test(text) ? text.length : Bun.stringWidth(text);
}

function alignLine(cells: readonly string[], widths: readonly number[]): string {
  let line = "";
  for (let column = 0; column < cells.length - 1; column++) line += pad(cells[column] ?? "", widths[column] ?? 0);
  return `${line}${cells.at(-1) ?? ""}\n`;
}

/** The text with spaces after it, up to `width` character cells. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}
