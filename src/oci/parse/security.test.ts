// --security-opt.

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { parseSecurityOpts } from "./security.ts";

test.each([
  [[], false],
  [["no-new-privileges"], true],
  [["no-new-privileges=true"], true],
  [["no-new-privileges:true"], true],
  [["no-new-privileges=0"], false],
  [["no-new-privileges", "no-new-privileges=false"], false],
  [["seccomp=unconfined", "apparmor:unconfined", "label=disable", "label:disable", "disable"], false],
])("%p", (values, noNewPrivileges) => {
  expect(parseSecurityOpts(values as string[])).toEqual({ noNewPrivileges: noNewPrivileges as boolean });
});

test.each([
  ["seccomp=/etc/p.json", "seccomp profiles are not supported"],
  ["seccomp", "seccomp profiles are not supported"],
  ["apparmor=docker-default", "AppArmor profiles are not supported"],
  ["label=type:svirt_t", "SELinux labels are not supported"],
  ["systempaths=unconfined", "--privileged"],
  ["no-new-privileges=maybe", "no-new-privileges is true or false"],
  ["no-new-privileges=", "no-new-privileges is true or false"],
  ["bogus", "unknown option"],
  ["", "unknown option"],
  ["constructor=1", "unknown option"],
  ["no-new-privileges\0", "unknown option"],
])("refused: %p", (value, why) => {
  const message = messageOf(() => parseSecurityOpts([value]));
  expect(message).toContain("for --security-opt: ");
  expect(message).toContain(why);
});
