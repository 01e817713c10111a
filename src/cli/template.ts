// `--format '{{.Name}} {{json .State}}'`: the part of Go's templates that people use on a command line: fields, json, index,
// and \n and \t. Anything else is refused by name instead of being printed wrongly.

import { UsageError } from "../errors.ts";

/** What an action prints, from the object that the template is applied to. */
type Action = (subject: unknown) => string;

const UNMATCHED = "{{ and }} do not match";
/** ".", ".Name", ".State.Pid" */
const PATH = /^\.(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)?$/;
const INDEX = /^index\s+(\.[\w.]*)\s+(\S.*)$/s;
const KEY = /"(?:[^"\\]|\\.)*"|\d+/gs;

/**
 * Compiles a template; the result applies it to one object.
 * @throws UsageError of the verb for what is not supported; the result throws it for a field that is not there
 */
export function compileTemplate(verb: string, text: string): Action {
  const actions: Action[] = [];
  let rest = text;
  for (let open = rest.indexOf("{{"); open !== -1; open = rest.indexOf("{{")) {
    const close = rest.indexOf("}}", open);
    if (close === -1) throw refused(verb, text, UNMATCHED);
    actions.push(literal(verb, text, rest.slice(0, open)));
    actions.push(compileAction(verb, text, rest.slice(open + 2, close).trim()));
    rest = rest.slice(close + 2);
  }
  actions.push(literal(verb, text, rest));
  return (subject) => actions.map((action) => action(subject)).join("");
}

function literal(verb: string, text: string, part: string): Action {
  if (part.includes("}}")) throw refused(verb, text, UNMATCHED);
  const printed = unescape(part);
  return () => printed;
}

function compileAction(verb: string, text: string, action: string): Action {
  const look = (subject: unknown, keys: readonly (string | number)[]): unknown => {
    let value = subject;
    for (const key of keys) value = step(verb, text, value, key);
    return value;
  };
  if (PATH.test(action)) return (subject) => printValue(look(subject, fieldsOf(action)));
  const [, json] = /^json\s+(\S+)$/.exec(action) ?? [];
  if (json !== undefined && PATH.test(json)) return (subject) => JSON.stringify(look(subject, fieldsOf(json)) ?? null);
  const [, path, keys] = INDEX.exec(action) ?? [];
  if (path !== undefined && keys !== undefined && PATH.test(path) && keys.replaceAll(KEY, "").trim() === "") {
    const steps = [...keys.matchAll(KEY)].map(([key]) => readKey(verb, text, key));
    return (subject) => printValue(steps.reduce<unknown>(entry, look(subject, fieldsOf(path))));
  }
  throw refused(
    verb,
    text,
    `{{${action}}} is not supported, only fields such as {{.Name}}, {{json .State}} and {{index .A "b"}}`,
  );
}

function fieldsOf(path: string): string[] {
  return path.split(".").filter((name) => name !== "");
}

function readKey(verb: string, text: string, key: string): string | number {
  if (!key.startsWith('"')) return Number(key);
  try {
    return String(JSON.parse(key));
  } catch {
    throw refused(verb, text, `${key} is no string`);
  }
}

/** A field, which has to be there. */
function step(verb: string, text: string, value: unknown, key: string | number): unknown {
  if (isObject(value) && Object.hasOwn(value, key)) return value[key];
  const known = isObject(value) && !Array.isArray(value) ? `, but there are ${Object.keys(value).join(", ")}` : "";
  throw refused(verb, text, `there is no field ${key}${known}`);
}

/** An entry of a map or a list, which may be missing. */
function entry(value: unknown, key: string | number): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function isObject(value: unknown): value is Record<string | number, unknown> {
  return typeof value === "object" && value !== null;
}

/** As Go prints it: lists in [], maps in map[], and nothing for what is missing in a map. */
function printValue(value: unknown): string {
  if (value === undefined) return "";
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(printValue).join(" ")}]`;
  if (!isObject(value)) return String(value);
  const entries = Object.keys(value).sort();
  return `map[${entries.map((key) => `${key}:${printValue(value[key])}`).join(" ")}]`;
}

/** A shell's single quotes pass backslashes on. */
function unescape(text: string): string {
  return text.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
}

function refused(verb: string, text: string, why: string): UsageError {
  return new UsageError(`invalid value ${JSON.stringify(text)} for --format: ${why}`, verb);
}
