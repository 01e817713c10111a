// Signal masks as the kernel takes them, and the signals with a meaning of their own in the program.

import { SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU } from "../sys/abi/consts.gen.ts";

/** Bytes of a signal mask (the kernel's sigset_t: 64 signals). */
export const SIGSET_SIZE = 8;

/** A real-time signal that the kernel sends to the monitor when its front dies: nobody is there to write to any more. */
export const FRONT_GONE = 63;

/** Job control keeps working at the shell: these act on the front itself and are not passed on. */
export const JOB_CONTROL: readonly number[] = [SIGTSTP, SIGCONT, SIGTTIN, SIGTTOU];

/** A mask of all signals but those given. */
export function allSignalsBut(...signals: readonly number[]): Uint8Array {
  let mask = (1n << 64n) - 1n;
  for (const signal of signals) mask &= ~(1n << BigInt(signal - 1));
  const bytes = new Uint8Array(new ArrayBuffer(SIGSET_SIZE));
  new DataView(bytes.buffer).setBigUint64(0, mask, true);
  return bytes;
}
