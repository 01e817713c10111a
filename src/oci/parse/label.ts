// `--label` and `--label-file`.

import { refused, refuseNul } from "./fault.ts";
import { parseKeyValues } from "./keyvalues.ts";

/** `name=value`; without "=" the value is empty. Blanks before the name are dropped. */
export function parseLabel(text: string): readonly [name: string, value: string] {
  refuseNul("--label", text);
  const equals = text.indexOf("=");
  const name = (equals < 0 ? text : text.slice(0, equals)).replace(/^[ \t]+/, "");
  if (name === "") throw refused("--label", text, "the name is empty");
  if (/[ \t]/.test(name)) throw refused("--label", text, "the name contains a blank");
  return [name, equals < 0 ? "" : text.slice(equals + 1)];
}

/** The labels of a file of such lines. */
export function parseLabelFile(file: string, bytes: Uint8Array): (readonly [name: string, value: string])[] {
  return parseKeyValues("--label-file", file, bytes).map(({ name, value }) => [name, value ?? ""]);
}
