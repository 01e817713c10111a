// OCI device rules → lines for cgroup v1's devices.allow and devices.deny. Both take rules in order, a later one wins
// over an earlier one. Source: kernel Documentation/admin-guide/cgroup-v1/devices.rst.
// Plain loops, see mountinfo.ts.

import { UserError } from "../errors.ts";
import type { DeviceRule } from "../oci/spec.ts";
import type { CgroupWrite } from "./types.ts";

/** Device numbers have 12 and 20 bits (include/linux/kdev_t.h). */
const MOST = { major: 0xfff, minor: 0xf_ffff } as const;

/** A rule in full: kinds of devices, numbers (undefined: any) and what may be done (letters of "rwm", sorted as such). */
export interface FullRule {
  readonly allow: boolean;
  readonly kinds: readonly ("b" | "c")[];
  readonly major: number | undefined;
  readonly minor: number | undefined;
  readonly access: string;
}

function numberOf(value: number | undefined, most: number, name: string): number | undefined {
  if (value === undefined || value === -1) return undefined;
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new UserError(`invalid device rule: ${name} number ${value} is not between 0 and ${most}`);
}

/** All accesses there are, in the order of letters that the kernel prints. */
const ACCESSES = ["r", "w", "m", "rw", "rm", "wm", "rwm"];

function accessOf(rule: DeviceRule): string {
  const asked = rule.access ?? "rwm";
  if (ACCESSES.includes(asked)) return asked;
  let access = "";
  let known = 0;
  for (const letter of "rwm") if (asked.includes(letter)) access += letter;
  for (const letter of asked) if (access.includes(letter)) known += 1;
  if (access !== "" && known === asked.length) return access;
  throw new UserError(`invalid device rule: access ${JSON.stringify(asked)} is not made of the letters r, w and m`);
}

/** Fills in what a rule leaves out, and refuses what makes no sense. */
export function fullRule(rule: DeviceRule): FullRule {
  const type = rule.type ?? "a";
  if (type !== "a" && type !== "b" && type !== "c") {
    throw new UserError(`invalid device rule: type ${JSON.stringify(type)} is not a, b or c`);
  }
  return {
    allow: rule.allow,
    kinds: type === "a" ? ["b", "c"] : [type],
    major: numberOf(rule.major, MOST.major, "major"),
    minor: numberOf(rule.minor, MOST.minor, "minor"),
    access: accessOf(rule),
  };
}

/** Whether a rule speaks of every device and every access, so that nothing before it counts any more. */
export function isTotal(rule: FullRule): boolean {
  return rule.kinds.length === 2 && rule.major === undefined && rule.minor === undefined && rule.access === "rwm";
}

function line(kind: string, rule: FullRule): string {
  return `${kind} ${rule.major ?? "*"}:${rule.minor ?? "*"} ${rule.access}`;
}

/** What stands before the last rule for everything has no effect: the index of that rule, -1 where there is none. */
export function lastTotal(rules: readonly FullRule[]): number {
  let last = -1;
  for (let index = 0; index < rules.length; index++) {
    const rule = rules[index];
    if (rule !== undefined && isTotal(rule)) last = index;
  }
  return last;
}

/** Whether the rules forbid anything: a new group allows every device. */
export function restricts(rules: readonly DeviceRule[]): boolean {
  for (const rule of rules) if (!rule.allow) return true;
  return false;
}

/** The writes that carry out the rules on v1. */
export function v1DeviceWrites(rules: readonly DeviceRule[]): CgroupWrite[] {
  const full: FullRule[] = [];
  for (const rule of rules) full.push(fullRule(rule));
  const writes: CgroupWrite[] = [];
  const put = (rule: FullRule, value: string): void => {
    const file = rule.allow ? "devices.allow" : "devices.deny";
    writes.push({
      controller: "devices",
      version: 1,
      file,
      value,
      flag: "the device rules",
    });
  };
  for (let index = Math.max(0, lastTotal(full)); index < full.length; index++) {
    const rule = full[index];
    if (rule === undefined) continue;
    // The kernel reads "a" as everything whatever follows it, so a narrower rule for both kinds becomes two.
    if (isTotal(rule)) put(rule, "a");
    else for (const kind of rule.kinds) put(rule, line(kind, rule));
  }
  return writes;
}
