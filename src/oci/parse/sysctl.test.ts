// --sysctl NAME=VALUE.

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { parseSysctl } from "./sysctl.ts";

test.each([
  ["net.core.somaxconn=1024", "net.core.somaxconn", "1024"],
  ["net.ipv4.ip_local_port_range=1024 65000", "net.ipv4.ip_local_port_range", "1024 65000"],
  ["kernel.sem=250 32000 32 128", "kernel.sem", "250 32000 32 128"],
  ["kernel.shm_rmid_forced=1", "kernel.shm_rmid_forced", "1"],
  ["fs.mqueue.msg_max=10", "fs.mqueue.msg_max", "10"],
  ["kernel.msgmax=", "kernel.msgmax", ""],
])("%s", (text, name, value) => {
  expect(parseSysctl(text)).toEqual([name, value]);
});

test.each([
  "kernel.panic=1",
  "vm.swappiness=1",
  "fs.file-max=1",
  "kernel.hostname=x",
  "net=1",
  "net.=1",
  "net..x=1",
  "net./../kernel/panic=1",
  "net.x/../../kernel/core_pattern=|/x",
  "net.ipv4.conf.eth0/1.forwarding=1",
  "kernel.semx=1",
  " net.x=1",
])("changes the host, or is no name: %p", (text) => {
  expect(messageOf(() => parseSysctl(text))).toContain("would change the whole host");
});

test.each(["", "=1", "net.core.somaxconn"])("no pair: %p", (text) => {
  expect(messageOf(() => parseSysctl(text))).toContain("expected NAME=VALUE");
});

test("NUL", () => {
  expect(messageOf(() => parseSysctl("net.x.y=1\0"))).toContain("NUL");
});
