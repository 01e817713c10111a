// `bunker ps`: the containers of this machine.

import type { Command } from "../command.ts";

const FILTERS = ["ancestor=", "exited=", "id=", "label=", "name=", "status=created", "status=exited", "status=running"];

export const ps = {
  name: "ps",
  summary: "List containers",
  group: "containers",
  usage: ["bunker ps [OPTIONS]"],
  options: [
    { name: "all", short: "a", kind: "flag", help: "Show all containers (default: only those that run)" },
    { name: "quiet", short: "q", kind: "flag", help: "Print only the IDs" },
    { name: "no-trunc", kind: "flag", help: "Print IDs and commands in full" },
    { name: "last", short: "n", kind: "string", value: "NUMBER", help: "Show this many of the newest, in any state" },
    { name: "latest", short: "l", kind: "flag", help: "Show the newest container, in any state" },
    {
      name: "filter",
      short: "f",
      kind: "list",
      value: "KEY=VALUE",
      complete: FILTERS,
      help: "Show only those with this status, name, id, label (NAME or NAME=VALUE), exited (exit status) or ancestor (image). Of one key any value counts, of labels all; different keys must all hold",
    },
    {
      name: "format",
      kind: "string",
      value: "FORMAT",
      complete: ["table", "json"],
      help: "table, json (an object a line), or a template such as '{{.Names}}' (default table)",
    },
  ],
  stopAtFirstOperand: false,
  minOperands: 0,
  maxOperands: 0,
  operandName: "",
  examples: [
    { command: "bunker ps", does: "what runs now" },
    { command: "bunker ps -a --filter status=exited", does: "what has ended" },
    { command: "bunker ps -aq --filter label=site=north", does: "the IDs of all with a label" },
    { command: "bunker ps --format json --no-trunc", does: "for a program to read" },
    { command: "bunker ps --format '{{.Names}}: {{.Status}}'", does: "a line of one's own for each" },
  ],
} as const satisfies Command;
