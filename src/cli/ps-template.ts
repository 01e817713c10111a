// `bunker ps --format '{{.Names}}: {{.Status}}'`: a line for each container, or, with the word "table" in front, columns
// under headers, which tabs keep apart.

import type { PsRow } from "../state/describe.ts";
import { formatTable } from "../text/table.ts";
import { compileTemplate } from "./template.ts";

/** Docker's header for each field. */
const HEADERS: Readonly<Record<keyof PsRow, string>> = {
  Command: "command",
  CreatedAt: "created at",
  ID: "container id",
  Image: "image",
  Labels: "labels",
  LocalVolumes: "local volumes",
  Mounts: "mounts",
  Names: "names",
  Networks: "networks",
  Ports: "ports",
  RunningFor: "created",
  Size: "size",
  State: "state",
  Status: "status",
};

/** @throws UsageError for a template that is not supported, or a field that is not there */
export function applyTemplate(rows: readonly PsRow[], format: string): string {
  const [, columns] = /^table\s+(.*)$/s.exec(format) ?? [];
  if (columns === undefined) {
    const line = compileTemplate("ps", format);
    return rows.map((row) => `${line(row)}\n`).join("");
  }
  const cells = columns.split(/\\t|\t/).map((cell) => compileTemplate("ps", cell));
  return formatTable(
    cells.map((cell) => cell(HEADERS)),
    rows.map((row) => cells.map((cell) => cell(row))),
  );
}
