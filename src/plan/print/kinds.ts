// Kinds of arguments of system calls: how a value is shown, where it is more than a number. A kind that returns undefined
// leaves its argument out, as strace does where the kernel does not look at it.

import { AT_FDCWD, O_CREAT, S_IFBLK, S_IFCHR, S_IFIFO, S_IFMT, S_IFREG, S_IFSOCK } from "../../sys/abi/consts.gen.ts";
import type { Op, Value } from "../../asm/ir.ts";
import { blob, type Contents, quote, variables, words } from "./contents.ts";
import { type Namer, openFlags } from "./names.ts";
import { addressOf } from "./places.ts";

export type CallOp = Extract<Op, { kind: "call" }>;

export interface Context {
  readonly section: string;
  readonly call: CallOp;
  readonly contents: Contents;
  /** What earlier operations stored: the shown value by offset, by datum. */
  readonly stored: ReadonlyMap<string, ReadonlyMap<number, string>>;
}

export type Kind = (value: Value, context: Context) => string | undefined;

/** A value with nothing special about it: a number, a slot's name, a descriptor's role, an address. */
export function showValue(section: string, value: Value, namer: Namer = String): string {
  if (typeof value !== "object") return namer(value);
  if ("slot" in value) return value.name;
  return "fd" in value ? `fd:${value.fd}` : addressOf(section, value);
}

export const plain: Kind = (value, { section }) => showValue(section, value);

/** A number that has a name. */
export const named =
  (namer: Namer): Kind =>
  (value, { section }) =>
    showValue(section, value, namer);

export const pointer: Kind = (value, { section }) =>
  showValue(section, value, (number) => (number == 0 ? "NULL" : String(number)));

/** A descriptor that a relative path starts from. */
export const directory: Kind = (value, context) => (value === AT_FDCWD ? "AT_FDCWD" : plain(value, context));

/** A C string. */
export const text: Kind = (value, context) => {
  const bytes = typeof value === "object" && "ref" in value ? context.contents.text(value) : undefined;
  return bytes === undefined ? pointer(value, context) : quote(bytes);
};

/** Bytes whose number is the argument at `length`. */
export const content =
  (length: number): Kind =>
  (value, context) => {
    const count = context.call.args[length];
    if (typeof value !== "object" || !("ref" in value) || typeof count !== "number") return pointer(value, context);
    const bytes = context.contents.bytes(value, count);
    return bytes === undefined ? pointer(value, context) : blob(bytes);
  };

const vector =
  (show: (strings: readonly Uint8Array[]) => string): Kind =>
  (value, context) => {
    const strings = typeof value === "object" && "ref" in value ? context.contents.vector(value) : undefined;
    return strings === undefined ? pointer(value, context) : show(strings);
  };

export const argv = vector(words);
export const envp = vector(variables);

/** A structure of `size` bytes that is a constant of the program. */
export const structure =
  (size: number, show: (bytes: Uint8Array) => string): Kind =>
  (value, context) => {
    const bytes = typeof value === "object" && "ref" in value ? context.contents.bytes(value, size) : undefined;
    return bytes === undefined ? pointer(value, context) : show(bytes);
  };

function octal(number: number | bigint): string {
  return number == 0 ? "000" : `0${number.toString(8)}`;
}

export const mode: Kind = named(octal);

export const openMode: Kind = named(openFlags);

/** The mode of a file that open(2) makes; it makes none without O_CREAT. */
export const createMode: Kind = (value, context) => {
  const asked = context.call.args[2];
  return typeof asked === "number" && (asked & O_CREAT) === 0 ? undefined : mode(value, context);
};

const FORMATS: Readonly<Record<number, string>> = {
  [S_IFREG]: "S_IFREG",
  [S_IFCHR]: "S_IFCHR",
  [S_IFBLK]: "S_IFBLK",
  [S_IFIFO]: "S_IFIFO",
  [S_IFSOCK]: "S_IFSOCK",
};

/** mknod(2)'s mode: the kind of file, then its permissions. */
export const fileMode: Kind = named((value) => {
  const number = Number(value);
  const format = FORMATS[number & S_IFMT];
  return format === undefined ? octal(number) : `${format}|${octal(number & ~S_IFMT)}`;
});

const hex = (number: number) => (number === 0 ? "0" : `0x${number.toString(16)}`);

/** A device number (new_encode_dev in linux/kdev_t.h); only devices have one. */
export const device: Kind = (value, context) => {
  const made = context.call.args[2];
  const format = typeof made === "number" ? made & S_IFMT : 0;
  if (typeof value !== "number" || (format !== S_IFCHR && format !== S_IFBLK)) return undefined;
  const major = (value >>> 8) & 0xfff;
  const minor = (value & 0xff) | ((value >>> 12) & 0xf_ff00);
  return `makedev(${hex(major)}, ${hex(minor)})`;
};

/** An argument of a call that is in no table: text and vectors are told by what the data look like. */
export const unknown: Kind = (value, context) => {
  if (typeof value !== "object" || !("ref" in value)) return plain(value, context);
  const strings = context.contents.vector(value);
  // It may be an environment.
  if (strings !== undefined) return `<${strings.length} strings>`;
  const bytes = context.contents.bytes(value);
  if (bytes === undefined) return plain(value, context);
  return bytes.at(-1) === 0 && bytes.indexOf(0) === bytes.length - 1
    ? blob(bytes.subarray(0, -1))
    : `<${bytes.length} bytes>`;
};
