// --tmpfs PATH[:OPTIONS].

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { parseTmpfs } from "./tmpfs.ts";

test.each([
  ["/run", []],
  ["/run/", []],
  ["/run:", []],
  ["/run:rw,noexec,nosuid,size=65536k", ["rw", "noexec", "nosuid", "size=65536k"]],
  ["/run:size=50%,mode=1777,uid=1000,gid=1000", ["size=50%", "mode=1777", "uid=1000", "gid=1000"]],
  ["/run:nr_inodes=10k,mpol=bind:0-3,defaults,rshared", ["nr_inodes=10k", "mpol=bind:0-3", "defaults", "rshared"]],
])("%s", (text, options) => {
  expect(parseTmpfs(text)).toEqual({ kind: "tmpfs", target: "/run", options });
});

test.each([
  ["run", "absolute path"],
  ["", "absolute path"],
  ["/", "root itself"],
  ["/run:remount", 'unknown option "remount"'],
  ["/run:bind", 'unknown option "bind"'],
  ["/run:huge=always", 'unknown option "huge"'],
  ["/run:size", "size is a number"],
  ["/run:size=", "size is a number"],
  ["/run:size=-1", "size is a number"],
  ["/run:size=1q", "size is a number"],
  ["/run:mode=888", "mode is octal"],
  ["/run:uid=root", "uid is a number"],
  ["/run:constructor=1", 'unknown option "constructor"'],
  ["/run:toString", 'unknown option "toString"'],
  ["/run\0", "NUL"],
])("refused: %p", (text, why) => {
  const message = messageOf(() => parseTmpfs(text));
  expect(message).toContain("for --tmpfs: ");
  expect(message).toContain(why);
});
