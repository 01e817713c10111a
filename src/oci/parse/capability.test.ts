// --cap-add, --cap-drop.

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { parseCapability } from "./capability.ts";

test.each([
  ["NET_ADMIN", "CAP_NET_ADMIN"],
  ["net_admin", "CAP_NET_ADMIN"],
  ["CAP_NET_ADMIN", "CAP_NET_ADMIN"],
  ["cap_Sys_Time", "CAP_SYS_TIME"],
  ["all", "ALL"],
  ["CAP_ALL", "ALL"],
  ["CHECKPOINT_RESTORE", "CAP_CHECKPOINT_RESTORE"],
])("%s", (text, name) => {
  expect(parseCapability("--cap-add", text)).toBe(name);
});

test.each([
  "",
  "CAP_",
  "NET-ADMIN",
  "NET_ADMIN ",
  "LAST_CAP",
  "CAP_CAP_CHOWN",
  "constructor",
  "__proto__",
  "CHOWN\0",
  "ſETUID",
])("refused: %p", (text) => {
  expect(messageOf(() => parseCapability("--cap-drop", text))).toContain("for --cap-drop: expected ALL or a name");
});
