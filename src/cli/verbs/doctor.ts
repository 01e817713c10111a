// `bunker doctor`: whether this machine can run containers. Probes and wording are doctor/'s.

import { diagnose } from "../../doctor/probes.ts";
import { doctorExitCode, doctorJson, doctorText } from "../../doctor/report.ts";
import { paths } from "../../state/paths.ts";
import { parseArgs } from "../args.ts";
import { out } from "../../text/out.ts";
import { showHelp } from "../show-help.ts";
import { doctor } from "../tables/doctor.ts";

/** @returns the exit code: 0 where containers can run */
export function main(words: string[]): number | Promise<number> {
  const parsed = parseArgs(doctor, words);
  if (parsed.help) return showHelp(doctor);
  const answers = diagnose(paths());
  out(parsed.string("format") === "json" ? doctorJson(answers) : doctorText(answers));
  return doctorExitCode(answers);
}
