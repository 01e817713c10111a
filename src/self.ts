// bunker's own executable. The kernel marks the path of one that was replaced while it ran (an upgrade); its successor is
// at the path without the mark.

const MARK = " (deleted)";

/** Absolute path of the executable that later starts of bunker use. */
export function executablePath(): string {
  const path = process.execPath;
  return path.endsWith(MARK) ? path.slice(0, -MARK.length) : path;
}
