// `bunker version`: what this executable is.

import type { Command } from "../command.ts";

export const version = {
  name: "version",
  summary: "Print the versions of bunker and of what it is made with",
  group: "machine",
  usage: ["bunker version [OPTIONS]"],
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
    { command: "bunker version", does: "for people" },
    { command: "bunker version --format json", does: "for programs" },
    { command: "bunker --version", does: "one line" },
  ],
} as const satisfies Command;
