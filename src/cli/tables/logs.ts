// `bunker logs`: what a container wrote to its standard output and error.

import type { Command } from "../command.ts";

export const logs = {
  name: "logs",
  summary: "Print the output of a container",
  group: "containers",
  usage: ["bunker logs [OPTIONS] CONTAINER"],
  description: [
    "Standard output goes to standard output, and standard error to standard error. TIME is a date and time (2027-01-31T12:00:00Z), seconds since 1970, or a time ago (90s, 15m, 2h).",
  ],
  options: [
    { name: "follow", short: "f", kind: "flag", help: "Go on with new output until the container ends" },
    { name: "timestamps", short: "t", kind: "flag", help: "Put the time of writing before every line" },
    { name: "tail", short: "n", kind: "string", value: "NUMBER", help: "Only the last lines (default: all)" },
    { name: "since", kind: "string", value: "TIME", help: "Only what was written since then" },
    { name: "until", kind: "string", value: "TIME", help: "Only what was written before then" },
  ],
  stopAtFirstOperand: false,
  minOperands: 1,
  maxOperands: 1,
  operandName: "CONTAINER",
  completeOperands: ["container"],
  examples: [
    { command: "bunker logs web", does: "everything that is kept" },
    { command: "bunker logs -f -n 20 web", does: "the last 20 lines and all that follow" },
    { command: "bunker logs -t --since 15m web", does: "the last quarter of an hour, with times" },
  ],
} as const satisfies Command;
