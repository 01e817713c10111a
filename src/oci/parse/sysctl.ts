// `--sysctl NAME=VALUE`: kernel parameters of the container's own namespaces.

import { sysctlNamespace } from "../sysctl.ts";
import { quote, refused, refuseNul } from "./fault.ts";

const FLAG = "--sysctl";

/** Whether a net.* parameter goes with the network that was asked for is for the maker of the spec to say. */
export function parseSysctl(text: string): readonly [name: string, value: string] {
  refuseNul(FLAG, text);
  const equals = text.indexOf("=");
  if (equals <= 0) throw refused(FLAG, text, "expected NAME=VALUE, e.g. net.core.somaxconn=1024");
  const name = text.slice(0, equals);
  if (sysctlNamespace(name) === undefined) {
    const allowed = "kernel.msg*, kernel.sem, kernel.shm*, fs.mqueue.* and net.*";
    throw refused(
      FLAG,
      text,
      `${quote(name)} would change the whole host`,
      `only ${allowed} can be set for one container`,
    );
  }
  return [name, text.slice(equals + 1)];
}
