import { describe, expect, test } from "bun:test";

import { UsageError } from "../errors.ts";
import { compileTemplate } from "./template.ts";

const SUBJECT = {
  Name: "/web",
  Args: ["-c", "sleep 1"],
  Nothing: null,
  State: { Pid: 42, Running: true },
  Config: { Labels: { "org.site": "north", 'a"b': "quoted" }, Env: [] },
};
const apply = (template: string) => compileTemplate("inspect", template)(SUBJECT);

test("fields, json and index, between text", () => {
  const table: [template: string, text: string][] = [
    ["", ""],
    ["plain", "plain"],
    ["{{.Name}}", "/web"],
    ["{{ .State.Pid }}", "42"],
    ["{{.Name}}: {{.State.Pid}}\\t{{.State.Running}}\\n", "/web: 42\ttrue\n"],
    ["{{json .State}}", '{"Pid":42,"Running":true}'],
    ["{{json .State.Pid}}{{json .Name}}", '42"/web"'],
    ["{{json .Nothing}}", "null"],
    ["{{json .}}", JSON.stringify(SUBJECT)],
    ['{{index .Config.Labels "org.site"}}', "north"],
    ['{{index .Config.Labels "a\\"b"}}', "quoted"],
    ['{{index .Config.Labels "none"}}', ""],
    ['{{index .Config.Labels "toString"}}', ""],
    ["{{index .Args 1}}", "sleep 1"],
    ["{{index .Args 9}}", ""],
    ['{{index . "Config" "Labels" "org.site"}}', "north"],
    // as Go prints them
    ["{{.Args}}", "[-c sleep 1]"],
    ["{{.State}}", "map[Pid:42 Running:true]"],
    ["{{.Nothing}}", "<nil>"],
    ["{{.Config.Env}}", "[]"],
  ];
  for (const [template, text] of table) expect([template, apply(template)]).toEqual([template, text]);
});

describe("refused", () => {
  const table: [template: string, why: string][] = [
    ["{{.Nam}}", "there is no field Nam, but there are Name, Args"],
    ["{{.State.Pid.x}}", "there is no field x"],
    ["{{.State.constructor}}", "there is no field constructor, but there are Pid, Running"],
    ["{{.__proto__}}", "there is no field __proto__"],
    ["{{.Nothing.x}}", "there is no field x"],
    ["{{range .Args}}{{.}}{{end}}", "{{range .Args}} is not supported"],
    ["{{if .Name}}x{{end}}", "{{if .Name}} is not supported"],
    ["{{upper .Name}}", "{{upper .Name}} is not supported"],
    ["{{.Name | json}}", "{{.Name | json}} is not supported"],
    ['{{index .Args "a" b}}', '{{index .Args "a" b}} is not supported'],
    ["{{index .Args}}", "{{index .Args}} is not supported"],
    ["{{}}", "{{}} is not supported"],
    ["{{Name}}", "{{Name}} is not supported"],
    ["{{.Name", "{{ and }} do not match"],
    ["x}}", "{{ and }} do not match"],
    ['{{index .Args "\\x"}}', '"\\x" is no string'],
  ];
  for (const [template, why] of table) {
    test(template, () => {
      expect(() => apply(template)).toThrow(UsageError);
      expect(() => apply(template)).toThrow(`invalid value ${JSON.stringify(template)} for --format: ${why}`);
    });
  }

  test("before anything is printed, where it cannot be right for any object", () => {
    expect(() => compileTemplate("ps", "{{range .}}")).toThrow(UsageError);
    expect(() => compileTemplate("ps", "{{.Unknown}}")).not.toThrow();
  });
});

test("a megabyte of braces is no trouble", () => {
  expect(() => apply("{{".repeat(1 << 19))).toThrow(UsageError);
  expect(() => apply("{{}}".repeat(1 << 18))).toThrow(UsageError);
  expect(() => apply(`{{index . ${'"x" '.repeat(1 << 16)} ! }}`)).toThrow(UsageError);
  expect(apply("{{.State.Pid}}".repeat(1 << 12))).toHaveLength(2 << 12);
});
