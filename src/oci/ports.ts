// Ports as an image exposes them: "80", "53/udp", "8000-8010/tcp".

import { invalid } from "./parse/fault.ts";

/** The ports of one word, each as "80/tcp". */
export function exposedPorts(flag: string, word: string): string[] {
  const [, first, last, protocol = "tcp"] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(word) ?? [];
  const from = Number(first);
  const to = Number(last ?? first);
  if (!(from >= 1 && to <= 65_535 && from <= to)) {
    throw invalid(flag, word, "PORT[-PORT][/tcp|udp|sctp]", "import");
  }
  return Array.from({ length: to - from + 1 }, (_, n) => `${from + n}/${protocol.toLowerCase()}`);
}
