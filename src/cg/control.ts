// Control files: small texts that the kernel makes up. They exist or not, so they are never created, and a value has to
// go in with one write. Failures come back as raw results, since what an errno means differs from file to file.

import { AT_FDCWD, O_CLOEXEC, O_WRONLY } from "../sys/abi/consts.gen.ts";
import { call } from "../sys/call.ts";
import { readTextIfThere } from "../sys/file.ts";
import { cstr, place } from "../sys/memory.ts";

const encoder = new TextEncoder();

/** Writes `value`; 0, or the negative errno of the open or of the write. */
export function writeControl(path: string, value: string): number {
  const fd = call("openat", AT_FDCWD, cstr(path), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return fd;
  const bytes = encoder.encode(value);
  const written = call("write", fd, place(bytes), bytes.length);
  call("close", fd);
  return Math.min(written, 0);
}

/** The content without the newline at its end; undefined where there is no such file. */
export function readControl(path: string): string | undefined {
  return readTextIfThere(path)?.trimEnd();
}

/** A file of words, such as cgroup.controllers; undefined where there is no such file. */
export function readWords(path: string): string[] | undefined {
  const text = readControl(path);
  if (text === undefined) return undefined;
  return text === "" ? [] : text.replaceAll("\n", " ").split(" ");
}

/** The numbers of a list such as "0-2,4"; undefined where it is not one. */
export function parseList(text: string): Set<number> | undefined {
  const numbers = new Set<number>();
  for (const part of text.split(",")) {
    const range = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(part.trim());
    if (range === null) return undefined;
    const first = Number(range[1]);
    const last = Number(range[2] ?? first);
    if (last < first) return undefined;
    for (let number = first; number <= last; number++) numbers.add(number);
  }
  return numbers;
}
