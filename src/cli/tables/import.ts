// `bunker import`: an image from a directory tree or from a ready squashfs file.

import type { Command } from "../command.ts";

const INSTRUCTIONS = ["CMD", "ENTRYPOINT", "ENV", "EXPOSE", "LABEL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"];

export const importImage = {
  name: "import",
  summary: "Make an image from a directory or a squashfs file",
  group: "images",
  usage: ["bunker import [OPTIONS] DIR|FILE.squashfs NAME[:TAG]"],
  description: [
    "A directory is read with its owners, modes, times, links, devices and extended attributes, and is packed into one squashfs file. A squashfs file is taken as it is.",
    "Run it as root, or files lose their owners and some cannot be read at all.",
  ],
  options: [
    {
      name: "change",
      short: "c",
      kind: "list",
      value: "INSTRUCTION",
      complete: INSTRUCTIONS,
      help: "Apply a Dockerfile instruction to the image: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME or WORKDIR",
    },
    { name: "message", short: "m", kind: "string", value: "TEXT", help: "Comment to keep with the image" },
    {
      name: "compression",
      kind: "string",
      value: "METHOD",
      choices: ["zstd", "gzip"],
      help: "zstd, or gzip for kernels whose squashfs has no zstd (default zstd); only for a directory",
    },
    {
      name: "compression-level",
      kind: "string",
      value: "NUMBER",
      help: "1 (fast) to 22 (small) with zstd, where 3 is the default; 1 to 9 with gzip",
    },
  ],
  stopAtFirstOperand: false,
  minOperands: 2,
  maxOperands: 2,
  operandName: "DIR|FILE.squashfs NAME",
  completeOperands: ["file", "image"],
  examples: [
    { command: "bunker import ./rootfs app:1.0", does: "an image from a directory" },
    { command: "bunker import app.squashfs app:1.0", does: "from a file that a build system made" },
    {
      command: "bunker import -c 'CMD [\"/bin/app\", \"--serve\"]' -c 'USER 1000' ./rootfs app:1.1",
      does: "with the command to run, and the user to run it as",
    },
    { command: "bunker import --compression gzip ./rootfs app:old", does: "for a host with an old kernel" },
  ],
} as const satisfies Command;
