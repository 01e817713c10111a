// `bunker rmi`: removes images from the store.

import type { Command } from "../command.ts";

export const rmi = {
  name: "rmi",
  summary: "Remove images",
  group: "images",
  usage: ["bunker rmi [OPTIONS] IMAGE [IMAGE...]"],
  description: ["Layers go when no image and no container uses them any more."],
  options: [
    {
      name: "force",
      short: "f",
      kind: "flag",
      help: "Remove it also where a stopped container uses it; a missing image is no error",
    },
  ],
  stopAtFirstOperand: false,
  minOperands: 1,
  maxOperands: Infinity,
  operandName: "IMAGE",
  completeOperands: ["image"],
  examples: [
    { command: "bunker rmi app:1.0", does: "one tag" },
    { command: "bunker rmi -f 3f1c2a9b7d04", does: "by ID, with all its tags" },
    { command: "bunker rmi $(bunker images -q app)", does: "all tags of one name" },
  ],
} as const satisfies Command;
