// `bunker images`: the images in the store, one row a name. Reads the store and changes nothing.

import { formatError } from "../../errors.ts";
import { hexOf } from "../../fs/image-record.ts";
import { type ListedImage, listImages } from "../../fs/images.ts";
import { familiarName, parseReference } from "../../fs/reference.ts";
import { ago, dateText, SHORT_ID } from "../../state/describe.ts";
import { paths } from "../../state/paths.ts";
import { type Parsed, parseArgs } from "../args.ts";
import { err, out } from "../../text/out.ts";
import { showHelp } from "../show-help.ts";
import { formatTable } from "../../text/table.ts";
import { images } from "../tables/images.ts";

const HEADERS = ["repository", "tag", "image id", "created", "size"] as const;
const NONE = "<none>";
const UNKNOWN = "N/A";

/** @returns the exit code: 1 where a record is damaged, after the others were listed */
export function main(words: string[]): number | Promise<number> {
  const parsed = parseArgs(images, words);
  if (parsed.help) return showHelp(images);
  const found = listImages(paths());
  out(print(chosenRows(found, parsed, Date.now()), parsed));
  const problems = found.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  for (const problem of problems) err(`${formatError(problem)}\n`);
  return problems.length > 0 ? 1 : 0;
}

/** A row under Docker's names. */
interface Row {
  readonly Containers: string;
  readonly CreatedAt: string;
  readonly CreatedSince: string;
  readonly Digest: string;
  readonly ID: string;
  readonly Repository: string;
  readonly SharedSize: string;
  readonly Size: string;
  readonly Tag: string;
  readonly UniqueSize: string;
}

function chosenRows(found: readonly ListedImage[], parsed: Parsed<typeof images>, now: number): Row[] {
  const rows = found.flatMap((listed) => rowsOf(listed, parsed.flag("no-trunc"), now));
  const [word] = parsed.operands;
  if (word === undefined) return rows;
  const wanted = parseReference(word);
  return rows.filter(
    ({ Repository, Tag }) => Repository === familiarName(wanted) && (wanted.tag === undefined || wanted.tag === Tag),
  );
}

/** One row for each name; one without a name for an image that has none. */
function rowsOf({ image, names }: ListedImage, full: boolean, now: number): Row[] {
  if (image === undefined) return [];
  const created = Date.parse(image.file.created ?? "");
  const size = image.layers.reduce((sum, layer) => sum + layer.size, 0);
  return (names.length > 0 ? names : [undefined]).map((name) => ({
    Containers: UNKNOWN,
    CreatedAt: Number.isNaN(created) ? UNKNOWN : dateText(created),
    CreatedSince: Number.isNaN(created) ? UNKNOWN : ago(created, now),
    Digest: NONE,
    ID: full ? image.id : hexOf(image.id).slice(0, SHORT_ID),
    ...cutName(name),
    SharedSize: UNKNOWN,
    Size: decimalSize(size),
    UniqueSize: UNKNOWN,
  }));
}

/** At the tag's colon. The file system may hold names that no import has put there, so this is no place to be strict. */
function cutName(name: string | undefined): { Repository: string; Tag: string } {
  if (name === undefined) return { Repository: NONE, Tag: NONE };
  const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
  if (colon === -1 || name.includes("@")) return { Repository: name, Tag: NONE };
  return { Repository: name.slice(0, colon), Tag: name.slice(colon + 1) };
}

/** "78.1MB": three digits and a decimal unit. Source: go-units, HumanSizeWithPrecision. */
export function decimalSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let [value, unit] = [bytes, 0];
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${Number(value.toPrecision(3))}${units[unit]}`;
}

function print(rows: readonly Row[], parsed: Parsed<typeof images>): string {
  if (parsed.string("format") === "json") return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  // An image with several names once, so that the output can be the operands of rmi.
  if (parsed.flag("quiet")) return [...new Set(rows.map(({ ID }) => `${ID}\n`))].join("");
  return formatTable(
    HEADERS,
    rows.map((row) => [row.Repository, row.Tag, row.ID, row.CreatedSince, row.Size]),
  );
}
