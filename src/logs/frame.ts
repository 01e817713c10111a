// Takes a log apart into the frames that the monitor wrote (plan/memory.ts: LOG_FRAME). The log may end in the middle of a
// frame because the machine lost power or is still writing, and have torn frames and garbage in it because the disk was
// full. Nothing of that stops the reader: it goes on at the next header, and gives what there is of a torn frame.
//
//   header  data ......  header  data ...┆header  data ..........  ░░░░garbage░░░░  header  data ....
//   whole                torn: the next header stands before its end                found again by its magic

import { LOG_FRAME, RELAY_CHUNK } from "../plan/memory.ts";

export const STDOUT = 1;
export const STDERR = 2;

export interface Frame {
  /** When it was read from the container: seconds since 1970, and nanoseconds. */
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly stream: typeof STDOUT | typeof STDERR;
  /** At least one byte; good until the next frame is asked for. */
  readonly data: Uint8Array;
}

const HEADER = LOG_FRAME.size;
/** Holds many of the largest frames: read(2) is called seldom. */
const BUFFER = 64 * 1024;
const MAGIC_LOW = LOG_FRAME.magicValue & 0xff;
/** The end of the year 9999: no clock says more, and a Date prints it with four digits. */
const LAST_SECOND = 253_402_300_799;

export class FrameReader {
  readonly #read: (into: Uint8Array) => number;
  readonly #bytes = new Uint8Array(new ArrayBuffer(BUFFER));
  readonly #view = new DataView(this.#bytes.buffer);
  /** What has been read and not been given: from `#start` up to `#end`. */
  #start = 0;
  #end = 0;

  /** @param read fills the array as far as it can and says with how many bytes; 0 where the log ends for now */
  constructor(read: (into: Uint8Array) => number) {
    this.#read = read;
  }

  /**
   * The next frame, or undefined at the end of what there is. A frame that is there in part is kept until the rest comes;
   * with `final` nothing more will come, and its part is given.
   */
  next(final: boolean): Frame | undefined {
    while (this.#has(HEADER)) {
      const start = this.#start;
      if (!this.#isHeader(start)) {
        if (!this.#skipGarbage()) break;
        continue;
      }
      const length = this.#view.getUint32(start + LOG_FRAME.length, true);
      const end = this.#endOfFrame(length, final);
      if (end === undefined) return undefined;
      // `#has` may have moved everything.
      const from = this.#start;
      this.#start = end;
      if (end > from + HEADER) return this.#frame(from, end);
    }
    if (final) this.#start = this.#end;
    return undefined;
  }

  #frame(from: number, end: number): Frame {
    return {
      seconds: this.#word(from + LOG_FRAME.seconds),
      nanoseconds: this.#view.getUint32(from + LOG_FRAME.nanoseconds, true),
      stream: this.#view.getUint16(from + LOG_FRAME.stream, true) === STDERR ? STDERR : STDOUT,
      data: this.#bytes.subarray(from + HEADER, end),
    };
  }

  /** Whether `count` bytes are there from `#start` on, after reading as long as they are not. */
  #has(count: number): boolean {
    while (this.#end - this.#start < count) {
      if (this.#start > 0) {
        this.#bytes.copyWithin(0, this.#start, this.#end);
        this.#end -= this.#start;
        this.#start = 0;
      }
      const got = this.#read(this.#bytes.subarray(this.#end));
      if (got === 0) return false;
      this.#end += got;
    }
    return true;
  }

  /** Where the frame at `#start` ends; undefined where that cannot be said before more of the log is there. */
  #endOfFrame(length: number, final: boolean): number | undefined {
    const whole = this.#has(HEADER + length);
    if (!whole && !final) return undefined;
    const next = this.#has(HEADER + length + HEADER);
    const claimed = Math.min(this.#start + HEADER + length, this.#end);
    if (whole && claimed === this.#end) return claimed;
    if (!next && !final) return undefined;
    if (next && this.#isHeader(claimed)) return claimed;
    // Not followed by a header: this one may have been torn, and the next stands before its end.
    return this.#findHeader(this.#start + HEADER, claimed) ?? claimed;
  }

  /** Whether a header stands there, as far as its bytes can tell. */
  #isHeader(at: number): boolean {
    if (at + HEADER > this.#end) return false;
    const view = this.#view;
    if (view.getUint16(at + LOG_FRAME.magic, true) !== LOG_FRAME.magicValue) return false;
    const stream = view.getUint16(at + LOG_FRAME.stream, true);
    const length = view.getUint32(at + LOG_FRAME.length, true);
    if ((stream !== STDOUT && stream !== STDERR) || length === 0 || length > RELAY_CHUNK) return false;
    return this.#word(at + LOG_FRAME.nanoseconds) < 1e9 && this.#word(at + LOG_FRAME.seconds) <= LAST_SECOND;
  }

  /** 8 bytes as a number, rounded where that cannot hold them: this is done for every frame, and a bigint is slow. */
  #word(at: number): number {
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
  }

  /** The first header that begins at or after `from` and before `to`. */
  #findHeader(from: number, to: number): number | undefined {
    for (let at = from; at < to; at++) {
      const magic = this.#bytes.indexOf(MAGIC_LOW, at + LOG_FRAME.magic);
      if (magic === -1 || magic >= this.#end) return undefined;
      at = magic - LOG_FRAME.magic;
      if (at < to && this.#isHeader(at)) return at;
    }
    return undefined;
  }

  /** Goes to the next header; false where there is none in what can be read now. */
  #skipGarbage(): boolean {
    for (;;) {
      const found = this.#findHeader(this.#start + 1, this.#end);
      if (found !== undefined) {
        this.#start = found;
        return true;
      }
      // The beginning of a header may stand at the very end.
      this.#start = Math.max(this.#start + 1, this.#end - HEADER + 1);
      if (!this.#has(HEADER)) return false;
      if (this.#isHeader(this.#start)) return true;
    }
  }
}
