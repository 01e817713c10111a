// Files of NAME=value lines, as `--env-file` and `--label-file` read them. Docker's rules: one a line, blanks before the
// name are dropped, empty lines and lines that start with # are skipped, everything after the first = is the value as it
// stands: no quotes, no escapes, no variables.

import { UsageError } from "../../errors.ts";
import { quote } from "./fault.ts";

export interface KeyValue {
  readonly name: string;
  /** Missing where the line has no "=". */
  readonly value?: string;
}

/**
 * @param bytes the file's content, UTF-8, with or without a byte order mark
 * @throws UsageError naming option, file and line
 */
export function parseKeyValues(flag: string, file: string, bytes: Uint8Array): KeyValue[] {
  const entries: KeyValue[] = [];
  let number = 0;
  for (const raw of decode(flag, file, bytes).split("\n")) {
    number++;
    const line = (raw.endsWith("\r") ? raw.slice(0, -1) : raw).trimStart();
    if (line === "" || line.startsWith("#")) continue;
    const fault = (text: string) => new UsageError(`${flag} ${file}: line ${number}: ${text}`, "run");
    if (line.includes("\0")) throw fault("NUL character");
    const equals = line.indexOf("=");
    const name = equals < 0 ? line : line.slice(0, equals);
    if (name === "") throw fault(`no name before the "=" in ${quote(line)}`);
    if (/[ \t]/.test(name)) throw fault(`the name ${quote(name)} contains a blank`);
    entries.push(equals < 0 ? { name } : { name, value: line.slice(equals + 1) });
  }
  return entries;
}

function decode(flag: string, file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${flag} ${file}: not UTF-8 text`, "run");
  }
}
