// `--log-driver` and `--log-opt`.

import type { LogRequest } from "../request.ts";
import { invalid, refused, refuseNul } from "./fault.ts";
import { parseInteger } from "./number.ts";
import { parseSize } from "./size.ts";

const OPTION = "--log-opt";
/** The rotation renames one file after the other while the container waits to write. */
const MOST_FILES = 100;

export function parseLogging(driver: string | undefined, options: readonly string[]): LogRequest {
  if (driver !== undefined && driver !== "bunker" && driver !== "none") {
    throw invalid("--log-driver", driver, "bunker or none");
  }
  const pairs = new Map<string, string>();
  for (const option of options) pairs.set(...readPair(option));
  if (driver === "none" && options[0] !== undefined) throw refused(OPTION, options[0], "there is no log with none");
  const size = pairs.get("max-size");
  const files = pairs.get("max-file");
  return {
    driver: driver ?? "bunker",
    ...(size === undefined ? {} : { maxSize: readMaxSize(size) }),
    ...(files === undefined
      ? {}
      : {
          maxFile: parseInteger(
            `${OPTION} max-file`,
            files,
            1,
            MOST_FILES,
            `a number of files from 1 to ${MOST_FILES}`,
          ),
        }),
  };
}

function readPair(option: string): readonly [name: string, value: string] {
  refuseNul(OPTION, option);
  const equals = option.indexOf("=");
  const name = equals < 0 ? option : option.slice(0, equals);
  if (name !== "max-size" && name !== "max-file")
    throw refused(OPTION, option, "expected max-size=... or max-file=...");
  if (equals < 0) throw refused(OPTION, option, `"${name}" needs a value: ${name}=...`);
  return [name, option.slice(equals + 1)];
}

/** Bytes; -1 for a log without bound. */
function readMaxSize(text: string): number {
  if (text === "-1") return -1;
  const expected = "a number with b, k, m or g, or -1 for no bound";
  const bytes = parseSize(`${OPTION} max-size`, text, expected);
  if (bytes === 0) throw invalid(`${OPTION} max-size`, text, expected);
  return bytes;
}
