// `--tmpfs PATH[:OPTIONS]`.

import type { TmpfsRequest } from "../request.ts";
import { faultOfTmpfsOption } from "../tmpfs.ts";
import { refused, refuseNul } from "./fault.ts";
import { parseTarget } from "./volume.ts";

export function parseTmpfs(value: string): TmpfsRequest {
  refuseNul("--tmpfs", value);
  const colon = value.indexOf(":");
  const target = parseTarget("--tmpfs", value, colon < 0 ? value : value.slice(0, colon));
  const options =
    colon < 0
      ? []
      : value
          .slice(colon + 1)
          .split(",")
          .filter((option) => option !== "");
  for (const option of options) {
    const fault = faultOfTmpfsOption(option);
    if (fault !== undefined) throw refused("--tmpfs", value, fault);
  }
  return { kind: "tmpfs", target, options };
}
