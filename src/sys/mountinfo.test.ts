import { describe, expect, test } from "bun:test";
import { parseMountinfo, visible } from "./mountinfo.ts";

describe("parseMountinfo", () => {
  test("takes the fields apart, with any number of optional fields", () => {
    const [none, two] = parseMountinfo(
      "36 35 98:0 /mnt1 /mnt2 rw,noatime - ext3 /dev/root rw,errors=continue\n" +
        "37 35 0:5 / /mnt3 ro,nosuid master:1 propagate_from:2 - cgroup cgroup rw,cpu,cpuacct\n",
    );
    expect(none).toEqual({
      id: 36,
      parent: 35,
      root: "/mnt1",
      point: "/mnt2",
      readonly: false,
      type: "ext3",
      superOptions: ["rw", "errors=continue"],
    });
    expect(two).toMatchObject({
      point: "/mnt3",
      readonly: true,
      type: "cgroup",
      superOptions: ["rw", "cpu", "cpuacct"],
    });
  });

  test("decodes octal escapes, once", () => {
    const [mount] = parseMountinfo("1 0 0:1 /a\\040b /x\\011y\\012z\\134040 rw - tmpfs none rw\n");
    expect(mount?.root).toBe("/a b");
    expect(mount?.point).toBe("/x\ty\nz\\040");
  });

  test("a hyphen as a directory's name is not taken for the separator", () => {
    const [mount] = parseMountinfo("1 0 0:1 / - rw - tmpfs none rw\n2 0 0:1 - /a rw - tmpfs none rw\n").slice(-1);
    expect(mount?.point).toBe("/a");
  });

  test("passes over lines that make no sense", () => {
    const hostile = [
      "",
      "-",
      "1",
      "1 2 3 4 5 6",
      "1 2 0:1 / /a rw",
      "1 2 0:1 / /a rw -",
      "1 2 0:1 / relative rw - cgroup none rw",
      "\0\0\0",
      "a".repeat(100_000),
      " ".repeat(1000),
      "- - - - - - - - - -",
    ];
    for (const line of hostile) expect(parseMountinfo(line)).toEqual([]);
    expect(parseMountinfo("1 2 0:1 / /a rw - cgroup")).toHaveLength(1);
  });
});

describe("visible", () => {
  const line = (id: number, parent: number, point: string, type = "tmpfs"): string =>
    `${id} ${parent} 0:${id} / ${point} rw - ${type} none rw`;
  const seen = (...lines: string[]): string[] => {
    const mounts = parseMountinfo(lines.join("\n"));
    return mounts.filter((mount) => visible(mount, mounts)).map((mount) => `${mount.id}`);
  };

  test("plain trees are visible, whatever the order of lines", () => {
    const lines = [
      line(22, 27, "/sys"),
      line(27, 1, "/"),
      line(31, 22, "/sys/fs/cgroup"),
      line(32, 31, "/sys/fs/cgroup/cpu"),
    ];
    expect(seen(...lines)).toEqual(["22", "27", "31", "32"]);
    expect(seen(...lines.toReversed())).toEqual(["32", "31", "27", "22"]);
  });

  test("a mount on top of another hides it and what was mounted below", () => {
    expect(
      seen(line(1, 0, "/"), line(2, 1, "/cg", "cgroup2"), line(3, 2, "/cg/a"), line(4, 2, "/cg"), line(5, 4, "/cg/b")),
    ).toEqual(["1", "4", "5"]);
  });

  test("a mount on a directory above hides its siblings", () => {
    expect(seen(line(1, 0, "/"), line(2, 1, "/a/b"), line(3, 1, "/a"), line(4, 1, "/ab"))).toEqual(["1", "3", "4"]);
  });

  test("the root of an initramfs is its own parent and hides nothing", () => {
    expect(seen(line(1, 1, "/", "rootfs"), line(20, 1, "/sys"), line(21, 20, "/sys/fs/cgroup"))).toEqual([
      "1",
      "20",
      "21",
    ]);
  });

  test("ends on rings of parents", () => {
    expect(seen(line(1, 2, "/a"), line(2, 1, "/b"))).toEqual(["1", "2"]);
    expect(seen(line(7, 7, "/"))).toEqual(["7"]);
  });
});
