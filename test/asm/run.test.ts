// Assembled programs do what they say: run natively where the host is of that architecture, else under qemu-user.

import { describe, expect, test } from "bun:test";
import { assemble } from "../../src/asm/assemble.ts";
import type { Op, Program } from "../../src/plan/ir.ts";
import { CLONE_VFORK, CLONE_VM, EACCES, EBADF, ENOENT, SIGCHLD } from "../helpers/consts.ts";
import {
  type Arch,
  bytes,
  call,
  cannotRun,
  exit,
  label,
  program,
  type Ran,
  run,
  section,
  slot,
  vector,
  zero,
} from "./programs.ts";

const FDS = new Map([["out", 1]]);
