// `bunker rm`: removes containers and what they wrote.

import type { Command } from "../command.ts";

export const rm = {
  name: "rm",
  summary: "Remove containers",
  group: "containers",
  usage: ["bunker rm [OPTIONS] CONTAINER [CONTAINER...]"],
  description: ["Removes the containers' records, logs and written files. A running container is refused without -f."],
  options: [
    {
      name: "force",
      short: "f",
      kind: "flag",
      help: "Kill what still runs (SIGKILL); a missing container is no error",
    },
    {
      name: "volumes",
      short: "v",
      kind: "flag",
      help: "Also remove the unnamed volumes that were made for the container",
    },
  ],
  stopAtFirstOperand: false,
  minOperands: 1,
  maxOperands: Infinity,
  operandName: "CONTAINER",
  completeOperands: ["container"],
  examples: [
    { command: "bunker rm web", does: "by name" },
    { command: "bunker rm -f web", does: "even where it runs" },
    { command: "bunker rm $(bunker ps -aq --filter status=exited)", does: "all that have ended" },
  ],
} as const satisfies Command;
