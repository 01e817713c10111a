// `bunker kill`: sends a signal to the main process of containers.

import type { Command } from "../command.ts";
import { SIGNALS } from "./signals.ts";

export const kill = {
  name: "kill",
  summary: "Kill running containers, or send them a signal",
  group: "containers",
  usage: ["bunker kill [OPTIONS] CONTAINER [CONTAINER...]"],
  options: [
    {
      name: "signal",
      short: "s",
      kind: "string",
      value: "SIGNAL",
      complete: SIGNALS,
      help: "Signal to send, by name or number (default SIGKILL)",
    },
  ],
  stopAtFirstOperand: false,
  minOperands: 1,
  maxOperands: Infinity,
  operandName: "CONTAINER",
  completeOperands: ["container"],
  examples: [
    { command: "bunker kill web", does: "end it at once" },
    { command: "bunker kill -s HUP web", does: "have it read its configuration again" },
    { command: "bunker kill --signal 10 web", does: "a signal by its number" },
  ],
} as const satisfies Command;
