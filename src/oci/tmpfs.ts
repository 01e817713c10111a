// The options that a tmpfs in a container may have, and how they override each other.
//
// Source: tmpfs(5) and mount(8), filesystem-independent options; the selection is Docker's.

import { quote } from "./parse/fault.ts";

/** Flags by what they decide: of each kind the last one counts. */
const FLAGS: Readonly<Record<string, string>> = {
  ro: "access",
  rw: "access",
  suid: "suid",
  nosuid: "suid",
  dev: "dev",
  nodev: "dev",
  exec: "exec",
  noexec: "exec",
  sync: "sync",
  async: "sync",
  dirsync: "dirsync",
  atime: "atime",
  noatime: "atime",
  diratime: "diratime",
  nodiratime: "diratime",
  relatime: "relatime",
  norelatime: "relatime",
  strictatime: "strictatime",
  nostrictatime: "strictatime",
  private: "propagation",
  rprivate: "propagation",
  shared: "propagation",
  rshared: "propagation",
  slave: "propagation",
  rslave: "propagation",
};

/** Options with a value: what the value looks like, as a pattern and in words. */
const VALUES: Readonly<Record<string, readonly [pattern: RegExp, words: string]>> = {
  size: [/^\d{1,15}(?:[kmgt]|%)?$/i, "a number with k, m, g or %"],
  mode: [/^[0-7]{1,4}$/, "octal, such as 1777"],
  uid: [/^\d{1,10}$/, "a number"],
  gid: [/^\d{1,10}$/, "a number"],
  nr_inodes: [/^\d{1,15}[kmgt]?$/i, "a number with k, m or g"],
  nr_blocks: [/^\d{1,15}[kmgt]?$/i, "a number with k, m or g"],
  mpol: [/^[a-z0-9:=-]+$/, "a memory policy"],
};

/** What is wrong with an option, or undefined. */
export function faultOfTmpfsOption(option: string): string | undefined {
  if (option === "defaults" || Object.hasOwn(FLAGS, option)) return undefined;
  const equals = option.indexOf("=");
  const name = equals < 0 ? option : option.slice(0, equals);
  const rule = Object.hasOwn(VALUES, name) ? VALUES[name] : undefined;
  if (rule === undefined) return `unknown option ${quote(name)}`;
  return rule[0].test(option.slice(equals + 1)) && equals >= 0 ? undefined : `${name} is ${rule[1]}`;
}

/** The options in their order, each that a later one overrides left out; "defaults" overrides nothing. */
export function mergeTmpfsOptions(options: readonly string[]): string[] {
  const last = new Map<string, number>();
  options.forEach((option, at) => last.set(kindOf(option), at));
  return options.filter((option, at) => option !== "defaults" && last.get(kindOf(option)) === at);
}

function kindOf(option: string): string {
  const flag = Object.hasOwn(FLAGS, option) ? FLAGS[option] : undefined;
  return flag ?? option.replace(/=.*$/s, "=");
}
