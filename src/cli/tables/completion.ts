// `bunker completion`: scripts that teach a shell bunker's verbs, options and names.

import type { Command } from "../command.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

export const completion = {
  name: "completion",
  summary: "Print a script that completes bunker's command line in a shell",
  group: "machine",
  usage: ["bunker completion bash|zsh|fish"],
  options: [],
  stopAtFirstOperand: false,
  minOperands: 1,
  maxOperands: 1,
  operandName: "bash|zsh|fish",
  completeOperands: [SHELLS],
  examples: [
    { command: "source <(bunker completion bash)", does: "this bash, now" },
    {
      command: "bunker completion bash > /usr/share/bash-completion/completions/bunker",
      does: "every bash that has the bash-completion package",
    },
    {
      command: "bunker completion zsh > /usr/share/zsh/site-functions/_bunker",
      does: "every zsh that has run compinit",
    },
    {
      command: "bunker completion fish > ~/.config/fish/completions/bunker.fish",
      does: "your fish",
    },
  ],
} as const satisfies Command;
