// From an input to a process: find or make its program, put that into a sealed memory file, and become it. The planner
// and the assembler are loaded only where no program is remembered.

import type { Spec } from "../oci/spec.ts";
import { emptyMemfd, execFd, fillMemfd } from "../sys/process.ts";
import { rememberProgram } from "./cache.ts";
import type { LaunchInput } from "./launch-input.ts";
import type { Descriptors } from "./program-file.ts";

export type { Descriptors } from "./program-file.ts";

/** A sealed memory file with the container's init (`--init`). The caller owns the descriptor. */
export async function initFile(spec: Spec): Promise<number> {
  const [{ buildInit }, { programFile }] = await Promise.all([import("./init.ts"), import("./program-file.ts")]);
  const fd = emptyMemfd("bunker-init");
  fillMemfd(fd, programFile(buildInit(spec), new Map()));
  return fd;
}

async function makeProgram(input: LaunchInput, fds: Descriptors): Promise<Uint8Array> {
  const [{ buildLaunch }, { programFile }] = await Promise.all([import("./build.ts"), import("./program-file.ts")]);
  return programFile(buildLaunch(input), fds);
}

/**
 * Replaces bunker by the launch program for `input`, which goes into the empty memory file that `fds` has as "program".
 * It inherits exactly `fds` and stdio, no environment, and no way back to bunker's executable but the path of the exit
 * verb. Returns only by throwing.
 * @param memory the directory of remembered programs
 */
export async function becomeLaunch(memory: string, input: LaunchInput, fds: Descriptors): Promise<never> {
  const file = fds.get("program");
  if (file === undefined) throw new Error("the launch has no descriptor for its own program");
  const setting = JSON.stringify([...fds]);
  const bytes = await rememberProgram(memory, input, setting, (generic) => makeProgram(generic, fds));
  fillMemfd(file, bytes);
  execFd(file, ["bunker-monitor", input.id.slice(0, 12)], [], [...fds.values()]);
}
