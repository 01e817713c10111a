// Files of the host and file systems in memory, where the user put them; and a root that cannot be written.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";

import { type Board, lines } from "../helpers/board.ts";
import { testWith } from "../helpers/needs.ts";
import { busyboxBoard, OUTSIDE } from "../helpers/rootfs.ts";

const test = testWith("root", "tool:mksquashfs", "file:/bin/busybox", "fs:overlay", "fs:squashfs");
let board: Board;
let host: string;
beforeAll(async () => {
  board = await busyboxBoard();
  host = board.path("host");
  mkdirSync(`${host}/below`, { recursive: true });
  mkdirSync(`${host}/links/deep/er`, { recursive: true });
  writeFileSync(`${host}/file`, "of the host\n");
  symlinkSync(OUTSIDE, `${host}/links/deep/er/out`);
});
afterAll(() => board[Symbol.asyncDispose]());

const runs = (...words: readonly string[]) => board.ok("run", "--rm", ...words);

describe("-v", () => {
  test("a directory is shared both ways, a file lies over the image's", async () => {
    const script = "cat /mnt/d/file /etc/passwd; echo back > /mnt/d/new; echo over > /etc/passwd";
    writeFileSync(`${host}/passwd`, "root:x:0:0::/root:/bin/sh\n");
    const out = await runs("-v", `${host}:/mnt/d`, "-v", `${host}/passwd:/etc/passwd`, "bb", "sh", "-c", script);
    expect(out).toBe("of the host\nroot:x:0:0::/root:/bin/sh\n");
    expect(readFileSync(`${host}/new`, "utf8")).toBe("back\n");
    expect(readFileSync(`${host}/passwd`, "utf8")).toBe("over\n");
    expect(await runs("bb", "grep", "-c", "app", "/etc/passwd")).toBe("1\n");
  });

  test("ro holds for the file systems below, too, and leaves other mounts of the source alone", async () => {
    const made = Bun.spawnSync(["mount", "-t", "tmpfs", "below", `${host}/below`]);
    expect(made.exitCode).toBe(0);
    try {
      const script =
        "for f in /ro/x /ro/below/x /rw/x /rw/below/x; do echo $f > $f; done; ls /ro/below; mount -o remount,rw /ro";
      const binds = ["-v", `${host}:/ro:ro`, "-v", `${host}:/rw`];
      const { out, err } = await board.bunker("run", "--rm", ...binds, "bb", "sh", "-c", script);
      expect(err).toContain("can't create /ro/x: Read-only file system");
      expect(err).toContain("can't create /ro/below/x: Read-only file system");
      expect(err.match(/Read-only/g)).toHaveLength(2);
      expect(err).toContain("mount:");
      expect(out).toBe("x\n");
      expect(readFileSync(`${host}/x`, "utf8")).toBe("/rw/x\n");
      const flat = `type=bind,src=${host},dst=/flat,bind-recursive=disabled`;
      expect(await runs("--mount", flat, "bb", "ls", "/flat/below")).toBe("");
    } finally {
      Bun.spawnSync(["umount", `${host}/below`]);
    }
  });

  test("a source that is not there is made, a relative one starts at the working directory", async () => {
    const { code, out } = await board.with(
      { cwd: host },
      "run",
      "--rm",
      "-v",
      "./made/deep:/m",
      "bb",
      "sh",
      "-c",
      "echo x > /m/x; stat -c '%u:%g %a' /m",
    );
    expect({ code, out }).toEqual({ code: 0, out: "0:0 755\n" });
    expect(readFileSync(`${host}/made/deep/x`, "utf8")).toBe("x\n");
  });

  test("symlinks on the way to the target are followed inside the container only", async () => {
    expect(existsSync(OUTSIDE)).toBe(false);
    const tmpfs = ["--tmpfs", OUTSIDE];
    const script = `cat ${OUTSIDE}/a/b/c/file ${OUTSIDE}/a/b/f`;
    const along = ["-v", `${host}:/escape/a/b/c`, "-v", `${host}/file:/escape-up/a/b/f`];
    expect(await runs(...tmpfs, ...along, "bb", "sh", "-c", script)).toBe("of the host\nof the host\n");
    // The target itself is a link, and of the host's own making.
    const at = ["-v", `${host}/links:/l`, "-v", `${host}:/l/deep/er/out`];
    expect(await runs(...tmpfs, ...at, "bb", "cat", `${OUTSIDE}/file`)).toBe("of the host\n");
    expect(readdirSync(`${host}/links/deep/er`)).toEqual(["out"]);
    expect(existsSync(OUTSIDE)).toBe(false);
  });

  test("a symlink that leads nowhere inside is made or refused, never followed on the host", async () => {
    mkdirSync(OUTSIDE);
    try {
      const ran = await board.bunker("run", "--rm", "-v", `${host}:/escape/in`, "bb", "cat", "/escape/in/file");
      if (ran.code === 0) expect(ran.out).toBe("of the host\n");
      else expect(ran.err).toContain("/escape/in");
      expect([0, 125]).toContain(ran.code);
      expect(readdirSync(OUTSIDE)).toEqual([]);
    } finally {
      Bun.spawnSync(["rmdir", OUTSIDE]);
    }
    await board.clear();
  });

  test("what the container mounts is not seen by the host", async () => {
    const script = `mkdir -p /h/inner && mount -t tmpfs t /h/inner && echo hidden > /h/inner/f && cat /h/inner/f`;
    expect(await runs("--cap-add", "SYS_ADMIN", "-v", `${host}:/h`, "bb", "sh", "-c", script)).toBe("hidden\n");
    expect(readdirSync(`${host}/inner`)).toEqual([]);
  });
});

describe("--mount and --tmpfs", () => {
  test("type=bind: read-only as asked; a missing source is an error that names both places", async () => {
    const bind = `type=bind,source=${host},target=/b,readonly`;
    const { err } = await board.bunker("run", "--rm", "--mount", bind, "bb", "touch", "/b/never");
    expect(err).toContain("Read-only file system");
    const none = await board.bunker("run", "--mount", `type=bind,source=${host}/none,target=/b`, "bb", "true");
    expect(none.err).toContain(`cannot mount ${host}/none on /b: the source does not exist on the host`);
    expect(none.err).toContain("create it first");
    expect(none.code).toBe(125);
    expect(existsSync(`${host}/none`)).toBe(false);
    await board.clear();
  });

  test("size, mode and owner of a tmpfs; it takes no programs unless asked to", async () => {
    const script = [
      "stat -c '%n %u:%g %a' /t /m /exec",
      "grep -E ' /(t|m|exec) ' /proc/mounts | cut -d' ' -f2,4 | cut -d, -f1-4 | sort",
      "dd if=/dev/zero of=/t/big bs=64k count=32 2>&1 | grep -c 'No space left'; stat -c %s /t/big",
      "cp /bin/busybox /m/true; /m/true; echo $?; cp /bin/busybox /exec/true; /exec/true; echo $?",
    ].join("; ");
    const options = [
      "--tmpfs",
      "/t:size=1m,mode=711,uid=1000,gid=44",
      "--mount",
      "type=tmpfs,target=/m,tmpfs-size=4m,tmpfs-mode=0700",
      "--tmpfs",
      "/exec:exec,size=4m",
    ];
    const { out } = await board.bunker("run", "--rm", ...options, "bb", "sh", "-c", script);
    expect(lines(out)).toEqual([
      "/t 1000:44 711",
      "/m 0:0 700",
      "/exec 0:0 1777",
      "/exec rw,nosuid,nodev,relatime",
      "/m rw,nosuid,nodev,noexec",
      "/t rw,nosuid,nodev,noexec",
      "1",
      `${1 << 20}`,
      "126",
      "0",
    ]);
  });

  test("a mount in a mount, whatever the order on the command line; the image's files below are hidden", async () => {
    const script = "ls /etc /etc/in; cat /etc/in/file";
    const options = ["-v", `${host}/file:/etc/in/file`, "--tmpfs", "/etc"];
    expect(await runs(...options, "bb", "sh", "-c", script)).toBe("/etc:\nin\n\n/etc/in:\nfile\nof the host\n");
  });

  test("two for one place are refused", async () => {
    const { code, err } = await board.bunker("run", "-v", `${host}:/x`, "--tmpfs", "/x/", "bb", "true");
    expect(err).toContain("two mounts for /x");
    expect(code).toBe(125);
  });
});

describe("--read-only", () => {
  test("the root and what bunker puts there; memory under /dev can still be written", async () => {
    const paths = ["/x", "/tmp/x", "/root/x", "/etc/x", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/sys/x"];
    const script = [
      `for f in ${paths.join(" ")} /dev/shm/x /dev/x /vol/x /run/x; do echo $f > $f && echo wrote $f; done`,
      "mount -o remount,rw /",
    ].join("; ");
    const options = ["--read-only", "-v", `${host}:/vol`, "--tmpfs", "/run"];
    const { out, err } = await board.bunker("run", "--rm", ...options, "bb", "sh", "-c", script);
    expect(lines(out)).toEqual(["wrote /dev/shm/x", "wrote /dev/x", "wrote /vol/x", "wrote /run/x"]);
    for (const path of paths) expect(err).toContain(`can't create ${path}: Read-only file system`);
    expect(err).toContain("mount:");
  });

  test("without it, what a container writes is its own, and goes with it", async () => {
    await runs("bb", "sh", "-c", "echo gone > /data/x; rm -r /etc /home; echo x > /tmp/x");
    expect(await runs("bb", "sh", "-c", "ls /data /tmp; ls -d /home/app; cat /etc/passwd | wc -l")).toBe(
      "/data:\n\n/tmp:\n/home/app\n3\n",
    );
  });
});
