// The walls: what a container may do, what it can see, and where a hostile one ends.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { existsSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";

import { type Board, EXE, lines } from "../helpers/board.ts";
import { testWith } from "../helpers/needs.ts";
import { busyboxBoard } from "../helpers/rootfs.ts";

const test = testWith("root", "tool:setpriv", "tool:mksquashfs", "file:/bin/busybox", "fs:overlay", "fs:squashfs");
let board: Board;
beforeAll(async () => {
  board = await busyboxBoard();
});
afterAll(() => board[Symbol.asyncDispose]());

const runs = (...words: readonly string[]) => board.ok("run", "--rm", ...words);

/** A field of /proc/PID/status. */
function field(status: string, name: string): string {
  return new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(status)?.[1] ?? "missing";
}

const own = readFileSync("/proc/self/status", "utf8");

describe("capabilities", () => {
  /** The kernel's numbers of Docker's 14: capabilities(7). */
  const DOCKERS = [0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31];
  const NET_ADMIN = 12;
  const CHOWN = 0;
  const mask = (numbers: readonly number[]) => numbers.reduce((sum, n) => sum | (1n << BigInt(n)), 0n);
  const held = BigInt(`0x${field(own, "CapEff")}`);
  const hex = (bits: bigint) => bits.toString(16).padStart(16, "0");

  const cases: readonly (readonly [options: string, bits: bigint])[] = [
    ["", mask(DOCKERS)],
    ["--cap-drop ALL", 0n],
    ["--cap-drop all --cap-add net_admin", mask([NET_ADMIN])],
    ["--cap-add CAP_NET_ADMIN --cap-drop CHOWN", mask([...DOCKERS, NET_ADMIN]) & ~mask([CHOWN])],
    ["--cap-add ALL", held],
    ["--cap-add ALL --cap-drop CHOWN", held & ~mask([CHOWN])],
    ["--privileged", held],
  ];
  for (const [options, bits] of cases) {
    test(`${options || "Docker's 14"}: ${hex(bits)}`, async () => {
      const words = options.split(" ").filter((word) => word !== "");
      const status = await runs(...words, "bb", "cat", "/proc/self/status");
      const found = ["CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb"].map((name) => field(status, name));
      expect(found).toEqual([hex(bits), hex(bits), hex(bits), hex(0n), hex(0n)]);
      expect(field(status, "NoNewPrivs")).toBe("0");
    });
  }

  test("one that bunker has not got itself is refused by its name", async () => {
    const { code, err } = await withoutSysTime("run --cap-add NET_ADMIN --cap-add SYS_TIME bb true");
    expect(err).toContain("--cap-add CAP_SYS_TIME");
    expect(err).toContain("bunker does not have this capability");
    expect(code).toBe(125);
    // The same words as above, which bunker may remember: from when it had it.
    const all = await withoutSysTime("run --rm --cap-add ALL bb cat /proc/self/status");
    expect(field(all.out, "CapEff")).toBe(hex(held & ~mask([25])));
    await board.clear();
  });

  test("they decide what works; no-new-privileges is set for the process", async () => {
    const script = "chown 1 /tmp; mount -t tmpfs t /tmp; hostname other; date -s 2001-01-01; mknod /tmp/n c 1 3; true";
    const { err } = await board.bunker("run", "--rm", "--cap-drop", "ALL", "bb", "sh", "-c", script);
    for (const word of ["chown", "mount", "hostname", "date", "mknod"]) expect(err).toContain(`${word}:`);
    const status = await runs("--security-opt", "no-new-privileges", "bb", "cat", "/proc/self/status");
    expect(field(status, "NoNewPrivs")).toBe("1");
  });

  /** With a bounding set that lacks CAP_SYS_TIME. */
  function withoutSysTime(line: string) {
    return board.shell(`cd /; setpriv --bounding-set=-sys_time -- ${EXE} ${line}`);
  }
});

describe("devices", () => {
  test("the default ones work, others cannot be opened even when they are made", async () => {
    const script = [
      "cd /dev; ls | tr '\\n' ' '; echo",
      "for d in null zero full random urandom; do stat -c '%n %t:%T %a %F' $d; head -c 3 $d | wc -c; done",
      "stat -c '%n %t:%T' tty pts/ptmx; echo x > full; echo y > null",
      "for l in fd stdin stdout stderr ptmx; do readlink $l; done",
      "mknod /tmp/mem c 1 1 && echo made; cat /tmp/mem; mknod /tmp/kmsg c 1 11; cat /tmp/kmsg; mknod /tmp/disk b 7 0; cat /tmp/disk",
    ].join("\n");
    const { out, err } = await board.bunker("run", "--rm", "bb", "sh", "-c", script);
    const special = "character special file";
    expect(lines(out)).toEqual([
      "core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero ",
      `null 1:3 666 ${special}`,
      "0",
      `zero 1:5 666 ${special}`,
      "3",
      `full 1:7 666 ${special}`,
      "3",
      `random 1:8 666 ${special}`,
      "3",
      `urandom 1:9 666 ${special}`,
      "3",
      "tty 5:0",
      "pts/ptmx 5:2",
      "/proc/self/fd",
      "/proc/self/fd/0",
      "/proc/self/fd/1",
      "/proc/self/fd/2",
      "pts/ptmx",
      "made",
    ]);
    expect(err).toContain("No space left on device");
    for (const name of ["mem", "kmsg", "disk"]) expect(err).toContain(`/tmp/${name}': Operation not permitted`);
  });

  test("--device: by its own name or another, with the access that was asked for", async () => {
    const node = board.path("node");
    expect(Bun.spawnSync(["mknod", "-m", "640", node, "c", "10", "237"]).exitCode).toBe(0);
    const script = [
      "stat -c '%n %t:%T %a' /dev/loop-control /dev/other",
      "(: < /dev/loop-control) && echo read; (: > /dev/loop-control) && echo write",
    ].join("; ");
    const options = ["--device", `${node}:/dev/other:r`, "--device", `${node}:/dev/loop-control:r`];
    const { out, err } = await board.bunker("run", "--rm", ...options, "bb", "sh", "-c", script);
    expect(lines(out)).toEqual(["/dev/loop-control a:ed 640", "/dev/other a:ed 640", "read"]);
    expect(err).toContain("can't create /dev/loop-control: Operation not permitted");
    expect(
      await runs("--device", `${node}:/dev/loop-control`, "bb", "sh", "-c", "(: <> /dev/loop-control) && echo both"),
    ).toBe("both\n");
  });

  test("--privileged: the host's, nothing masked, /proc and /sys writable", async () => {
    const script = [
      "stat -c '%t:%T' /dev/kmsg",
      "wc -l < /proc/interrupts",
      "grep -cE ' /(proc|sys)/?[^ ]* .*[ (,]ro[,)]' /proc/mounts",
      "touch /proc/sys/vm/swappiness && mknod /tmp/k c 1 11 && (: < /tmp/k) && echo opened",
    ].join("; ");
    const [kmsg, interrupts, readOnly, opened] = lines(await runs("--privileged", "bb", "sh", "-c", script));
    expect([kmsg, readOnly, opened]).toEqual(["1:b", "0", "opened"]);
    expect(Number(interrupts)).toBeGreaterThan(0);
  });
});

describe("what is hidden", () => {
  test("masked paths are empty, kernel settings read-only, sysfs and control groups too", async () => {
    const masked = ["/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys"].concat([
      "/proc/latency_stats",
      "/proc/sched_debug",
      "/proc/scsi",
      "/proc/timer_list",
      "/proc/timer_stats",
      "/sys/devices/virtual/powercap",
      "/sys/firmware",
    ]);
    const there = masked.filter((path) => existsSync(path));
    expect(there.length).toBeGreaterThan(3);
    const frozen = ["/proc/sys/kernel/hostname", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/x"];
    const script = [
      `for f in ${there.join(" ")}; do [ -d $f ] && ls $f || cat $f; done`,
      `for f in ${frozen.join(" ")} /sys/fs/cgroup/x; do (echo 0 > $f) 2>/dev/null && echo wrote $f; done`,
      "find /proc/sys/kernel /proc/irq /proc/bus /proc/fs -type f -exec sh -c 'for f; do (: >> $f) 2>/dev/null && echo $f; done' - {} +",
      "for f in /sys/fs/cgroup/*/cgroup.procs /sys/fs/cgroup/cgroup.procs; do (echo 0 > $f) 2>/dev/null && echo $f; done; true",
    ].join("\n");
    expect(await runs("bb", "sh", "-c", script)).toBe("");
  });

  test("the host's processes, names, queues, mounts and groups", async () => {
    const script = [
      "ls /proc | grep -c '^[0-9]'; cat /proc/1/comm",
      "hostname; cat /proc/self/cgroup | cut -d: -f3 | sort -u",
      "ls /dev/mqueue | wc -l; cat /proc/sysvipc/shm | wc -l; cut -d' ' -f5 /proc/self/mountinfo | sort | tr '\\n' ' '; echo",
      "for n in cgroup ipc mnt net pid uts; do readlink /proc/self/ns/$n; done",
    ].join("\n");
    const found = lines(await runs("--name", "walls", "bb", "sh", "-c", script));
    const [processes, command, name, group, queues, memory, mounts = "", ...namespaces] = found;
    expect(Number(processes)).toBeLessThanOrEqual(4);
    expect(command).toBe("sh");
    expect(name).not.toBe(hostname());
    expect([group, queues]).toEqual(["/", "0"]);
    expect(memory).toBe("1");
    expect(mounts).not.toContain("/var");
    expect(namespaces).toHaveLength(6);
    const hosts = ["cgroup", "ipc", "mnt", "net", "pid", "uts"].map((kind) => readlinkSync(`/proc/self/ns/${kind}`));
    expect(namespaces.filter((each) => hosts.includes(each))).toEqual([]);
  });

  test("no way to the host's files by /proc, open descriptors, chroot or a mount's parent", async () => {
    const secret = board.path("secret");
    writeFileSync(secret, "of the host only\n");
    const script = [
      `for p in "" /proc/1/root /proc/1/cwd /proc/self/root /proc/1/root/../.. /proc/1/cwd/../../..; do cat $p${secret}; done`,
      "for f in /proc/1/fd/*; do ls $f/. ; done",
      "for f in /proc/self/fd/*; do readlink $f; done",
      // The classic way out of a chroot(2) needs the host's root to be still mounted somewhere above.
      `mkdir /tmp/j; cd /tmp; chroot /tmp/j /bin/true; cd ../../../../../..; cat .${secret}; ls -d .`,
      `chroot /proc/1/root cat ${secret}; nsenter -t 1 -m cat ${secret}`,
      "readlink /proc/1/exe",
    ].join("\n");
    const { out } = await board.bunker("run", "--rm", "bb", "sh", "-c", script);
    expect(out).not.toContain("of the host");
    const links = lines(out).filter((line) => line.startsWith("/"));
    expect(
      links.filter((line) => !["/dev/null", "/bin/busybox", "/proc/1/fd"].some((ok) => line.startsWith(ok))),
    ).toEqual([]);
  });

  test("the host cannot be harmed by signals, its time or its name, and stays as it was", async () => {
    const before = hostname();
    const script =
      "kill -9 -1; hostname x; echo b > /proc/sysrq-trigger; reboot -f; swapoff -a; sysctl -w kernel.panic=1";
    await board.bunker("run", "--rm", "bb", "sh", "-c", script);
    expect(hostname()).toBe(before);
  });
});
