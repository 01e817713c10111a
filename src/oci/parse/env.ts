// `--env` and `--env-file`: variables of the container's environment.

import { refused, refuseNul } from "./fault.ts";
import { parseKeyValues } from "./keyvalues.ts";

/** A variable; without a value: take the name out of the environment. */
export type Variable = readonly [name: string, value?: string];

/** The environment of whoever runs the command. */
export type HostEnv = Readonly<Record<string, string | undefined>>;

/** `NAME=value`, or `NAME` for the host's value; a name that the host has not got is taken out, as Docker does. */
export function parseEnv(text: string, host: HostEnv): Variable {
  refuseNul("--env", text);
  const equals = text.indexOf("=");
  const name = equals < 0 ? text : text.slice(0, equals);
  if (name === "") throw refused("--env", text, "the name is empty");
  if (equals >= 0) return [name, text.slice(equals + 1)];
  const value = hostValue(host, name);
  return value === undefined ? [name] : [name, value];
}

/** The variables of an env-file; a bare name that the host has not got is left out. */
export function parseEnvFile(file: string, bytes: Uint8Array, host: HostEnv): Variable[] {
  const variables: Variable[] = [];
  for (const entry of parseKeyValues("--env-file", file, bytes)) {
    const value = entry.value ?? hostValue(host, entry.name);
    if (value !== undefined) variables.push([entry.name, value]);
  }
  return variables;
}

/** Own properties only: `-e constructor` has to find nothing. */
function hostValue(host: HostEnv, name: string): string | undefined {
  return Object.hasOwn(host, name) ? host[name] : undefined;
}
