// Random bytes from the kernel (getrandom(2)), without starting a cryptography library for them.

import { call, must } from "./call.ts";
import { reserve, scratch, scratchBase } from "./memory.ts";

/** `count` random bytes as hexadecimal digits. */
export function randomHex(count: number): string {
  const at = reserve(count);
  must(call("getrandom", scratchBase + at, count, 0), "get random bytes");
  return scratch.subarray(at, at + count).toHex();
}

/** A random number from 0 to below 2^24. */
export function randomNumber(): number {
  return Number.parseInt(randomHex(3), 16);
}
