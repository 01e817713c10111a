// The generated tables against facts that do not come from the generator: kernel sources quoted here, Bun's own
// constants, the running kernel, and, where there is one, a C compiler with the C library's headers.

import { describe, expect, test } from "bun:test";
import { constants as fsConstants } from "node:fs";
import { constants as osConstants } from "node:os";
import type { Layout } from "../struct.ts";
import * as consts from "./consts.gen.ts";
import * as errno from "./errno.gen.ts";
import { ERRORS } from "./errno.gen.ts";
import { describeErrno, syscallNumber } from "../numbers.ts";
import { SYSCALLS, type SyscallName } from "./nr.gen.ts";
import * as structs from "./structs.gen.ts";

const number = (name: string): unknown => (consts as Record<string, unknown>)[name];
/** name → [x86-64, arm64] */
const calls = new Map(
  SYSCALLS.trim()
    .split("\n")
    .map((line) => line.split(" "))
    .map(([name = "", x64, arm64]) => [name, [Number(x64), Number(arm64)] as const]),
);
const run = (...command: string[]): string => Bun.spawnSync(command).stdout.toString().trim();

describe("system call numbers", () => {
  // arch/x86/entry/syscalls/syscall_64.tbl and scripts/syscall.tbl
  const known: readonly [SyscallName, number, number][] = [
    ["read", 0, 63],
    ["openat", 257, 56],
    ["newfstatat", 262, 79],
    ["clone", 56, 220],
    ["execve", 59, 221],
    ["exit_group", 231, 94],
    ["mount", 165, 40],
    ["umount2", 166, 39],
    ["pivot_root", 155, 41],
    ["waitid", 247, 95],
    ["splice", 275, 76],
    ["seccomp", 317, 277],
    ["bpf", 321, 280],
    ["mmap", 9, 222],
    ["clone3", 435, 435],
    ["openat2", 437, 437],
    ["mount_setattr", 442, 442],
    ["fchmodat2", 452, 452],
  ];

  test("are those of the kernel's tables on both architectures", () => {
    for (const [name, x64, arm64] of known) {
      expect([name, syscallNumber(name, "x64"), syscallNumber(name, "arm64")]).toEqual([name, x64, arm64]);
    }
  });

  test("name the same calls on both, each number once", () => {
    expect(calls.size).toBeGreaterThan(290);
    for (const column of [0, 1]) expect(new Set([...calls.values()].map((pair) => pair[column])).size).toBe(calls.size);
    for (const pair of calls.values()) expect(pair.every(Number.isSafeInteger)).toBe(true);
  });

  test("leave out what one architecture lacks, and what is no call", () => {
    for (const name of ["open", "fork", "pipe", "dup2", "arch_prctl", "syscalls", "arch_specific_syscall"]) {
      expect(calls.has(name), name).toBe(false);
      expect(() => syscallNumber(name as SyscallName, "x64")).toThrow(`unknown system call "${name}"`);
    }
  });

  test("share everything from 424 on, where the architectures' tables were joined", () => {
    for (const [name, [x64, arm64]] of calls) if (x64 >= 424) expect([name, arm64]).toEqual([name, x64]);
  });
});

describe("constants", () => {
  test("differ where arch/arm64/include/uapi/asm/fcntl.h says so", () => {
    const { x64, arm64 } = consts.ARCH_CONSTS;
    expect([x64.O_DIRECTORY, x64.O_NOFOLLOW, x64.O_DIRECT, x64.O_LARGEFILE]).toEqual([
      0o200000, 0o400000, 0o40000, 0o100000,
    ]);
    expect([arm64.O_DIRECTORY, arm64.O_NOFOLLOW, arm64.O_DIRECT, arm64.O_LARGEFILE]).toEqual([
      0o40000, 0o100000, 0o200000, 0o400000,
    ]);
    expect<number[]>([x64.O_TMPFILE, arm64.O_TMPFILE]).toEqual([0o20000000 | 0o200000, 0o20000000 | 0o40000]);
    expect(Object.keys(arm64)).toEqual(Object.keys(x64));
  });

  test("are exported with this architecture's value", () => {
    const own = consts.ARCH_CONSTS[process.arch === "arm64" ? "arm64" : "x64"];
    for (const [name, value] of Object.entries(own)) expect([name, number(name)]).toEqual([name, value]);
  });

  test("agree with the C library that Bun was built with", () => {
    const theirs: Record<string, number> = { ...fsConstants, ...osConstants.signals };
    const shared = Object.keys(theirs).filter((name) => /^(O_|S_I|SIG)/.test(name) && number(name) !== undefined);
    expect(shared.length).toBeGreaterThan(50);
    for (const name of shared) expect([name, number(name)]).toEqual([name, theirs[name]]);
  });

  test("agree with values quoted from the kernel's headers", () => {
    expect(consts).toMatchObject({
      AT_FDCWD: -100, // include/uapi/linux/fcntl.h
      MS_REC: 16384, // include/uapi/linux/mount.h
      MS_PRIVATE: 1 << 18,
      MNT_DETACH: 2, // include/linux/fs.h
      UMOUNT_NOFOLLOW: 8,
      CLONE_NEWNS: 0x20000, // include/uapi/linux/sched.h
      CLONE_INTO_CGROUP: 0x2_0000_0000,
      PR_SET_CHILD_SUBREAPER: 36, // include/uapi/linux/prctl.h
      CAP_SYS_ADMIN: 21, // include/uapi/linux/capability.h
      LINUX_CAPABILITY_VERSION_3: 0x20080522,
      SECCOMP_RET_KILL_PROCESS: 0x8000_0000, // include/uapi/linux/seccomp.h
      TIOCGPTN: 0x8004_5430, // include/uapi/asm-generic/ioctls.h: _IOR('T', 0x30, unsigned int)
      LOOP_CONFIGURE: 0x4c0a, // include/uapi/linux/loop.h
      RLIM_INFINITY: 0xffff_ffff_ffff_ffffn, // include/uapi/asm-generic/resource.h: ~0UL
      WALL: 0x4000_0000, // include/uapi/linux/wait.h
      IFLA_NET_NS_FD: 28, // include/uapi/linux/if_link.h, an enumeration
      RTA_GATEWAY: 5, // include/uapi/linux/rtnetlink.h, an enumeration
      EPOLLET: 0x8000_0000, // include/uapi/linux/eventpoll.h: 1U << 31
      AUDIT_ARCH_AARCH64: 0xc000_00b7, // include/uapi/linux/audit.h: EM_AARCH64 | 64-bit | little-endian
      SIGRTMIN: 32, // the kernel's, not the C library's
      MFD_EXEC: 16, // include/uapi/linux/memfd.h since 6.3
    });
  });

  test("agree with the running kernel", async () => {
    expect(run("stat", "--file-system", "--format=%t", "/proc")).toBe(consts.PROC_SUPER_MAGIC.toString(16));
    const last = Number(await Bun.file("/proc/sys/kernel/cap_last_cap").text());
    // The headers' last capability is older than the oldest kernel supported; a newer kernel may have more.
    expect(last).toBeGreaterThanOrEqual(consts.CAP_LAST_CAP);
    expect(consts.CAP_LAST_CAP).toBe(40);
    expect(consts.SIGRTMAX).toBe(Number(run("getconf", "RTSIG_MAX")) + consts.SIGRTMIN);
  });

  test("are integers, bigints only beyond 2^53", () => {
    for (const [name, value] of Object.entries(consts)) {
      if (name === "ARCH_CONSTS") continue;
      if (typeof value === "bigint") expect(value, name).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER));
      else expect(Number.isSafeInteger(value), name).toBe(true);
    }
  });
});

describe("errors", () => {
  test("agree with Bun's numbers", () => {
    const theirs = Object.entries(osConstants.errno);
    expect(theirs.length).toBeGreaterThan(70);
    for (const [name, value] of theirs) expect([name, (errno as Record<string, unknown>)[name]]).toEqual([name, value]);
  });

  test("have a name and the C library's text", () => {
    expect(describeErrno(2)).toEqual(["ENOENT", "No such file or directory"]);
    expect(describeErrno(errno.EAGAIN)).toEqual(["EAGAIN", "Resource temporarily unavailable"]);
    expect(describeErrno(133)).toEqual(["EHWPOISON", "Memory page has hardware error"]);
    expect([errno.EWOULDBLOCK, errno.EDEADLOCK, errno.ENOTSUP]).toEqual([
      errno.EAGAIN,
      errno.EDEADLK,
      errno.EOPNOTSUPP,
    ]);
    for (const n of [0, 41, 4096, -1]) expect(describeErrno(n)).toEqual([`errno ${n}`, "unknown error"]);
    for (const line of ERRORS.trim().split("\n")) {
      const [value, name = ""] = line.split(" ");
      expect([name, (errno as Record<string, unknown>)[name]]).toEqual([name, Number(value)]);
    }
  });
});

describe("structures", () => {
  const layouts = Object.entries<Layout>(structs);

  test("have the sizes that the kernel's headers state", () => {
    expect<number>(structs.CLONE_ARGS.size).toBe(consts.CLONE_ARGS_SIZE_VER2);
    expect<number>(structs.MOUNT_ATTR.size).toBe(32); // MOUNT_ATTR_SIZE_VER0
    expect<number>(structs.OPEN_HOW.size).toBe(24); // OPEN_HOW_SIZE_VER0
    expect<number>(structs.STATX.size).toBe(256);
    expect<number>(structs.SIGINFO_CHLD.size).toBe(128); // SI_MAX_SIZE
    expect<number>(structs.SIGNALFD_SIGINFO.size).toBe(128);
    expect<number>(structs.LOOP_CONFIG.fields.info[1]).toBe(structs.LOOP_INFO64.size);
    expect<number>(structs.NLMSGERR.fields.msg[1]).toBe(structs.NLMSGHDR.size);
    expect<number>(structs.NEW_UTSNAME.size).toBe(6 * 65); // __NEW_UTS_LEN + 1
  });

  test("put fields where the man pages and headers draw them", () => {
    expect(structs.STATX.fields.stx_mtime_sec).toEqual([112, 8, true]);
    expect(structs.SIGINFO_CHLD.fields.si_status).toEqual([24, 4, true]);
    expect(structs.LOOP_INFO64.fields.lo_file_name).toEqual([56, 64, "bytes"]);
    expect(structs.TERMIOS.fields.c_cc).toEqual([17, 19, "bytes"]); // NCCS is 19 for the kernel, 32 for the C library
    expect(structs.LINUX_DIRENT64.fields.d_name).toEqual([19, 0, "bytes"]); // the name begins inside sizeof
    expect(structs.KERNEL_SIGACTION.fields.sa_mask).toEqual([24, 8, false]); // after the restorer, on both
    expect(structs.SOCK_FPROG.fields.filter).toEqual([8, 8, false]);
    expect(structs.POLLFD.fields.fd).toEqual([0, 4, true]);
  });

  test("have aligned numbers, no overlaps, and nothing outside", () => {
    expect(layouts.length).toBeGreaterThanOrEqual(31);
    for (const [name, { size, fields }] of layouts) {
      let end = 0;
      for (const [field, [at, length, kind]] of Object.entries(fields).toSorted(([, a], [, b]) => a[0] - b[0])) {
        const where = `${name}.${field}`;
        expect(at, where).toBeGreaterThanOrEqual(end);
        if (kind !== "bytes") expect([where, [1, 2, 4, 8].includes(length), at % length]).toEqual([where, true, 0]);
        end = at + length;
      }
      expect(end, name).toBeLessThanOrEqual(size);
    }
  });
});

const compiler = Bun.which("gcc");
const why = compiler === null ? " (skipped: no gcc)" : "";

test.skipIf(compiler === null)(`a C program with the C library's headers prints the same numbers${why}`, async () => {
  const names = "O_PATH O_CLOEXEC O_DIRECTORY MS_BIND MS_NODEV MNT_DETACH CLONE_NEWPID CLONE_PIDFD SFD_NONBLOCK".split(
    " ",
  );
  names.push(..."EFD_CLOEXEC AF_NETLINK SOCK_SEQPACKET SCM_RIGHTS TIOCSWINSZ F_ADD_SEALS P_PIDFD MAP_FIXED".split(" "));
  names.push(
    ..."SEEK_HOLE DT_LNK UTIME_OMIT EPOLLRDHUP IN_CLOSE_WRITE RENAME_EXCHANGE POLLRDHUP SO_PEERCRED".split(" "),
  );
  const headers =
    "fcntl sched dirent poll signal stdio sys/mount sys/socket sys/eventfd sys/signalfd sys/ioctl sys/mman";
  const more = "sys/stat sys/epoll sys/inotify sys/wait sys/vfs unistd";
  const includes = `${headers} ${more}`.split(" ").map((header) => `#include <${header}.h>\n`);
  const sizes = [
    ["STATX", "struct statx"],
    ["STATFS", "struct statfs"],
    ["SIGINFO_CHLD", "siginfo_t"],
    ["POLLFD", "struct pollfd"],
    ["TIMESPEC", "struct timespec"],
    ["WINSIZE", "struct winsize"],
  ] as const;
  const prints = [
    ...names.map((name) => `printf("%lld\\n", (long long)${name});`),
    ...sizes.map(([, type]) => `printf("%zu\\n", sizeof(${type}));`),
  ];
  const source = `#define _GNU_SOURCE\n${includes.join("")}int main(void) { ${prints.join("\n")} }`;
  const program = `/tmp/abi-test-${process.pid}`;
  const build = Bun.spawnSync(["gcc", "-w", "-x", "c", "-o", program, "-"], { stdin: Buffer.from(source) });
  expect(build.stderr.toString()).toBe("");
  try {
    const printed = run(program).split("\n").map(Number);
    expect(printed).toEqual([
      ...names.map((name) => Number(number(name))),
      ...sizes.map(([name]) => structs[name].size),
    ]);
  } finally {
    await Bun.file(program).delete();
  }
});
