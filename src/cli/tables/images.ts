// `bunker images`: the images in the store.

import type { Command } from "../command.ts";

export const images = {
  name: "images",
  summary: "List images",
  group: "images",
  usage: ["bunker images [OPTIONS] [NAME[:TAG]]"],
  options: [
    { name: "quiet", short: "q", kind: "flag", help: "Print only the IDs" },
    { name: "no-trunc", kind: "flag", help: "Print the IDs in full" },
    {
      name: "format",
      kind: "string",
      value: "FORMAT",
      choices: ["table", "json"],
      help: "table, or json: an object a line (default table)",
    },
  ],
  stopAtFirstOperand: false,
  minOperands: 0,
  maxOperands: 1,
  operandName: "NAME[:TAG]",
  completeOperands: ["image"],
  examples: [
    { command: "bunker images", does: "all images" },
    { command: "bunker images app", does: "all tags of one" },
    { command: "bunker images -q --no-trunc", does: "the full IDs, for a script" },
  ],
} as const satisfies Command;
