// /proc/self/mountinfo as far as finding a file system needs it: where it is mounted, with which options, and whether
// a path walk still reaches it or a later mount hides it. Source: proc_pid_mountinfo(5).
//
// On the path of `run`, where the first use of a regular expression or of an array method that takes a function costs
// 0.1 ms in a process this young: hence the plain loops.

export interface MountLine {
  readonly id: number;
  readonly parent: number;
  /** The directory of the file system that is mounted. */
  readonly root: string;
  readonly point: string;
  readonly readonly: boolean;
  readonly type: string;
  readonly superOptions: readonly string[];
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
function unescapeOctal(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

function parseLine(line: string): MountLine | undefined {
  const fields = line.split(" ");
  // id parent major:minor root point options [optional fields ...] - type source super-options
  const dash = fields.indexOf("-", 6);
  const [id, parent, , root, point, options] = fields;
  const type = fields[dash + 1];
  if (dash < 0 || root === undefined || point === undefined || options === undefined || type === undefined) {
    return undefined;
  }
  if (!point.startsWith("/")) return undefined;
  const superOptions = (fields[dash + 3] ?? "").split(",");
  return {
    id: Number(id),
    parent: Number(parent),
    root: unescapeOctal(root),
    point: unescapeOctal(point),
    readonly: options.split(",").includes("ro") || superOptions.includes("ro"),
    type,
    superOptions,
  };
}

/** All mounts; lines that are not as the manual page says are passed over. */
export function parseMountinfo(text: string): MountLine[] {
  const mounts: MountLine[] = [];
  for (const line of text.split("\n")) {
    const mount = parseLine(line);
    if (mount !== undefined) mounts.push(mount);
  }
  return mounts;
}

/** Whether a walk to `lower` enters `upper` on the way: both lie on one parent mount, `upper` on a directory above. */
function shadows(upper: MountLine, lower: MountLine): boolean {
  // The first mount of all is its own parent; it is above its siblings, not over them.
  if (upper.id === upper.parent) return false;
  if (upper.parent !== lower.parent || upper.point.length >= lower.point.length) return false;
  return lower.point.startsWith(upper.point === "/" ? "/" : `${upper.point}/`);
}

/**
 * Whether a path walk to the mount point arrives at this mount. It does not where another mount lies on top of it, or on
 * a directory above it that belongs to the same parent mount, or where its parent is shadowed in that way. The order of
 * the lines does not count: mounts that were moved (an initramfs does it) keep their old ids.
 */
export function visible(mount: MountLine, all: readonly MountLine[]): boolean {
  for (const other of all) {
    if (other.parent === mount.id && other.id !== mount.id && other.point === mount.point) return false;
  }
  let current: MountLine | undefined = mount;
  // A hostile file could make a ring of parents: there are at most as many steps as mounts.
  for (let steps = 0; current !== undefined && steps < all.length; steps++) {
    const here: MountLine = current;
    current = undefined;
    for (const other of all) {
      if (shadows(other, here)) return false;
      if (other.id === here.parent && other.id !== here.id) current = other;
    }
  }
  return true;
}
