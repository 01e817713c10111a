// Which capabilities a container gets.

import { expect, test } from "bun:test";

import { CAP_LAST_CAP } from "../sys/abi/consts.gen.ts";
import { CAPABILITIES, capabilityMask, capabilitySets, chooseCapabilities, DEFAULT_CAPABILITIES } from "./caps.ts";

const ALL_NAMES = Object.keys(CAPABILITIES);
const sorted = (names: readonly string[]) => [...names].sort();

test("the table has every capability once, in the order of the numbers", () => {
  expect(Object.values(CAPABILITIES)).toEqual(Array.from({ length: CAP_LAST_CAP + 1 }, (_, n) => n));
});

test("the default set is Docker's: CapBnd 00000000a80425fb in /proc/self/status", () => {
  expect(DEFAULT_CAPABILITIES).toHaveLength(14);
  expect(capabilityMask(chooseCapabilities([], [], false))).toBe(0xa80425fbn);
});

test.each([
  [["CAP_NET_ADMIN"], [], [...DEFAULT_CAPABILITIES, "CAP_NET_ADMIN"]],
  [[], ["CAP_NET_RAW"], DEFAULT_CAPABILITIES.filter((name) => name !== "CAP_NET_RAW")],
  [[], ["ALL"], []],
  [["CAP_CHOWN", "CAP_SYS_TIME"], ["ALL"], ["CAP_CHOWN", "CAP_SYS_TIME"]],
  [["ALL"], ["CAP_SYS_ADMIN"], ALL_NAMES.filter((name) => name !== "CAP_SYS_ADMIN")],
  [["ALL"], ["ALL"], ALL_NAMES],
  [["CAP_CHOWN"], ["CAP_CHOWN"], DEFAULT_CAPABILITIES],
  [["CAP_CHOWN", "CAP_CHOWN"], [], DEFAULT_CAPABILITIES],
])("add %p, drop %p", (add, drop, result) => {
  expect(sorted(chooseCapabilities(add as string[], drop as string[], false))).toEqual(sorted(result as string[]));
});

test("privileged means all, whatever is dropped", () => {
  expect(chooseCapabilities([], ["ALL"], true)).toEqual(ALL_NAMES);
});

test("nothing that bunker itself has not got", () => {
  const held = ~capabilityMask(["CAP_SYS_RESOURCE", "CAP_CHOWN"]) & ((1n << 64n) - 1n);
  const less = (names: readonly string[]) => names.filter((name) => !/SYS_RESOURCE|CAP_CHOWN/.test(name));
  expect(chooseCapabilities([], [], true, held)).toEqual(less(ALL_NAMES));
  expect(chooseCapabilities(["ALL"], [], false, held)).toEqual(less(ALL_NAMES));
  expect(chooseCapabilities([], [], false, held)).toEqual(less(DEFAULT_CAPABILITIES));
  expect(chooseCapabilities([], [], true, 0n)).toEqual([]);
});

test("another user than root has them only as a bound", () => {
  const names = ["CAP_CHOWN"];
  expect(capabilitySets(names, 0)).toEqual({ bounding: names, effective: names, permitted: names });
  expect(capabilitySets(names, 1000)).toEqual({ bounding: names });
});

test("a mask of an unknown name is a programming error", () => {
  expect(() => capabilityMask(["CAP_NONE"])).toThrow("unknown capability CAP_NONE");
});
