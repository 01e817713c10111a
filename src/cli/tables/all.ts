// Every verb that people see, in the order of the help. Only help and completion need them all: the verbs themselves
// import their own table, so that a start does not read the others.

import type { Command } from "../command.ts";
import { completion } from "./completion.ts";
import { doctor } from "./doctor.ts";
import { images } from "./images.ts";
import { importImage } from "./import.ts";
import { info } from "./info.ts";
import { inspect } from "./inspect.ts";
import { kill } from "./kill.ts";
import { logs } from "./logs.ts";
import { ps } from "./ps.ts";
import { rm } from "./rm.ts";
import { rmi } from "./rmi.ts";
import { run } from "./run.ts";
import { stop } from "./stop.ts";
import { version } from "./version.ts";

export const COMMANDS: readonly Command[] = [
  run,
  ps,
  logs,
  inspect,
  stop,
  kill,
  rm,
  importImage,
  images,
  rmi,
  info,
  doctor,
  version,
  completion,
];
