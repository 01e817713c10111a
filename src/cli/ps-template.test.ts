import { expect, test } from "bun:test";

import { makeRecord } from "../../test/helpers/containers.ts";
import { psRow } from "../state/describe.ts";
import { applyTemplate } from "./ps-template.ts";

const rows = ["web", "db"].map((name) =>
  psRow(makeRecord({ name, labels: { note: "a\tb" } }), { status: "created" }, false, Date.UTC(2027, 1, 1)),
);

test("a line for each container", () => {
  expect(applyTemplate(rows, "{{.Names}}: {{.Status}}")).toBe("web: Created\ndb: Created\n");
  expect(applyTemplate([], "{{.Names}}")).toBe("");
});

test("columns under headers after the word table", () => {
  const wanted = [
    "CONTAINER ID   NAMES     STATUS",
    "a10000000000   web       Created",
    "a10000000000   db        Created",
    "",
  ];
  expect(applyTemplate(rows, "table {{.ID}}\\t{{.Names}}\\t{{.Status}}")).toBe(wanted.join("\n"));
  expect(applyTemplate(rows, "table {{.ID}}\t{{.Names}}\t{{.Status}}")).toBe(wanted.join("\n"));
  expect(applyTemplate([], "table {{.RunningFor}}\t{{.CreatedAt}}")).toBe("CREATED   CREATED AT\n");
});

test("a tab in a value begins no column", () => {
  expect(applyTemplate(rows.slice(0, 1), "table {{.Labels}}\\t{{.Names}}")).toBe(
    "LABELS      NAMES\nnote=a\\tb   web\n",
  );
});

test("a field that is not there is refused, with those that are", () => {
  expect(() => applyTemplate(rows, "{{.Name}}")).toThrow(
    "there is no field Name, but there are Command, CreatedAt, ID",
  );
  expect(() => applyTemplate([], "table {{.Name}}")).toThrow("there is no field Name");
});
