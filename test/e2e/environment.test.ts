// What the first process finds: variables, directory, user and groups, command and names.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { writeFileSync } from "node:fs";

import { type Board, lines } from "../helpers/board.ts";
import { testWith } from "../helpers/needs.ts";
import { busyboxBoard, busyboxImage } from "../helpers/rootfs.ts";

const test = testWith("root", "tool:mksquashfs", "file:/bin/busybox", "fs:overlay", "fs:squashfs");
let board: Board;
beforeAll(async () => {
  board = await busyboxBoard();
});
afterAll(() => board[Symbol.asyncDispose]());

const runs = (...words: readonly string[]) => board.ok("run", "--rm", ...words);

describe("variables", () => {
  test("of nobody: path, host name and home only", async () => {
    const env = lines(await runs("--hostname", "box", "bb", "env"));
    expect(env.sort()).toEqual([
      "HOME=/root",
      "HOSTNAME=box",
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ]);
  });

  test("from files, from the caller and from the command line, the last word winning", async () => {
    const file = board.path("vars");
    writeFileSync(file, '\uFEFFA=file\n  B=x y "q"\n\n# C=no\nHERE\nGONE\nEMPTY=\nD=a=b\n');
    const options = ["--env-file", file, "-e", "A=flag", "-e", "THERE", "-e", "GONE", "-e", "HOME=", "-e", "ünï=✓"];
    const env = { HERE: "one", THERE: "two" };
    const { out } = await board.with({ env }, "run", "--rm", ...options, "bb", "env");
    const found = lines(out).filter((line) => !/^(PATH|HOSTNAME)=/.test(line));
    expect(found.sort()).toEqual(
      ["A=flag", 'B=x y "q"', "D=a=b", "EMPTY=", "HERE=one", "HOME=/root", "THERE=two", "ünï=✓"].sort(),
    );
  });

  test("nothing of bunker's own environment or descriptors leaks", async () => {
    const env = { SECRET: "hidden", BUN_OPTIONS: "", LD_LIBRARY_PATH: "/x" };
    const script = "cat /proc/self/environ | tr '\\0' '\\n'; exec ls /proc/self/fd";
    const { out } = await board.with({ env }, "run", "--rm", "bb", "sh", "-c", script);
    expect(out).not.toContain("hidden");
    expect(out).not.toContain("BUN");
    // The last one is ls looking.
    expect(lines(out).filter((line) => /^\d+$/.test(line))).toEqual(["0", "1", "2", "3"]);
  });

  test("the image's, its directory, user and command, and what takes their place", async () => {
    const changes = [
      ["ENV A=image", "ENV B=image", "WORKDIR /home/app", "USER app"],
      ['ENTRYPOINT ["/bin/echo","entry"]', 'CMD ["default"]', "LABEL from=image"],
    ].flatMap((each) => each.flatMap((change) => ["-c", change]));
    await board.ok("import", ...changes, busyboxImage(), "configured");
    expect(await runs("configured")).toBe("entry default\n");
    expect(await runs("configured", "words")).toBe("entry words\n");
    // A new entrypoint drops the image's arguments too.
    expect(await runs("--entrypoint", "pwd", "configured")).toBe("/home/app\n");
    expect(await runs("--entrypoint", "", "configured", "id", "-un")).toBe("app\n");
    const shown = await runs(
      "-e",
      "B=flag",
      "--entrypoint",
      "sh",
      "-u",
      "0",
      "-w",
      "/",
      "configured",
      "-c",
      "echo $A $B; pwd; id -u",
    );
    expect(shown).toBe("image flag\n/\n0\n");
  });
});

describe("directory, user and names", () => {
  test("a directory that is not there is made, and is root's", async () => {
    const script = "pwd; stat -c '%u:%g %a' /srv /srv/new";
    expect(await runs("-w", "/srv/new", "-u", "app", "bb", "sh", "-c", script)).toBe("/srv/new\n0:0 755\n0:0 755\n");
    expect(await runs("-w", "/home/../home/app/", "bb", "pwd")).toBe("/home/app\n");
  });

  const users: readonly (readonly [options: readonly string[], uid: string, groups: string, home: string])[] = [
    [[], "0:0", "0", "/root"],
    [["-u", "app"], "1000:1000", "29 1000", "/home/app"],
    [["-u", "1000"], "1000:1000", "29 1000", "/home/app"],
    [["-u", "app:video"], "1000:44", "44", "/home/app"],
    [["-u", "1234"], "1234:0", "0", "/"],
    [["-u", "1234:5678"], "1234:5678", "5678", "/"],
    [["-u", ":audio"], "0:29", "29", "/root"],
    [["-u", "2147483647:2147483647"], "2147483647:2147483647", "2147483647", "/"],
    [["-u", "app", "--group-add", "video", "--group-add", "77"], "1000:1000", "29 44 77 1000", "/home/app"],
  ];
  for (const [options, ids, groups, home] of users) {
    test(`${options.join(" ") || "no user"}: ${ids}, groups ${groups}`, async () => {
      const script = 'echo "$(id -u):$(id -g)"; grep Groups /proc/self/status; echo $HOME';
      const [found, list = "", dir] = lines(await runs(...options, "bb", "sh", "-c", script));
      expect(found).toBe(ids);
      expect(list.replace("Groups:", "").trim()).toBe(groups);
      expect(dir).toBe(home);
    });
  }

  test("another user than root starts without capabilities, and cannot write what is root's", async () => {
    const script =
      "grep -E 'Cap(Prm|Eff|Amb|Inh)' /proc/self/status; echo x > /etc/passwd; echo x > /root/x; cat /etc/hosts";
    const { out, err } = await board.bunker("run", "--rm", "-u", "app", "--hostname", "box", "bb", "sh", "-c", script);
    expect(out.match(/0000000000000000/g)).toHaveLength(4);
    expect(err.match(/Permission denied/g)).toHaveLength(2);
    expect(out).toContain("127.0.0.1\tlocalhost box\n");
  });

  test("a host name of the user's, or the first digits of the id; not the host's", async () => {
    expect(await runs("-h", "a.b-c.example", "bb", "sh", "-c", "hostname; cat /etc/hostname")).toBe(
      "a.b-c.example\na.b-c.example\n",
    );
    const id = (await board.ok("run", "-d", "--name", "named", "bb", "sh", "-c", "hostname; sleep 1000")).trim();
    const { Pid } = (await board.inspect("named")).State;
    const own = await Bun.file(`/proc/${Pid}/root/etc/hostname`).text();
    expect(own.trim()).toBe(id.slice(0, 12));
    await board.clear();
  });
});
