// `bunker run --explain`: the whole launch as text, made of the same data that a run is made of. Nothing is started, and
// nothing on the host is touched.

import { isColourful, out } from "../text/out.ts";
import { EXIT } from "../errors.ts";
import type { RunRequest } from "../oci/request.ts";
import { buildLaunch } from "../plan/build.ts";
import { buildInit } from "../plan/init.ts";
import type { LaunchInput } from "../plan/launch-input.ts";
import { annotated, heading, oneLine, PLAIN, printProgram, type Style } from "../plan/print.ts";
import type { Paths } from "../state/paths.ts";
import { makeLaunchInput } from "./input.ts";
import { preparation, type Step } from "./preparation.ts";
import { EXAMPLE_ID, NUMBERS, rehearse, type Rehearsal } from "./rehearse.ts";

const COLOURS: Style = {
  ...PLAIN,
  heading: (text) => `\x1b[1m${text}\x1b[0m`,
  note: (text) => `\x1b[2m${text}\x1b[0m`,
};

const SHORT_ID = `${EXAMPLE_ID.slice(0, 12)}…`;

/**
 * Prints the launch.
 * @returns the exit code
 * @throws UsageError or UserError where a run with this request would
 */
export async function explain(paths: Paths, request: RunRequest): Promise<number> {
  out(explanation(await rehearse(paths, request), isColourful() ? COLOURS : PLAIN));
  return EXIT.ok;
}

/** The text: what was assumed, what bunker prepares, the program, and that of init where there is one. Pure. */
export function explanation(r: Rehearsal, style: Style = PLAIN): string {
  const input = launchInput(r);
  // Sizes and limits are those of the whole id; for the eye its beginning is enough.
  const short = { ...style, abbreviate: (text: string) => text.replaceAll(EXAMPLE_ID, SHORT_ID) };
  const parts = [
    opening(r, short),
    before(preparation(r, input), short),
    printProgram(buildLaunch(input), short),
    ...(input.init ? [printProgram(buildInit(input.spec), short)] : []),
  ];
  return parts.join("\n");
}

/** Descriptors have roles instead of numbers, also in the words of the exit verb. */
function launchInput({ paths, request, prepared }: Rehearsal): LaunchInput {
  const input = makeLaunchInput(paths, request, prepared, NUMBERS.program);
  const roles = new Map(Object.entries(NUMBERS).map(([role, number]) => [String(number), `fd:${role}`]));
  const argv = input.exitVerb.argv.map((word) => roles.get(word) ?? word);
  return { ...input, exitVerb: { ...input.exitVerb, argv } };
}

function opening({ remarks, prepared, request }: Rehearsal, style: Style): string {
  const lines = [
    ...remarks,
    `The steps of bunker run ${request.image}, in their order. None of them has been taken.`,
    `${SHORT_ID} is an example of the container's id${request.name === undefined ? `, ${prepared.claim.name} of its name` : ""}.`,
  ];
  return `${lines.map((line) => style.note(`# ${oneLine(line)}`)).join("\n")}\n`;
}

function before(steps: readonly Step[], style: Style): string {
  const lines = steps.map(({ text, note }) => {
    const line = `#   ${oneLine(text)}`;
    return note === undefined ? style.abbreviate(line) : annotated(line, oneLine(note), style);
  });
  return `${[heading("bunker: before it becomes the program", style), ...lines].join("\n")}\n`;
}
