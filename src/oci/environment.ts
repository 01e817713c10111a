// The environment of the container's first process.

import { DEFAULT_PATH } from "./defaults.ts";
import type { ImageConfig } from "./image.ts";
import type { RunRequest } from "./request.ts";

/**
 * `NAME=value`, each name once: defaults, then the image's, then the user's; a later one of a name takes the place of the
 * earlier. A variable of the user's without a value takes the name out. HOME comes last, where nobody set it.
 */
export function makeEnvironment(
  request: Pick<RunRequest, "env" | "tty">,
  config: ImageConfig,
  facts: { readonly hostname: string; readonly home: string },
): string[] {
  const env = new Map<string, string>([
    ["PATH", DEFAULT_PATH],
    ["HOSTNAME", facts.hostname],
  ]);
  if (request.tty) env.set("TERM", "xterm");
  for (const entry of config.Env ?? []) {
    const equals = entry.indexOf("=");
    if (equals > 0) env.set(entry.slice(0, equals), entry.slice(equals + 1));
  }
  for (const [name, value] of request.env) {
    if (value === undefined) env.delete(name);
    else env.set(name, value);
  }
  // An empty one is as good as none to the shells that expand ~; runc sees it the same way.
  if ((env.get("HOME") ?? "") === "") {
    env.delete("HOME");
    env.set("HOME", facts.home);
  }
  const entries: string[] = [];
  for (const [name, value] of env) entries.push(`${name}=${value}`);
  return entries;
}
