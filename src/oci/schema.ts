// Checks on data that came out of a file: small functions that look at one value, put together to the shape of the whole.
// A check returns the value, with nulls and unknown fields left out, or throws a Fault that says where and what.

import { quote } from "./parse/fault.ts";

/** Looks at the value found `at` a place such as "mounts[2].destination". */
export type Check = (value: unknown, at: string) => unknown;

/** What is wrong, and where. The caller, who knows the file, turns it into an error for the user. */
export class Fault extends Error {}

export function fault(at: string, text: string): Fault {
  return new Fault(at === "" ? text : `${at}: ${text}`);
}

function expected(at: string, what: string, value: unknown): Fault {
  return fault(at, `expected ${what}, found ${describe(value)}`);
}

function describe(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

/** A string without NUL characters: at one, the kernel's strings end. */
export const text: Check = (value, at) => {
  if (typeof value !== "string") throw expected(at, "a string", value);
  if (value.includes("\0")) throw fault(at, "contains a NUL character");
  return value;
};

export const flag: Check = (value, at) => {
  if (typeof value !== "boolean") throw expected(at, "true or false", value);
  return value;
};

/** An absolute path that does not climb. */
export const path: Check = (value, at) => {
  const found = text(value, at) as string;
  if (!found.startsWith("/")) throw expected(at, "an absolute path", value);
  if (found.split("/").includes("..")) throw fault(at, `${quote(found)} contains ".."`);
  return found;
};

/** A whole number; bounds inclusive. */
export function integer(min: number, max: number): Check {
  return (value, at) => {
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
    throw expected(at, `a whole number from ${min} to ${max}`, value);
  };
}

/** One of a few words. */
export function oneOf(words: readonly string[]): Check {
  return (value, at) => {
    if (typeof value === "string" && words.includes(value)) return value;
    throw expected(at, words.length > 12 ? "a known name" : words.map((word) => `"${word}"`).join(", "), value);
  };
}

/** A string of a form; `what` says it in words. */
export function matching(pattern: RegExp, what: string): Check {
  return (value, at) => {
    if (pattern.test(text(value, at) as string)) return value;
    throw expected(at, what, value);
  };
}

export function list(item: Check): Check {
  return (value, at) => {
    if (!Array.isArray(value)) throw expected(at, "a list", value);
    return value.map((entry: unknown, index) => item(entry, `${at}[${index}]`));
  };
}

/** An object with any keys. */
export function map(item: Check): Check {
  return (value, at) => {
    const entries = Object.entries(asObject(value, at));
    return Object.fromEntries(
      entries.map(([key, entry]) => {
        const place = `${at}[${quote(key)}]`;
        text(key, place);
        return [key, item(entry, place)];
      }),
    );
  };
}

/** What an object is made of. */
export interface Shape {
  readonly required?: Readonly<Record<string, Check>>;
  readonly optional?: Readonly<Record<string, Check>>;
  /** Fields that mean something which is not carried out: refused unless empty. */
  readonly unsupported?: readonly string[];
}

export function object(shape: Shape): Check {
  return (value, at) => {
    const found = asObject(value, at);
    const place = (name: string) => (at === "" ? name : `${at}.${name}`);
    for (const name of shape.unsupported ?? []) {
      if (!isEmpty(found[name])) throw fault(place(name), "is not supported");
    }
    const entries: [string, unknown][] = [];
    for (const [name, check] of Object.entries(shape.required ?? {})) {
      if (isNothing(found[name])) throw fault(place(name), "is missing");
      entries.push([name, check(found[name], place(name))]);
    }
    for (const [name, check] of Object.entries(shape.optional ?? {})) {
      if (!isNothing(found[name])) entries.push([name, check(found[name], place(name))]);
    }
    return Object.fromEntries(entries);
  };
}

function asObject(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw expected(at, "an object", value);
  return value as Readonly<Record<string, unknown>>;
}

/** Programs in Go write null for what is not there. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function isEmpty(value: unknown): boolean {
  if (isNothing(value) || value === false || value === "") return true;
  return typeof value === "object" && Object.keys(value as object).length === 0;
}
