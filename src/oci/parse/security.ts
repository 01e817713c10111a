// `--security-opt`. Only no-new-privileges does something; switching off what bunker does not have is accepted, so that
// existing command lines keep working; asking for what it does not have is refused.

import { refused } from "./fault.ts";
import { readBoolean } from "./boolean.ts";

const FLAG = "--security-opt";

/** Options with "=" between name and value that change nothing here. */
const NO_OPS = ["seccomp=unconfined", "apparmor=unconfined", "label=disable", "disable"];

const REFUSED: Readonly<Record<string, string>> = {
  seccomp: "seccomp profiles are not supported; only seccomp=unconfined",
  apparmor: "AppArmor profiles are not supported; only apparmor=unconfined",
  label: "SELinux labels are not supported; only label=disable",
  systempaths: "masked paths can only be opened as a whole, with --privileged",
  "writable-cgroups": "writable cgroups come only with --privileged",
};

export interface SecurityOptions {
  readonly noNewPrivileges: boolean;
}

/** All the options of a command line; of several no-new-privileges the last one counts. */
export function parseSecurityOpts(values: readonly string[]): SecurityOptions {
  let noNewPrivileges = false;
  for (const value of values) {
    // The colon is Docker's old separator.
    const [, name = value, text] = /^([a-z-]+)[=:](.*)$/s.exec(value) ?? [];
    if (name === "no-new-privileges") {
      const on = text === undefined ? true : readBoolean(text);
      if (on === undefined) throw refused(FLAG, value, "no-new-privileges is true or false");
      noNewPrivileges = on;
      continue;
    }
    if (NO_OPS.includes(text === undefined ? name : `${name}=${text}`)) continue;
    const reason = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
    throw refused(FLAG, value, reason ?? "unknown option: expected no-new-privileges[=true|false]");
  }
  return { noNewPrivileges };
}
