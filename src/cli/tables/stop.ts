// `bunker stop`: asks containers to end, and kills those that do not.

import type { Command } from "../command.ts";
import { SIGNALS } from "./signals.ts";

export const stop = {
  name: "stop",
  summary: "Stop running containers",
  group: "containers",
  usage: ["bunker stop [OPTIONS] CONTAINER [CONTAINER...]"],
  description: [
    "Sends the container's stop signal, waits, and kills what is still running when the time is over. A container that has ended already is no error.",
  ],
  options: [
    {
      name: "timeout",
      short: "t",
      aliases: ["time"],
      kind: "string",
      value: "SECONDS",
      help: "Time to wait before killing (default: the container's own, else 10; 0: kill at once; -1: wait as long as it takes)",
    },
    {
      name: "signal",
      short: "s",
      kind: "string",
      value: "SIGNAL",
      complete: SIGNALS,
      help: "Signal to send first (default: the container's own, else SIGTERM)",
    },
  ],
  stopAtFirstOperand: false,
  minOperands: 1,
  maxOperands: Infinity,
  operandName: "CONTAINER",
  completeOperands: ["container"],
  examples: [
    { command: "bunker stop web", does: "by name" },
    { command: "bunker stop -t 30 db", does: "half a minute to write its data" },
    { command: "bunker stop $(bunker ps -q)", does: "all that run" },
  ],
} as const satisfies Command;
