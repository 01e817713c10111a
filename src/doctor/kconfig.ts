// The configuration that the kernel was built with, where it can be had: /proc/config.gz (CONFIG_IKCONFIG_PROC), or the
// file that distributions put beside the kernel. It tells what cannot be found out by trying without changing anything.

import { readBytes, readTextIfThere, statIfThere } from "../sys/file.ts";

/** Options by name, without "CONFIG_": "y", "m", a number or a quoted string. What is not set is not there. */
export type KernelConfig = ReadonlyMap<string, string>;

export function parseKernelConfig(text: string): KernelConfig {
  const options = new Map<string, string>();
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    if (line.startsWith("CONFIG_") && equals > 0)
      options.set(line.slice("CONFIG_".length, equals), line.slice(equals + 1));
  }
  return options;
}

/** undefined where this kernel's configuration is not to be found, or not to be read. */
export function readKernelConfig(release: string): KernelConfig | undefined {
  try {
    if (statIfThere("/proc/config.gz") !== undefined) {
      const packed = new Uint8Array(readBytes("/proc/config.gz"));
      return parseKernelConfig(new TextDecoder().decode(Bun.gunzipSync(packed)));
    }
    for (const path of [`/boot/config-${release}`, `/lib/modules/${release}/config`]) {
      const text = readTextIfThere(path);
      if (text !== undefined) return parseKernelConfig(text);
    }
  } catch {
    // Not root, or a file that is not what its name says: the same as no file.
  }
  return undefined;
}
