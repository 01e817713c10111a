// `bunker import`.

import { UsageError } from "../../errors.ts";
import { importImage, type ImportRequest } from "../../fs/import.ts";
import { parseReference } from "../../fs/reference.ts";
import { paths } from "../../state/paths.ts";
import { type Parsed, parseArgs } from "../args.ts";
import { err, isTerminal, out } from "../../text/out.ts";
import { printable } from "../../text/printable.ts";
import { showHelp } from "../show-help.ts";
import { importImage as table } from "../tables/import.ts";

const STDERR = 2;

/** @returns the exit code */
export async function main(words: string[]): Promise<number> {
  const parsed = parseArgs(table, words);
  if (parsed.help) return showHelp(table);
  const request = requestOf(parsed);
  const meter = new Meter(request.source);
  try {
    const { image, droppedXattrs } = await importImage(paths(), request, (done, total) => meter.show(done, total));
    meter.clear();
    if (droppedXattrs.length > 0) {
      const names = droppedXattrs.map(printable).join(", ");
      err(`bunker: warning: left out of the image, because squashfs cannot hold them: ${names}\n`);
    }
    out(`${image.id}\n`);
    return 0;
  } finally {
    meter.clear();
  }
}

function requestOf(parsed: Parsed<typeof table>): ImportRequest {
  const [source = "", name = ""] = parsed.operands;
  const reference = parseReference(name);
  if (reference.digest !== undefined) {
    throw new UsageError(`cannot import under the name ${name}: it has a digest, which is not yet known`, "import");
  }
  const compression = parsed.string("compression");
  const level = parsed.integer("compression-level", 1, compression === "gzip" ? 9 : 22);
  const message = parsed.string("message");
  return {
    source,
    reference,
    changes: parsed.list("change"),
    ...(compression === "zstd" || compression === "gzip" ? { compression } : {}),
    ...(level === undefined ? {} : { level }),
    ...(message === undefined ? {} : { message }),
  };
}

/** Milliseconds before the first line, and between two. */
const PATIENCE = 500;
const INTERVAL = 100;

/** A line on the terminal that says how far the import is, where it takes long enough for anybody to wonder. */
class Meter {
  readonly #label: string;
  readonly #enabled = isTerminal(STDERR);
  #next = performance.now() + PATIENCE;
  #shown = 0;

  constructor(label: string) {
    this.#label = printable(label);
  }

  /** Bytes. */
  show(done: number, total: number): void {
    if (!this.#enabled || performance.now() < this.#next) return;
    this.#next = performance.now() + INTERVAL;
    const line = `reading ${this.#label}: ${mebibytes(done)} of ${mebibytes(Math.max(done, total))} MiB`;
    err(`\r${line.padEnd(this.#shown)}`);
    this.#shown = line.length;
  }

  clear(): void {
    if (this.#shown > 0) err(`\r${" ".repeat(this.#shown)}\r`);
    this.#shown = 0;
  }
}

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
