// Images made of software from Debian's packages: busybox with a few traps in its tree, and a minimal Debian with a
// Redis server. Each is built once and kept below .cache; a change of its recipe or of its package makes it anew.

import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Board } from "./board.ts";

const CACHE = join(import.meta.dir, "..", "..", ".cache", "e2e");
const BUSYBOX = "/bin/busybox";

/** Where the links /escape and /escape-up of the busybox image would lead on a host that followed them. */
export const OUTSIDE = "/var/tmp/bunker-e2e-outside";

const PASSWD = "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n";
const GROUP = "root:x:0:\ndaemon:x:1:\naudio:x:29:app\nvideo:x:44:\napp:x:1000:\n";

type Recipe = (tree: string) => void;

/** A squashfs file with busybox-static's busybox; links for all its applets in /bin. */
export function busyboxImage(): string {
  const { size, mtimeMs } = statSync(BUSYBOX);
  return cached(`busybox-${size}-${Math.floor(mtimeMs)}-1`, busyboxTree);
}

function busyboxTree(tree: string): void {
  for (const dir of ["bin", "etc", "root", "home/app", "tmp", "data"]) mkdirSync(join(tree, dir), { recursive: true });
  cpSync(BUSYBOX, join(tree, "bin/busybox"));
  const applets = output([BUSYBOX, "--list"])
    .split("\n")
    .filter((name) => name !== "" && name !== "busybox");
  for (const name of applets) symlinkSync("busybox", join(tree, "bin", name));
  writeFileSync(join(tree, "etc/passwd"), PASSWD);
  writeFileSync(join(tree, "etc/group"), GROUP);
  chmodSync(join(tree, "tmp"), 0o1777);
  chownSync(join(tree, "home/app"), 1000, 1000);
  symlinkSync(OUTSIDE, join(tree, "escape"));
  symlinkSync(`../../../../../..${OUTSIDE}`, join(tree, "escape-up"));
  writeFileSync(join(tree, "bin/plain-file"), "echo no\n", { mode: 0o644 });
  writeFileSync(join(tree, "bin/lost-interpreter"), "#!/nowhere/sh\n", { mode: 0o755 });
  writeFileSync(join(tree, "bin/no-program"), "\u0001\u0002\u0003", { mode: 0o755 });
}

/** A minimal Debian with redis-server, by mmdebstrap: the first time takes a minute and a package mirror. */
export function redisImage(): string {
  return cached("redis-1", (tree) => {
    output(["mmdebstrap", "--quiet", "--variant=minbase", "--include=redis-server", "bookworm", tree]);
  });
}

function cached(name: string, recipe: Recipe): string {
  const image = join(CACHE, `${name}.squashfs`);
  if (existsSync(image)) return image;
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), "bunker-rootfs-"));
  try {
    const tree = join(work, "tree");
    mkdirSync(tree);
    chmodSync(tree, 0o755);
    recipe(tree);
    const made = join(work, "made.squashfs");
    output(["mksquashfs", tree, made, "-quiet", "-no-progress", "-comp", "zstd", "-Xcompression-level", "3"]);
    cpSync(made, `${image}.${process.pid}`);
    renameSync(`${image}.${process.pid}`, image);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return image;
}

function output(command: readonly string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], { stdio: ["ignore", "pipe", "pipe"] });
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: exit ${exitCode}: ${stderr.toString()}`);
  return stdout.toString();
}

/** A board on which busybox is the image "bb". */
export async function busyboxBoard(root?: string): Promise<Board> {
  const board = new Board(root);
  await board.import(busyboxImage(), "bb");
  return board;
}
