// --mount key=value,..., accepted and refused.

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { parseMount } from "./mount.ts";

const bind = {
  kind: "bind",
  source: "/a",
  target: "/b",
  readOnly: false,
  propagation: "rprivate",
  recursive: true,
  createSource: false,
};

test.each([
  ["type=bind,source=/a,target=/b", {}],
  ["type=bind,src=/a,dst=/b", {}],
  ["type=BIND,Source=/a,DESTINATION=/b", {}],
  ["  type=bind,source=/a,target=/b  ", {}],
  ["type=bind,source=./x,target=/b", { source: "/w/x" }],
  ["type=bind,source=/a,target=/b,readonly", { readOnly: true }],
  ["type=bind,source=/a,target=/b,ro=true", { readOnly: true }],
  ["type=bind,source=/a,target=/b,ro=0", {}],
  ["type=bind,source=/a,target=/b,bind-propagation=rslave", { propagation: "rslave" }],
  ["type=bind,source=/a,target=/b,bind-recursive=disabled", { recursive: false }],
  ["type=bind,source=/a,target=/b,bind-nonrecursive", { recursive: false }],
  ["type=bind,source=/a,target=/b,bind-create-src", { createSource: true }],
  ["type=bind,source=/a,target=/b,consistency=cached", {}],
  ['type=bind,"source=/a,b",target=/b', { source: "/a,b" }],
  ["type=bind,source=/x,source=/a,target=/b", {}],
])("%s", (text, expected) => {
  expect(parseMount(text, "/w")).toEqual({ ...bind, ...expected } as ReturnType<typeof parseMount>);
});

test.each([
  ["type=tmpfs,target=/t", []],
  ["type=tmpfs,dst=/t,tmpfs-size=64m", ["size=67108864"]],
  ["type=tmpfs,dst=/t,tmpfs-size=0", []],
  ["type=tmpfs,dst=/t,tmpfs-mode=1777,readonly", ["ro", "mode=1777"]],
  ["type=tmpfs,dst=/t,tmpfs-mode=0700", ["mode=700"]],
])("%s", (text, options) => {
  expect(parseMount(text, "/w")).toEqual({ kind: "tmpfs", target: "/t", options });
});

test.each([
  ["", "expected type=bind"],
  ["source=/a,target=/b", "volumes are not supported yet"],
  ["type=volume,source=v,target=/b", "volumes are not supported yet"],
  ["type=npipe,source=/a,target=/b", 'unknown type "npipe"'],
  ["type=bind,target=/b", "the source is missing"],
  ["type=bind,source=/a", "the target is missing"],
  ["type=bind,source=a,target=/b", 'absolute or starts with "./"'],
  ["type=bind,source=/a,target=b", "absolute path in the container"],
  ["type=bind,source=/a,target=/", "root itself"],
  ["type=bind,source=,target=/b", '"source" is empty or has blanks'],
  ["type=bind,source= /a,target=/b", '"source" is empty or has blanks'],
  ["type=bind,source=/a,target", '"target" needs a value'],
  ["type=bind,source=/a,target=/b,bogus=1", 'unknown key "bogus"'],
  ["type=bind,source=/a,target=/b,constructor", 'unknown key "constructor"'],
  ["type=bind,source=/a,target=/b,", 'unknown key ""'],
  ["type=bind,source=/a,target=/b,ro=yes", '"readonly" is true, 1, false or 0'],
  ["type=bind,source=/a,target=/b,bind-propagation=up", 'unknown bind-propagation "up"'],
  ["type=bind,source=/a,target=/b,bind-recursive=writable", "bind-recursive is"],
  ["type=bind,source=/a,target=/b,bind-recursive=readonly", "needs readonly"],
  ["type=bind,source=/a,target=/b,tmpfs-size=1m", "does not go with type=bind"],
  ["type=tmpfs,target=/b,bind-propagation=slave", "does not go with type=tmpfs"],
  ["type=tmpfs,source=/a,target=/b", "a tmpfs has no source"],
  ["type=tmpfs,target=/b,tmpfs-mode=999", "tmpfs-mode is octal"],
  ["type=tmpfs,target=/b,tmpfs-mode=77777", "tmpfs-mode is octal"],
  ["type=bind,source=/a,target=/b\nx", "line break"],
  ['type=bind,source="/a",target=/b', "a quote within a field"],
  ["type=bind,source=/a,target=/b\0", "NUL"],
])("refused: %p", (text, why) => {
  const message = messageOf(() => parseMount(text, "/w"));
  expect(message).toContain("for --mount: ");
  expect(message).toContain(why);
});

test("a size that is none", () => {
  expect(messageOf(() => parseMount("type=tmpfs,target=/b,tmpfs-size=12q", "/w"))).toBe(
    'invalid value "12q" for --mount tmpfs-size: expected a number with b, k, m or g',
  );
});
