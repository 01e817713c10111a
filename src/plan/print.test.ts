// Small programs and the text they give; the whole text of real launches is in test/golden.

import { describe, expect, test } from "bun:test";

import {
  AF_NETLINK,
  AT_FDCWD,
  AT_REMOVEDIR,
  CLONE_NEWNS,
  CLONE_PIDFD,
  MS_NODEV,
  MS_NOSUID,
  MS_RDONLY,
  NETLINK_ROUTE,
  O_CLOEXEC,
  O_CREAT,
  O_RDONLY,
  O_WRONLY,
  PR_SET_PDEATHSIG,
  RLIM_INFINITY,
  RLIMIT_NOFILE,
  S_IFCHR,
  S_IFREG,
  SIG_SETMASK,
  SIGCHLD,
  SIGKILL,
  SOCK_RAW,
  TIOCSWINSZ,
} from "../sys/abi/consts.gen.ts";
import { ENOENT } from "../sys/abi/errno.gen.ts";
import type { SyscallName } from "../sys/abi/nr.gen.ts";
import { CLONE_ARGS, RLIMIT64, WINSIZE } from "../sys/abi/structs.gen.ts";
import { pack } from "../sys/struct.ts";
import { linkUp } from "../net/route.ts";
import { at, ProgramBuilder } from "./builder.ts";
import type { Value } from "../asm/ir.ts";
import { PLAIN, printProgram } from "./print.ts";
import { allSignalsBut } from "./signals.ts";

/** The lines of a program with one section, without its headings. */
function linesOf(build: (b: ProgramBuilder) => void, section = "main"): string[] {
  const b = new ProgramBuilder();
  b.section(section, "a test", { resident: true, onFail: "failed" });
  build(b);
  const lines = printProgram(b.finish()).trimEnd().split("\n");
  expect(lines.slice(0, 2)).toEqual([
    `# === ${section}: a test ===`,
    "# a call that fails goes to failed, unless its note says otherwise",
  ]);
  return lines.slice(2);
}

/** A call as it is printed, without its note. */
function shown(sys: SyscallName, args: (b: ProgramBuilder) => readonly Value[]): string {
  const [line = ""] = linesOf((b) => b.call("NOTE", sys, args(b)));
  return line.slice(2, line.indexOf("  # NOTE")).trimEnd();
}

describe("calls are shown as strace shows them", () => {
  const cases: readonly (readonly [SyscallName, (b: ProgramBuilder) => readonly Value[], string])[] = [
    [
      "mount",
      (b) => [b.str("proc"), b.str("/proc"), b.str("proc"), MS_NOSUID | MS_NODEV, 0],
      'mount("proc", "/proc", "proc", MS_NOSUID|MS_NODEV, NULL)',
    ],
    ["mount", (b) => [0, b.str("/"), 0, 0, 0], 'mount(NULL, "/", NULL, 0, NULL)'],
    ["mkdirat", (b) => [AT_FDCWD, b.str("base"), 0o755], 'mkdirat(AT_FDCWD, "base", 0755)'],
    ["umask", () => [0], "umask(000)"],
    ["openat", (b) => [AT_FDCWD, b.str("a"), O_RDONLY | O_CLOEXEC, 0], 'openat(AT_FDCWD, "a", O_RDONLY|O_CLOEXEC)'],
    [
      "openat",
      (b) => [b.fd("dir"), b.str("a"), O_WRONLY | O_CREAT, 0o640],
      'openat(fd:dir, "a", O_WRONLY|O_CREAT, 0640)',
    ],
    ["unlinkat", (b) => [AT_FDCWD, b.str("a"), AT_REMOVEDIR], 'unlinkat(AT_FDCWD, "a", AT_REMOVEDIR)'],
    [
      "mknodat",
      (b) => [AT_FDCWD, b.str("/dev/null"), S_IFCHR | 0o666, 0x103],
      'mknodat(AT_FDCWD, "/dev/null", S_IFCHR|0666, makedev(0x1, 0x3))',
    ],
    [
      "mknodat",
      (b) => [AT_FDCWD, b.str("/dev/x"), S_IFCHR | 0o600, 0x12_34_56_78],
      'mknodat(AT_FDCWD, "/dev/x", S_IFCHR|0600, makedev(0x456, 0x12378))',
    ],
    ["mknodat", (b) => [AT_FDCWD, b.str("f"), S_IFREG | 0o644, 0], 'mknodat(AT_FDCWD, "f", S_IFREG|0644)'],
    ["prctl", () => [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0], "prctl(PR_SET_PDEATHSIG, SIGKILL)"],
    ["prctl", () => [PR_SET_PDEATHSIG, 63, 0, 0, 0], "prctl(PR_SET_PDEATHSIG, SIGRT_31)"],
    ["kill", () => [7, 32], "kill(7, SIGRTMIN)"],
    ["kill", () => [7, 0], "kill(7, 0)"],
    ["dup3", (b) => [b.fd("stdin"), 0, 0], "dup3(fd:stdin, 0, 0)"],
    ["setgroups", (b) => [2, b.bytes("groups", new Uint8Array([1, 0, 0, 0, 0, 1, 0, 0]))], "setgroups(2, [1, 256])"],
    ["setgroups", (b) => [0, b.bytes("groups", new Uint8Array(4))], "setgroups(0, [])"],
    ["close_range", () => [3, 0xffffffff, 0], "close_range(3, 4294967295, 0)"],
    ["setsid", () => [], "setsid()"],
    ["write", (b) => [1, b.str("one\ntwo"), 4], String.raw`write(1, "one\n", 4)`],
    ["write", (b) => [1, b.bytes("blob", new Uint8Array([0, 1, 2, 255])), 4], "write(1, <4 bytes>, 4)"],
    ["write", (b) => [1, b.str("short"), 60], "write(1, &str.0, 60)"],
    [
      "rt_sigprocmask",
      (b) => [SIG_SETMASK, b.bytes("mask", allSignalsBut(SIGCHLD, 20)), 0, 8],
      "rt_sigprocmask(SIG_SETMASK, ~[CHLD TSTP], NULL, 8)",
    ],
    [
      "rt_sigprocmask",
      (b) => [SIG_SETMASK, b.bytes("none", new Uint8Array(8)), 0, 8],
      "rt_sigprocmask(SIG_SETMASK, [], NULL, 8)",
    ],
    [
      "prlimit64",
      (b) => [0, RLIMIT_NOFILE, b.bytes("limit", pack(RLIMIT64, { rlim_cur: 1024, rlim_max: RLIM_INFINITY })), 0],
      "prlimit64(0, RLIMIT_NOFILE, {rlim_cur=1024, rlim_max=RLIM64_INFINITY}, NULL)",
    ],
    [
      "ioctl",
      (b) => [0, TIOCSWINSZ, b.bytes("size", pack(WINSIZE, { ws_row: 24, ws_col: 80 }))],
      "ioctl(0, TIOCSWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0})",
    ],
    ["ioctl", (b) => [0, TIOCSWINSZ, b.zero("size", WINSIZE.size)], "ioctl(0, TIOCSWINSZ, &size)"],
    [
      "socket",
      () => [AF_NETLINK, SOCK_RAW | O_CLOEXEC, NETLINK_ROUTE],
      "socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE)",
    ],
    [
      "sendto",
      (b) => [3, b.bytes("up", linkUp(1, 9)), 32, 0, 0, 0],
      "sendto(3, [{nlmsg_len=32, nlmsg_type=RTM_NEWLINK, nlmsg_flags=NLM_F_REQUEST|NLM_F_ACK, nlmsg_seq=9, nlmsg_pid=0}, " +
        "{ifi_family=AF_UNSPEC, ifi_index=1, ifi_flags=IFF_UP, ifi_change=IFF_UP}], 32, 0, NULL, 0)",
    ],
  ];
  test.each(cases)("%s", (sys, args, text) => {
    expect(shown(sys, args)).toBe(text);
  });

  test("bits without a name are not lost", () => {
    const text = shown("mount", (b) => [0, b.str("/"), 0, MS_RDONLY | (2 ** 27) | (2 ** 30), 0]);
    expect(text).toMatch(/^mount\(NULL, "\/", NULL, MS_RDONLY\|.+, NULL\)$/);
    expect(shown("umount2", (b) => [b.str("."), 0x102])).toBe('umount2(".", MNT_DETACH|0x100)');
  });

  test("arguments that the table does not know are printed unless they are 0", () => {
    expect(shown("chdir", (b) => [b.str("/"), 0, 5, b.fd("x")])).toBe('chdir("/", 5, fd:x)');
  });

  test("a call that is in no table is printed with what its arguments look like", () => {
    const args = (b: ProgramBuilder) => [
      b.str("/x"),
      b.bytes("raw", new Uint8Array(12)),
      b.vector("words", ["A=secret"]),
      3,
    ];
    expect(shown("statx", args)).toBe('statx("/x", <12 bytes>, <1 strings>, 3)');
  });
});

describe("hostile text", () => {
  const pathOf = (text: string) => shown("chdir", (b) => [b.str(text)]);

  test("control characters, quotes and marks of direction are escaped", () => {
    expect(pathOf('a"b\\c\td\r\x1b[31m')).toBe(String.raw`chdir("a\"b\\c\td\r\033[31m")`);
    expect(pathOf("a\u202eb\u2028c\u009bd")).toBe(String.raw`chdir("a\342\200\256b\342\200\250c\302\233d")`);
    expect(pathOf("naïve/日本")).toBe('chdir("naïve/日本")');
  });

  test("bytes that are no UTF-8 are escaped", () => {
    const text = shown("chdir", (b) => [b.bytes("bad", new Uint8Array([0x61, 0xff, 0xc3, 0x28, 0x0a, 0]))]);
    expect(text).toBe(String.raw`chdir("a\377\303(\n")`);
  });

  test("a string without an end is not read", () => {
    expect(shown("chdir", (b) => [b.bytes("endless", new Uint8Array([0x61, 0x62]))])).toBe("chdir(&endless)");
  });

  test("a note stays on its line", () => {
    const [line] = linesOf((b) => b.call("make /a\nb\x1b[2J", "setsid", []));
    expect(line?.replaceAll(/ +/g, " ")).toBe(String.raw` setsid() # make /a\nb\033[2J`);
  });
});

describe("execve", () => {
  const env = ["TOKEN=hunter2", "EMPTY=", "NOT_SET", "A=b=c", "=odd", "two words=x"];
  const args = (b: ProgramBuilder) => [
    b.str("/bin/sh"),
    b.vector("argv", ["sh", "-c", 'echo "$A"']),
    b.vector("envp", env),
  ];

  test("shows the words, and of variables only the names", () => {
    expect(shown("execve", args)).toBe(
      'execve("/bin/sh", ["sh", "-c", "echo \\"$A\\""], ["TOKEN=…", "EMPTY=…", "NOT_SET", "A=…", "=…", "two words=…"])',
    );
  });

  test("execveat does the same", () => {
    const text = shown("execveat", (b) => [
      b.fd("init"),
      b.str(""),
      b.vector("argv", []),
      b.vector("envp", env),
      0x1000,
    ]);
    expect(text).toContain('execveat(fd:init, "", [], ["TOKEN=…"');
    expect(text).toEndWith("], AT_EMPTY_PATH)");
    expect(text).not.toContain("hunter2");
  });
});

describe("operations between calls", () => {
  test("results, errors, jumps and arithmetic", () => {
    const lines = linesOf((b) => {
      const [a, c] = [b.slot("a"), b.slot("c")];
      b.label("again", "why it is here");
      b.call("open it", "openat", [AT_FDCWD, b.str("f"), O_RDONLY, 0], { into: a, onError: { to: "again" } });
      b.call("close it", "close", [a], { onError: "ignore" });
      b.branch(a, "==", -ENOENT, "again");
      b.branch(a, "!=", -1, "again");
      b.set(c, -ENOENT);
      b.set(c, -1);
      b.set(c, b.fd("log"));
      b.add(c, a);
      b.add(c, 5);
      b.sub(c, a);
      b.branch(b.failure.errno, "==", ENOENT, "again");
      b.jump("again");
    });
    expect(lines.map((line) => line.replace(/ {2,}#/, " #"))).toEqual([
      "again: # why it is here",
      '  openat(AT_FDCWD, "f", O_RDONLY) = a # open it; on error: goto again',
      "  close(a) # close it; on error: continue",
      "  if a == -ENOENT goto again",
      "  if a != -1 goto again",
      "  c = -ENOENT",
      "  c = -1",
      "  c = fd:log",
      "  c += a",
      "  c += 5",
      "  c -= a",
      "  if failed_errno == ENOENT goto again",
      "  goto again",
    ]);
  });

  test("what is stored for clone3 is shown where it is stored and in the call", () => {
    const lines = linesOf((b) => {
      const args = b.zero("clone_args", CLONE_ARGS.size);
      const cell = b.zero("cell", 4);
      b.store(at(args, CLONE_ARGS.fields.flags[0]), 8, BigInt(CLONE_NEWNS | CLONE_PIDFD));
      b.store(at(args, CLONE_ARGS.fields.pidfd[0]), 8, cell);
      b.store(at(args, CLONE_ARGS.fields.exit_signal[0]), 8, SIGCHLD);
      b.store(at(args, CLONE_ARGS.fields.cgroup[0]), 8, b.fd("cgroup"));
      b.call("go", "clone3", [args, CLONE_ARGS.size], { into: b.slot("init") });
      b.jump("failed");
    });
    expect(lines).toEqual([
      "  clone_args.flags = CLONE_PIDFD|CLONE_NEWNS",
      "  clone_args.pidfd = &cell",
      "  clone_args.exit_signal = SIGCHLD",
      "  clone_args.cgroup = fd:cgroup",
      "  clone3({flags=CLONE_PIDFD|CLONE_NEWNS, pidfd=&cell, exit_signal=SIGCHLD, stack=NULL, stack_size=0, cgroup=fd:cgroup}, 88) = init  # go",
      "  goto failed",
    ]);
  });

  test("memory without a known structure is shown by width and offset", () => {
    const lines = linesOf((b) => {
      const room = b.zero("room", 64);
      const slot = b.slot("x");
      b.store(room, 1, 7);
      b.store(at(room, 2), 2, slot);
      b.load(slot, at(room, 8), 8, true);
      b.set(slot, at(room, 16));
      b.jump("failed");
    });
    expect(lines).toEqual([
      "  u8(room) = 7",
      "  u16(room+2) = x",
      "  x = s64(room+8)",
      "  x = &room+16",
      "  goto failed",
    ]);
  });

  test("a number is a signal only as long as it is known to be one", () => {
    const lines = linesOf((b) => {
      const slot = b.slot("x");
      b.call("wait", "rt_sigtimedwait", [b.bytes("all", allSignalsBut()), 0, 0, 8], { into: slot });
      b.branch(slot, "==", SIGCHLD, "failed");
      b.label("other");
      b.branch(slot, "==", SIGCHLD, "failed");
      b.jump("failed");
    });
    expect(lines.slice(1)).toEqual([
      "  if x == SIGCHLD goto failed",
      "other:",
      "  if x == 17 goto failed",
      "  goto failed",
    ]);
  });

  test("a recorded failure is named by the note of its call", () => {
    const lines = linesOf((b) => {
      b.call("bring it up", "setsid", []);
      b.set(b.failure.op, 0);
      b.set(b.failure.op, -1);
      b.jump("failed");
    });
    expect(lines[1]?.replace(/ {2,}#/, " #")).toBe("  failed_op = 0 # that is: bring it up");
    expect(lines[2]).toBe("  failed_op = -1");
  });
});

describe("sections", () => {
  function sections(...names: readonly string[]): string {
    const b = new ProgramBuilder();
    for (const name of names) {
      b.section(name, `the ${name}`, { resident: true, onFail: "failed" });
      b.call("x", name === "last" ? "exit_group" : "setsid", name === "last" ? [0] : []);
    }
    return printProgram(b.finish());
  }

  test("stand in the order of a launch, unknown ones behind", () => {
    const headings = sections("other", "failure", "relay", "front", "child", "after", "monitor").match(/^# === \w+/gm);
    expect([...(headings ?? [])]).toEqual(
      ["front", "monitor", "child", "relay", "after", "failure", "other"].map((name) => `# === ${name}`),
    );
  });

  test("one that runs on into the next one of the program says so", () => {
    expect(sections("relay", "front", "last")).toMatch(
      /front: the front.*# goes on with last.*relay: the relay.*# goes on with front/s,
    );
    expect(sections("front", "last")).not.toMatch(/goes on with last.*goes on/s);
  });

  test("headings and notes take the style, calls do not", () => {
    const b = new ProgramBuilder();
    b.section("front", "the front", { resident: true, onFail: "failed" });
    b.call("a note of a-long-thing", "chdir", [b.str("/a-long-thing")]);
    b.jump("failed");
    const style = {
      ...PLAIN,
      heading: (text: string) => `<h>${text}</h>`,
      note: (text: string) => `<n>${text}</n>`,
      abbreviate: (text: string) => text.replaceAll("a-long-thing", "…"),
    };
    expect(printProgram(b.finish(), style).split("\n")).toEqual([
      "<h># === front: the front ===</h>",
      "<n># a call that fails goes to failed, unless its note says otherwise</n>",
      `${'  chdir("/…")'.padEnd(70)}  <n># a note of …</n>`,
      "  goto failed",
      "",
    ]);
  });
});
