// `bunker inspect`: everything that is known about containers and images.

import type { Command } from "../command.ts";

export const inspect = {
  name: "inspect",
  summary: "Print all details of containers and images",
  group: "containers",
  usage: ["bunker inspect [OPTIONS] NAME|ID [NAME|ID...]"],
  description: [
    "Prints a JSON array with the fields that Docker gives them. A container goes before an image of its name.",
  ],
  options: [
    {
      name: "format",
      short: "f",
      kind: "string",
      value: "FORMAT",
      complete: ["json"],
      help: "json (the array on one line, not indented), or a template such as '{{.State.Pid}}'",
    },
    {
      name: "type",
      kind: "string",
      value: "TYPE",
      choices: ["container", "image"],
      help: "Look only for a container, or only for an image",
    },
  ],
  stopAtFirstOperand: false,
  minOperands: 1,
  maxOperands: Infinity,
  operandName: "NAME|ID",
  completeOperands: ["object"],
  examples: [
    { command: "bunker inspect web", does: "a container" },
    { command: "bunker inspect --type image busybox", does: "an image, though a container may have that name" },
    { command: "bunker inspect -f json web | jq '.[0].State'", does: "one part of it" },
  ],
} as const satisfies Command;
