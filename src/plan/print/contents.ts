// What a program's constants hold, and how bytes are shown: text in C's quotes, anything else by its size.

import type { Program, Ref } from "../../asm/ir.ts";

/** Looks into the data of one program. */
export class Contents {
  readonly #data: Program["data"];

  constructor(program: Program) {
    this.#data = program.data;
  }

  /** The constant bytes from `ref` on, or the first `length` of them; undefined where there are none or too few. */
  bytes(ref: Ref, length?: number): Uint8Array | undefined {
    const datum = this.#data.get(ref.ref)?.datum;
    if (datum?.kind !== "bytes") return undefined;
    const end = length === undefined ? datum.bytes.length : ref.at + length;
    return end > datum.bytes.length ? undefined : datum.bytes.subarray(ref.at, end);
  }

  /** The bytes before the first NUL; undefined where there is none. */
  text(ref: Ref): Uint8Array | undefined {
    const bytes = this.bytes(ref);
    const end = bytes?.indexOf(0) ?? -1;
    return end < 0 ? undefined : bytes?.subarray(0, end);
  }

  /** The strings of a vector. */
  vector(ref: Ref): Uint8Array[] | undefined {
    const datum = this.#data.get(ref.ref)?.datum;
    if (datum?.kind !== "vector" || ref.at !== 0) return undefined;
    return datum.refs.map((each) => this.text(each) ?? new Uint8Array());
  }
}

const STRICT = new TextDecoder("utf-8", { fatal: true });
const ENCODER = new TextEncoder();
const ESCAPES: Readonly<Record<string, string>> = {
  "\n": String.raw`\n`,
  "\r": String.raw`\r`,
  "\t": String.raw`\t`,
  '"': String.raw`\"`,
  "\\": String.raw`\\`,
};

/** Undefined for what is not UTF-8. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return STRICT.decode(bytes);
  } catch {
    return undefined;
  }
}

function octal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}

const escapeChar = (char: string) => ESCAPES[char] ?? octal(ENCODER.encode(char));

/**
 * Text with what could move a cursor, end a line or turn the writing direction as C escapes: control and format
 * characters, line separators, unassigned code points.
 */
export function oneLine(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escapeChar);
}

/** The same for text between quotes. */
function escape(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}"\\]/gu, escapeChar);
}

/** A C string literal. */
export function quote(bytes: Uint8Array): string {
  const text = decode(bytes);
  if (text !== undefined) return `"${escape(text)}"`;
  const parts = Array.from(bytes, (byte) =>
    byte < 0x80 ? escape(String.fromCharCode(byte)) : octal(Uint8Array.of(byte)),
  );
  return `"${parts.join("")}"`;
}

/** Text as a literal, anything else as `<16 bytes>`. */
export function blob(bytes: Uint8Array): string {
  const text = decode(bytes);
  const readable = text !== undefined && !/[^\P{Cc}\n\r\t]/u.test(text);
  return readable ? quote(bytes) : `<${bytes.length} bytes>`;
}

/** The words of a command line. */
export function words(strings: readonly Uint8Array[]): string {
  return `[${strings.map(quote).join(", ")}]`;
}

/** The names of environment variables. Their values may be secrets, so none of them is ever shown. */
export function variables(strings: readonly Uint8Array[]): string {
  const names = strings.map((entry) => {
    const equals = entry.indexOf(0x3d);
    return equals < 0 ? quote(entry) : `${quote(entry.subarray(0, equals)).slice(0, -1)}=…"`;
  });
  return `[${names.join(", ")}]`;
}
