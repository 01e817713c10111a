// `bunker info`: the machine as bunker sees it.

import type { Command } from "../command.ts";

export const info = {
  name: "info",
  summary: "Print what this machine offers and holds: kernel, cgroups, store, containers",
  group: "machine",
  usage: ["bunker info [OPTIONS]"],
  options: [
    {
      name: "format",
      short: "f",
      kind: "string",
      value: "FORMAT",
      choices: ["json"],
      help: "json: one object on one line",
    },
  ],
  stopAtFirstOperand: false,
  minOperands: 0,
  maxOperands: 0,
  operandName: "",
  examples: [
    { command: "bunker info", does: "for people" },
    { command: "bunker info --format json", does: "for programs" },
    { command: "bunker info -f json | jq .Containers", does: "how many containers there are" },
  ],
} as const satisfies Command;
