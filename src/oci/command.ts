// The command line of the container's first process: the image's Entrypoint and Cmd with what the user put in their place.

import { UserError } from "../errors.ts";
import type { ImageConfig } from "./image.ts";
import type { RunRequest } from "./request.ts";

/**
 * Docker's rules: a command replaces the image's Cmd; an entrypoint replaces the image's Entrypoint and drops its Cmd,
 * which was meant for the other program; an empty entrypoint just removes the image's.
 * @throws UserError where nothing is left to run
 */
export function makeCommand(
  request: Pick<RunRequest, "entrypoint" | "command" | "image">,
  config: ImageConfig,
): string[] {
  const ownEntrypoint = request.entrypoint !== undefined;
  const entrypoint = request.entrypoint ?? config.Entrypoint ?? [];
  const fallback = ownEntrypoint ? [] : (config.Cmd ?? []);
  const args = [...entrypoint, ...(request.command.length > 0 ? request.command : fallback)];
  if (args.length === 0) {
    throw new UserError(`run ${request.image}: no command specified, and the image names none`, {
      remedy: `name one: bunker run ${request.image} COMMAND`,
      exitCode: 125,
    });
  }
  if (args[0] === "") throw new UserError(`run ${request.image}: the name of the program is empty`, { exitCode: 125 });
  return args;
}
