// `bunker run`: options with Docker's names and grammar. What each value may look like is checked where it is parsed
// (src/oci/parse); only closed sets of words are given here.

import type { Command } from "../command.ts";
import { LIMIT_OPTIONS } from "./limits.ts";
import { SIGNALS } from "./signals.ts";

const PROCESS = "Process";
const FILES = "Files";
const SECURITY = "Security";
const NETWORK = "Network and names";
const LOGGING = "Output and metadata";

const CAPABILITIES = [
  "ALL",
  "CHOWN",
  "DAC_OVERRIDE",
  "IPC_LOCK",
  "KILL",
  "MKNOD",
  "NET_ADMIN",
  "NET_BIND_SERVICE",
].concat(["NET_RAW", "SETGID", "SETUID", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_PTRACE", "SYS_RAWIO", "SYS_TIME"]);

const ULIMITS = ["core=", "cpu=", "data=", "fsize=", "memlock=", "msgqueue=", "nice=", "nofile=", "nproc=", "rtprio="];

export const run = {
  name: "run",
  summary: "Create a container from an image and run a command in it",
  group: "main",
  usage: ["bunker run [OPTIONS] IMAGE [COMMAND] [ARG...]"],
  description: [
    "Runs COMMAND, or the image's own command, in a new container. Everything after IMAGE belongs to the container, so bunker's options stand before it.",
    "Ends with the command's exit status; 125 where bunker itself fails, 126 where the command cannot be started, 127 where it is not there, and 128 plus the number of the signal that ended it.",
    "BYTES is a whole number or a fraction with b, k, m or g (512k, 64m, 1.5g), in powers of 1024. A cap that this kernel cannot enforce is an error, not a warning.",
  ],
  options: [
    { name: "detach", short: "d", kind: "flag", help: "Run in the background and print the container's ID" },
    {
      name: "interactive",
      short: "i",
      kind: "flag",
      help: "Keep standard input open, also when nothing is attached to it",
    },
    { name: "tty", short: "t", kind: "flag", help: "Give the command a terminal" },
    { name: "rm", kind: "flag", help: "Remove the container and its files when it ends" },
    { name: "name", kind: "string", value: "NAME", help: "Name of the container (default: one made up by bunker)" },
    { name: "quiet", short: "q", kind: "flag", help: "Print no notes and no progress, only errors" },
    { name: "explain", kind: "flag", help: "Print the system calls that the launch would make, and run nothing" },

    {
      name: "env",
      short: "e",
      kind: "list",
      value: "NAME[=VALUE]",
      help: "Set an environment variable; without a value it is taken from bunker's own environment",
      group: PROCESS,
    },
    {
      name: "env-file",
      kind: "list",
      value: "FILE",
      complete: "file",
      help: "Read environment variables from a file, NAME=VALUE one a line",
      group: PROCESS,
    },
    {
      name: "entrypoint",
      kind: "string",
      value: "COMMAND",
      help: "Run this instead of the image's entrypoint; the image's own arguments are dropped too",
      group: PROCESS,
    },
    {
      name: "workdir",
      short: "w",
      kind: "string",
      value: "DIR",
      help: "Working directory inside the container",
      group: PROCESS,
    },
    {
      name: "user",
      short: "u",
      kind: "string",
      value: "USER[:GROUP]",
      help: "Run as this user and group, by name or number",
      group: PROCESS,
    },
    {
      name: "group-add",
      kind: "list",
      value: "GROUP",
      help: "Join a further group, by name or number",
      group: PROCESS,
    },
    {
      name: "init",
      kind: "flag",
      help: "Run a small init as process 1, which passes signals on and reaps orphans",
      group: PROCESS,
    },
    {
      name: "stop-signal",
      kind: "string",
      value: "SIGNAL",
      complete: SIGNALS,
      help: "Signal that asks the container to stop (default: the image's, else SIGTERM)",
      group: PROCESS,
    },
    {
      name: "stop-timeout",
      kind: "string",
      value: "SECONDS",
      help: "Time that the container has to stop before it is killed (default 10; -1: no limit)",
      group: PROCESS,
    },
    {
      name: "ulimit",
      kind: "list",
      value: "NAME=SOFT[:HARD]",
      complete: ULIMITS,
      help: "Set a resource limit of the process (nofile=1024:4096); -1 is no limit",
      group: PROCESS,
    },

    {
      name: "volume",
      short: "v",
      kind: "list",
      value: "SOURCE:TARGET[:OPTIONS]",
      complete: "file",
      help: "Bind mount a host path; options are ro, rw and a propagation such as rslave, comma-separated",
      group: FILES,
    },
    {
      name: "mount",
      kind: "list",
      value: "KEY=VALUE,...",
      complete: ["type=bind,source=", "type=tmpfs,target="],
      help: "Mount a file system: type=bind,source=PATH,target=PATH[,readonly] or type=tmpfs,target=PATH[,tmpfs-size=BYTES]",
      group: FILES,
    },
    {
      name: "tmpfs",
      kind: "list",
      value: "DIR[:OPTIONS]",
      help: "Mount a file system in memory (/run:size=16m,mode=1777)",
      group: FILES,
    },
    { name: "read-only", kind: "flag", help: "Mount the container's root file system read-only", group: FILES },
    {
      name: "device",
      kind: "list",
      value: "HOST[:CONTAINER[:rwm]]",
      complete: "file",
      help: "Add a host device; r, w and m (mknod) are what the container may do with it (default rwm)",
      group: FILES,
    },
    { name: "shm-size", kind: "string", value: "BYTES", help: "Size of /dev/shm (default 64m)", group: FILES },

    ...LIMIT_OPTIONS,

    {
      name: "cap-add",
      kind: "list",
      value: "CAPABILITY",
      complete: CAPABILITIES,
      help: "Add a capability (NET_ADMIN), or ALL",
      group: SECURITY,
    },
    {
      name: "cap-drop",
      kind: "list",
      value: "CAPABILITY",
      complete: CAPABILITIES,
      help: "Drop a capability, or ALL",
      group: SECURITY,
    },
    {
      name: "security-opt",
      kind: "list",
      value: "OPTION",
      complete: ["no-new-privileges"],
      help: "no-new-privileges: nothing the container starts can gain privileges, by set-user-ID or otherwise",
      group: SECURITY,
    },
    {
      name: "privileged",
      kind: "flag",
      help: "All capabilities, all devices and nothing masked: no protection from a hostile container",
      group: SECURITY,
    },
    {
      name: "sysctl",
      kind: "list",
      value: "NAME=VALUE",
      help: "Set a kernel parameter that belongs to the container (net.ipv4.ip_forward=1)",
      group: SECURITY,
    },

    {
      name: "network",
      aliases: ["net"],
      kind: "string",
      value: "MODE",
      choices: ["none", "host"],
      help: "none: a network of its own with nothing but loopback; host: the host's network (default none)",
      group: NETWORK,
    },
    {
      name: "hostname",
      short: "h",
      kind: "string",
      value: "NAME",
      help: "Host name inside the container (default: the first 12 digits of its ID)",
      group: NETWORK,
    },

    {
      name: "log-driver",
      kind: "string",
      value: "DRIVER",
      choices: ["bunker", "none"],
      help: "Keep the output for `bunker logs`, or nowhere: bunker or none (default bunker)",
      group: LOGGING,
    },
    {
      name: "log-opt",
      kind: "list",
      value: "NAME=VALUE",
      complete: ["max-size=", "max-file="],
      help: "max-size=BYTES: size at which the log is rotated; max-file=NUMBER: logs to keep",
      group: LOGGING,
    },
    {
      name: "label",
      short: "l",
      kind: "list",
      value: "NAME[=VALUE]",
      help: "Attach a label to the container",
      group: LOGGING,
    },
    {
      name: "label-file",
      kind: "list",
      value: "FILE",
      complete: "file",
      help: "Read labels from a file, NAME=VALUE one a line",
      group: LOGGING,
    },
    {
      name: "cidfile",
      kind: "string",
      value: "FILE",
      complete: "file",
      help: "Write the container's ID to a file, which must not exist yet",
      group: LOGGING,
    },
  ],
  stopAtFirstOperand: true,
  minOperands: 1,
  maxOperands: Infinity,
  operandName: "IMAGE",
  completeOperands: ["image", "file"],
  examples: [
    { command: "bunker run --rm -it busybox sh", does: "a shell in a container that is gone afterwards" },
    { command: "bunker run -d --name web -m 64m --cpus 0.5 busybox httpd -f", does: "in the background, under caps" },
    { command: "bunker run --rm --read-only --tmpfs /run -v /srv/data:/data:ro app", does: "no writable disk" },
    { command: "bunker run --rm --device /dev/ttyUSB0 --cap-drop ALL -u 1000 reader", does: "a sensor, little else" },
    { command: "bunker run --explain -m 64m busybox true", does: "the system calls of a launch; starts nothing" },
  ],
} as const satisfies Command;
