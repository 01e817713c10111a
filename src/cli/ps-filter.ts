// `bunker ps --filter`: Docker's keys with Docker's meaning. Values of one key are alternatives, except for labels, which
// must all be there; different keys must all hold.

import { UsageError } from "../errors.ts";
import type { Container } from "../state/find.ts";

export interface Filter {
  /** A filter that asks for a state or an exit status looks at all containers, not only at those that run. */
  readonly anyStatus: boolean;
  matches(container: Container): boolean;
}

type Test = (container: Container) => boolean;

const KEYS = ["ancestor", "exited", "id", "label", "name", "status"] as const;
type Key = (typeof KEYS)[number];

/** Docker's; containers here are never paused, restarting or removing. */
const STATUSES: readonly string[] = ["created", "restarting", "running", "removing", "paused", "exited", "dead"];

/** @throws UsageError for a key or a value that cannot be */
export function makeFilter(words: readonly string[]): Filter {
  if (words.length === 0) return { anyStatus: false, matches: () => true };
  const tests = new Map<Key, Test[]>();
  for (const word of words) {
    const equals = word.indexOf("=");
    const key = KEYS.find((each) => each === word.slice(0, Math.max(0, equals)).trim().toLowerCase());
    if (key === undefined) throw refused(word, `KEY=VALUE, where KEY is one of ${KEYS.join(", ")}`);
    const test = makeTest(key, word.slice(equals + 1), word);
    tests.set(key, [...(tests.get(key) ?? []), test]);
  }
  return {
    anyStatus: tests.has("status") || tests.has("exited"),
    matches: (container) =>
      [...tests].every(([key, each]) =>
        key === "label" ? each.every((test) => test(container)) : each.some((test) => test(container)),
      ),
  };
}

function makeTest(key: Key, value: string, word: string): Test {
  switch (key) {
    case "ancestor":
      return ({ record }) => isImage(record.image, value);
    case "exited":
      if (!/^-?\d+$/.test(value)) throw refused(word, "an exit status");
      return ({ state }) => state.exit?.code === Number(value);
    case "id":
      return ({ record }) => value !== "" && record.id.startsWith(value);
    case "label":
      return ({ record }) => hasLabel(record.labels, value);
    case "name":
      return nameTest(value);
    case "status":
      if (!STATUSES.includes(value)) throw refused(word, `one of ${STATUSES.join(", ")}`);
      return ({ state }) => state.status === value;
  }
}

/** By its name, with or without the tag "latest", or by the beginning of its id. */
function isImage(image: { name: string; id: string }, value: string): boolean {
  if (value === "") return false;
  if (image.name === value || image.name === `${value}:latest` || `${image.name}:latest` === value) return true;
  return image.id.startsWith(value) || image.id.startsWith(`sha256:${value}`);
}

function hasLabel(labels: Readonly<Record<string, string>>, value: string): boolean {
  const equals = value.indexOf("=");
  if (equals === -1) return Object.hasOwn(labels, value);
  const name = value.slice(0, equals);
  return Object.hasOwn(labels, name) && labels[name] === value.slice(equals + 1);
}

/** A regular expression that may match any part of the name, with or without Docker's slash before it. */
function nameTest(value: string): Test {
  let pattern: RegExp | undefined;
  try {
    pattern = new RegExp(value);
  } catch {
    // Docker takes what is no regular expression literally.
  }
  return ({ record: { name } }) => name === value || pattern?.test(name) === true || pattern?.test(`/${name}`) === true;
}

function refused(word: string, expected: string): UsageError {
  return new UsageError(`invalid value ${JSON.stringify(word)} for --filter: expected ${expected}`, "ps");
}
