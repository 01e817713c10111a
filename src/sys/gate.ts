// The door to the kernel: the only file that imports `bun:ffi`.
//
// `bun:ffi` can call C functions, and libc has `syscall()`; but its result comes in two halves (-1, then errno through a
// second call), and anything that runs in between may overwrite the second. So the gate brings eight instructions of its
// own that move the arguments into the kernel's registers, enter the kernel and return its raw answer: a result, or the
// negative errno. They reach executable memory through a file mapping, never through a page that is writable and
// executable at once, so hardened kernels accept them and arm64's instruction cache is kept coherent by the kernel.
//
// Where executable mappings are refused all the same, libc's `syscall()` and `__errno_location()` do the work.

import { CFunction, dlopen, FFIType, type Pointer, ptr, read } from "bun:ffi";
import { MAP_PRIVATE, MFD_CLOEXEC, PROT_EXEC, PROT_READ } from "./abi/consts.gen.ts";
import type { SyscallName } from "./abi/nr.gen.ts";
import { syscallNumber } from "./numbers.ts";

const ARM64 = process.arch === "arm64";

const known = new Map<SyscallName, number>();

/** A system call's number on the machine this runs on. */
export function numberOf(name: SyscallName): number {
  let number = known.get(name);
  if (number === undefined) {
    number = syscallNumber(name, ARM64 ? "arm64" : "x64");
    known.set(name, number);
  }
  return number;
}

/** number, then up to six arguments; missing ones must be passed as 0. Returns the kernel's raw result. */
export type Gate = (nr: number, a: number, b: number, c: number, d: number, e: number, f: number) => number;

// System V ABI: rdi = number, rsi rdx rcx r8 r9 [rsp+8] = arguments; the kernel wants rax, rdi rsi rdx r10 r8 r9.
const STUB_X64 = [
  0x48, 0x89, 0xf8, // mov rax, rdi
  0x48, 0x89, 0xf7, // mov rdi, rsi
  0x48, 0x89, 0xd6, // mov rsi, rdx
  0x48, 0x89, 0xca, // mov rdx, rcx
  0x4d, 0x89, 0xc2, // mov r10, r8
  0x4d, 0x89, 0xc8, // mov r8, r9
  0x4c, 0x8b, 0x4c, 0x24, 0x08, // mov r9, [rsp+8]
  0x0f, 0x05, // syscall
  0xc3, // ret
]; // prettier-ignore

// AAPCS64: x0 = number, x1..x6 = arguments; the kernel wants x8, x0..x5.
const STUB_ARM64 = [
  0xe8, 0x03, 0x00, 0xaa, // mov x8, x0
  0xe0, 0x03, 0x01, 0xaa, // mov x0, x1
  0xe1, 0x03, 0x02, 0xaa, // mov x1, x2
  0xe2, 0x03, 0x03, 0xaa, // mov x2, x3
  0xe3, 0x03, 0x04, 0xaa, // mov x3, x4
  0xe4, 0x03, 0x05, 0xaa, // mov x4, x5
  0xe5, 0x03, 0x06, 0xaa, // mov x5, x6
  0x01, 0x00, 0x00, 0xd4, // svc #0
  0xc0, 0x03, 0x5f, 0xd6, // ret
]; // prettier-ignore

const { i64, i64_fast, pointer } = FFIType;
const GATE = { args: [i64, i64, i64, i64, i64, i64, i64], returns: i64_fast } as const;
const LIBC_NAMES = ["libc.so.6", "libc.so", `ld-musl-${ARM64 ? "aarch64" : "x86_64"}.so.1`];

interface Libc {
  syscall: Gate;
  errno: () => number;
}

/** `i64_fast` gives a number whenever the value fits, and no result of a system call used here does not. */
function numbers(f: CallableFunction): Gate {
  return f as Gate;
}

function openLibc(): Libc {
  for (const name of LIBC_NAMES) {
    try {
      const { symbols } = dlopen(name, { syscall: GATE, __errno_location: { args: [], returns: pointer } });
      const { syscall, __errno_location: location } = symbols;
      return { syscall: numbers(syscall), errno: () => read.i32(location() as Pointer, 0) };
    } catch {
      continue; // the next name
    }
  }
  throw new Error(`cannot open the C library (tried ${LIBC_NAMES.join(", ")})`);
}

/** Address of a view's first byte. The view must lie over its own ArrayBuffer and stay referenced while it is used. */
export function addressOf(view: Uint8Array): number {
  return ptr(view);
}

/** Puts the stub into an executable file mapping; undefined where the kernel refuses that. */
function mapStub(libc: Gate): number | undefined {
  const stub = new Uint8Array(ARM64 ? STUB_ARM64 : STUB_X64);
  const name = new TextEncoder().encode("bunker-gate\0");
  const fd = libc(numberOf("memfd_create"), addressOf(name), MFD_CLOEXEC, 0, 0, 0, 0);
  if (fd < 0) return undefined;
  try {
    if (libc(numberOf("write"), fd, addressOf(stub), stub.length, 0, 0, 0) !== stub.length) return undefined;
    const at = libc(numberOf("mmap"), 0, stub.length, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    return at === -1 ? undefined : at;
  } finally {
    libc(numberOf("close"), fd, 0, 0, 0, 0, 0);
  }
}

function makeGate(): Gate {
  const libc = openLibc();
  const at = mapStub(libc.syscall);
  if (at !== undefined) {
    return numbers(CFunction({ ptr: at as Pointer, ...GATE }));
  }
  return (nr, a, b, c, d, e, f) => {
    const result = libc.syscall(nr, a, b, c, d, e, f);
    return result === -1 ? -libc.errno() : result;
  };
}

/** Enters the kernel. */
export const gate: Gate = makeGate();
