// `bunker info`: what this machine offers and holds. Gathering and wording are doctor/'s.

import { gatherInfo } from "../../doctor/info.ts";
import { infoJson, infoText } from "../../doctor/report.ts";
import { listImages } from "../../fs/images.ts";
import { listContainers } from "../../state/find.ts";
import { type Paths, paths } from "../../state/paths.ts";
import { parseArgs } from "../args.ts";
import { out } from "../../text/out.ts";
import { showHelp } from "../show-help.ts";
import { info } from "../tables/info.ts";

/** @returns the exit code */
export function main(words: string[]): number | Promise<number> {
  const parsed = parseArgs(info, words);
  if (parsed.help) return showHelp(info);
  const at = paths();
  const gathered = gatherInfo(at, count(at));
  out(parsed.string("format") === "json" ? infoJson(gathered) : infoText(gathered));
  return 0;
}

function count(at: Paths): { running: number; stopped: number; images: number } {
  const containers = listContainers(at);
  const running = containers.filter(({ state }) => state.status === "running").length;
  return { running, stopped: containers.length - running, images: listImages(at).length };
}
