// --device HOST[:CONTAINER][:rwm].

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { parseDevice } from "./device.ts";

test.each([
  ["/dev/ttyUSB0", "/dev/ttyUSB0", "/dev/ttyUSB0", "rwm"],
  ["/dev/ttyUSB0:/dev/tty9", "/dev/ttyUSB0", "/dev/tty9", "rwm"],
  ["/dev/ttyUSB0:rw", "/dev/ttyUSB0", "/dev/ttyUSB0", "rw"],
  ["/dev/ttyUSB0:/dev/x:mr", "/dev/ttyUSB0", "/dev/x", "mr"],
  ["/dev//snd/../i2c-1:/dev/./i2c", "/dev/i2c-1", "/dev/i2c", "rwm"],
])("%s", (text, source, target, access) => {
  expect(parseDevice(text)).toEqual({ source, target, access });
});

test.each(["", "ttyUSB0", ":/dev/x", "/dev/a:", "/dev/a:x", "/dev/a:rr", "/dev/a:/dev/b:rwx", "/dev/a:/dev/b:"])(
  "refused: %p",
  (text) => {
    expect(messageOf(() => parseDevice(text))).toContain("for --device: ");
  },
);

test.each(["/dev/a:/dev/b:rwm:x", "/dev/a:/", "/dev/a:/dev/b:rwmm", "/dev/a\0"])("refused: %p", (text) => {
  expect(messageOf(() => parseDevice(text))).toContain("for --device: ");
});

test("CDI names are refused by name", () => {
  expect(messageOf(() => parseDevice("vendor.com/gpu=all"))).toContain("CDI devices are not supported");
});
