// From frames to what `logs` prints. Without options the bytes pass as they are; lines only matter for timestamps and for
// leaving out all but the last ones. A line of one stream may come in several frames, with the other stream's between.

import { type Frame, STDERR, STDOUT } from "./frame.ts";

const NEWLINE = 0x0a;
/** Written at once at most: small frames are gathered, so that a long log takes few system calls. */
const BATCH = 16 * 1024;

export interface Sinks {
  readonly [STDOUT]: (bytes: Uint8Array) => void;
  readonly [STDERR]: (bytes: Uint8Array) => void;
}

const encoder = new TextEncoder();

export class Printer {
  readonly #sinks: Sinks;
  readonly #timestamps: boolean;
  /** Lines still to be left out. */
  #skip: number;
  /** By stream: whether a line has begun and not ended, and whether it is shown. */
  readonly #open = { [STDOUT]: false, [STDERR]: false };
  readonly #shown = { [STDOUT]: true, [STDERR]: true };
  readonly #batch = new Uint8Array(BATCH);
  #batched = 0;
  #stream: typeof STDOUT | typeof STDERR = STDOUT;

  /** @param skip how many lines to leave out before the first that is printed */
  constructor(sinks: Sinks, options: { timestamps: boolean; skip: number }) {
    this.#sinks = sinks;
    this.#timestamps = options.timestamps;
    this.#skip = options.skip;
  }

  print(frame: Frame): void {
    const { data, stream } = frame;
    let from = 0;
    while (from < data.length) {
      if (!this.#open[stream]) this.#beginLine(frame);
      const plain = !this.#timestamps && this.#skip === 0 && this.#shown[stream];
      // Where nothing depends on lines, the whole rest is one.
      const newline = plain ? data.length - 1 : data.indexOf(NEWLINE, from);
      const to = newline === -1 ? data.length : newline + 1;
      if (this.#shown[stream]) this.#add(stream, data.subarray(from, to));
      this.#open[stream] = data[to - 1] !== NEWLINE;
      from = to;
    }
  }

  /** Writes what has been gathered. */
  flush(): void {
    if (this.#batched === 0) return;
    this.#sinks[this.#stream](this.#batch.subarray(0, this.#batched));
    this.#batched = 0;
  }

  #beginLine(frame: Frame): void {
    this.#shown[frame.stream] = this.#skip === 0;
    if (this.#skip > 0) this.#skip--;
    else if (this.#timestamps) this.#add(frame.stream, encoder.encode(`${timestamp(frame)} `));
  }

  #add(stream: typeof STDOUT | typeof STDERR, bytes: Uint8Array): void {
    if (stream !== this.#stream || this.#batched + bytes.length > BATCH) this.flush();
    this.#stream = stream;
    if (bytes.length > BATCH) {
      this.#sinks[stream](bytes);
      return;
    }
    this.#batch.set(bytes, this.#batched);
    this.#batched += bytes.length;
  }
}

/** RFC 3339 with nine digits, always, so that columns align and text sorts as time does: Docker's form. */
export function timestamp({ seconds, nanoseconds }: Pick<Frame, "seconds" | "nanoseconds">): string {
  const date = new Date(seconds * 1000).toISOString().slice(0, -"000Z".length);
  return `${date}${String(nanoseconds).padStart(9, "0")}Z`;
}

/** How many lines there are in frames that are gone through from the last file to the first. */
export class LineCount {
  #newlines = 0;
  /** By stream: whether its last line has no end; undefined as long as nothing of it was seen. */
  readonly #open: { [STDOUT]?: boolean; [STDERR]?: boolean } = {};

  get lines(): number {
    return this.#newlines + Number(this.#open[STDOUT] === true) + Number(this.#open[STDERR] === true);
  }

  /** Counts one file's frames; call it for the newest file first. */
  countFile(frames: Iterable<Frame>): void {
    const last: { [STDOUT]?: boolean; [STDERR]?: boolean } = {};
    for (const { data, stream } of frames) {
      for (let at = data.indexOf(NEWLINE); at !== -1; at = data.indexOf(NEWLINE, at + 1)) this.#newlines++;
      last[stream] = data.at(-1) !== NEWLINE;
    }
    for (const stream of [STDOUT, STDERR] as const) {
      const open = last[stream];
      if (open !== undefined) this.#open[stream] ??= open;
    }
  }
}
