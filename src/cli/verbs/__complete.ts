// `bunker __complete containers|images`: the names that a completion script asks for when the user presses the key. A
// shell shows nothing of what goes wrong here, and nothing is better than an error in the middle of a command line.

import { listNames } from "../../state/find.ts";
import { paths } from "../../state/paths.ts";
import { out } from "../../text/out.ts";

/** @returns the exit code: 1 where there is nothing of that kind to name */
export async function main([kind]: string[]): Promise<number> {
  if (kind !== "containers" && kind !== "images") return 1;
  const names = kind === "containers" ? listNames(paths()) : await imageNames();
  out(names.map((name) => `${name}\n`).join(""));
  return 0;
}

async function imageNames(): Promise<string[]> {
  const { listImages } = await import("../../fs/images.ts");
  return listImages(paths()).flatMap(({ names }) => names);
}
