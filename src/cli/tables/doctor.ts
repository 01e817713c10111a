// `bunker doctor`: whether this machine can run containers, and what to change where it cannot.

import type { Command } from "../command.ts";

export const doctor = {
  name: "doctor",
  summary: "Check whether this machine can run containers, and say what to change",
  group: "machine",
  usage: ["bunker doctor [OPTIONS]"],
  description: [
    "Looks at the kernel's features, the cgroup controllers and the store. Changes nothing. Ends with 0 where containers can run, with 1 where something they need is missing.",
  ],
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
    { command: "bunker doctor", does: "every check with its result, and the remedy where there is one" },
    { command: "bunker doctor --format json", does: "for a fleet's inventory" },
    { command: "bunker doctor > /dev/null || echo not ready", does: "in a script" },
  ],
} as const satisfies Command;
