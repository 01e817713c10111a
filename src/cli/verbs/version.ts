// `bunker version`. The cheapest verb: what it costs is what every start costs.

import { readUname } from "../../host.ts";
import { ARCHITECTURE, COMMIT, VERSION } from "../../version.ts";
import { parseArgs } from "../args.ts";
import { out } from "../../text/out.ts";
import { showHelp } from "../show-help.ts";
import { version } from "../tables/version.ts";

/** @returns the exit code */
export function main(words: string[]): number | Promise<number> {
  const parsed = parseArgs(version, words);
  if (parsed.help) return showHelp(version);
  const kernel = readUname().release;
  out(parsed.string("format") === "json" ? json(kernel) : text(kernel));
  return 0;
}

function text(kernel: string): string {
  return `bunker        ${VERSION}
commit        ${COMMIT}
bun           ${Bun.version}
kernel        ${kernel}
architecture  ${ARCHITECTURE}
`;
}

/** Docker's names where Docker has the field. */
function json(kernel: string): string {
  const fields = {
    Version: VERSION,
    GitCommit: COMMIT,
    BunVersion: Bun.version,
    KernelVersion: kernel,
    Os: "linux",
    Arch: ARCHITECTURE,
  };
  return `${JSON.stringify(fields)}\n`;
}
