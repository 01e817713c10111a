// System calls by name. `call` returns the kernel's raw result; `must` turns a failure into a SysError that names the
// operation and its object.

import { SysError } from "../errors.ts";
import { EINTR } from "./abi/errno.gen.ts";
import type { SyscallName } from "./abi/nr.gen.ts";
import { gate, numberOf } from "./gate.ts";
import { describeErrno } from "./numbers.ts";

/** The raw result: negative errno on failure. Restarted when a signal interrupts it. */
export function call(name: SyscallName, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): number {
  const number = numberOf(name);
  for (;;) {
    const result = gate(number, a, b, c, d, e, f);
    if (result !== -EINTR) return result;
  }
}

/** The error for a raw result; `operation` says what was tried and on what ("open /etc/x"). */
export function sysError(operation: string, result: number): SysError {
  const errno = -result;
  const [code, text] = describeErrno(errno);
  return new SysError(operation, errno, code, text);
}

/** Passes a good result on and throws for a bad one. */
export function must(result: number, operation: string): number {
  if (result < 0) throw sysError(operation, result);
  return result;
}
