// `bunker inspect`: everything that is known of containers and images, as Docker's JSON.

import { formatError, UserError } from "../../errors.ts";
import { type Container, lookUpContainer } from "../../state/find.ts";
import { configPath, logPath, type Paths, paths } from "../../state/paths.ts";
import { readTextIfThere } from "../../sys/file.ts";
import { type Parsed, parseArgs } from "../args.ts";
import { err, out } from "../../text/out.ts";
import { showHelp } from "../show-help.ts";
import { inspect } from "../tables/inspect.ts";

/** Docker's, so that what compares the texts sees no difference. */
const INDENT = 4;

type Details = Record<string, unknown>;

/** @returns the exit code: 1 where something was not found, after the others were printed */
export async function main(words: string[]): Promise<number> {
  const parsed = parseArgs(inspect, words);
  if (parsed.help) return showHelp(inspect);
  const print = await printer(parsed.string("format"));
  const found: Details[] = [];
  const problems: unknown[] = [];
  for (const word of parsed.operands) {
    try {
      found.push(await describe(paths(), word, parsed));
    } catch (error) {
      problems.push(error);
    }
  }
  out(print(found));
  for (const problem of problems) err(`${formatError(problem)}\n`);
  return problems.length > 0 ? 1 : 0;
}

async function printer(format: string | undefined): Promise<(found: readonly Details[]) => string> {
  if (format === undefined) return (found) => `${JSON.stringify(found, null, INDENT)}\n`;
  if (format === "json") return (found) => `${JSON.stringify(found)}\n`;
  const { compileTemplate } = await import("../template.ts");
  const line = compileTemplate("inspect", format);
  return (found) => found.map((details) => `${line(details)}\n`).join("");
}

async function describe(at: Paths, word: string, parsed: Parsed<typeof inspect>): Promise<Details> {
  const type = parsed.string("type");
  const container = type === "image" ? undefined : lookUpContainer(at, word);
  if (container !== undefined) return describeContainer(at, container);
  const image = type === "container" ? undefined : await describeImage(at, word);
  if (image !== undefined) return image;
  throw new UserError(`no such ${type ?? "object"}: ${word}`);
}

async function describeContainer(at: Paths, { record, state, fault }: Container): Promise<Details> {
  if (fault !== undefined) throw fault;
  const [{ toInspect }, { validateSpec }] = await Promise.all([
    import("../../state/inspect.ts"),
    import("../../oci/validate.ts"),
  ]);
  const config = configPath(at, record.id);
  return toInspect(record, state, validateSpec(readSpec(config, record.name), config), {
    log: logPath(at, record.id),
    config,
  });
}

function readSpec(path: string, name: string): unknown {
  const text = readTextIfThere(path);
  try {
    return JSON.parse(text ?? "");
  } catch (cause) {
    throw new UserError(
      `cannot read the spec of container ${name}: ${path} is ${text === undefined ? "missing" : "damaged"}`,
      {
        remedy: `remove the container with 'bunker rm -f ${name}'`,
        cause,
      },
    );
  }
}

async function describeImage(at: Paths, word: string): Promise<Details | undefined> {
  const [{ findImage, listImages }, { inspectImage }] = await Promise.all([
    import("../../fs/images.ts"),
    import("../../fs/inspect.ts"),
  ]);
  const image = findImage(at, word);
  if (image === undefined) return undefined;
  const names = listImages(at).find(({ hex }) => image.id.endsWith(hex))?.names ?? [];
  return inspectImage(image, names);
}
