// Variables: from the option, from the host, from files.

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { parseEnv, parseEnvFile } from "./env.ts";

const HOST = { HOME: "/root", EMPTY: "", "weird-name": "x" };
const bytes = (text: string) => new TextEncoder().encode(text);

test("NAME=value, all that follows the first = being the value", () => {
  expect(parseEnv("A=b", HOST)).toEqual(["A", "b"]);
  expect(parseEnv("A=", HOST)).toEqual(["A", ""]);
  expect(parseEnv('A=b=c "d" $E\n', HOST)).toEqual(["A", 'b=c "d" $E\n']);
  expect(parseEnv("a.b-c d=1", HOST)).toEqual(["a.b-c d", "1"]);
});

test("NAME takes the host's value, or takes the name away", () => {
  expect(parseEnv("HOME", HOST)).toEqual(["HOME", "/root"]);
  expect(parseEnv("EMPTY", HOST)).toEqual(["EMPTY", ""]);
  expect(parseEnv("MISSING", HOST)).toEqual(["MISSING"]);
  expect(parseEnv("constructor", HOST)).toEqual(["constructor"]);
  expect(parseEnv("__proto__", HOST)).toEqual(["__proto__"]);
});

test("empty names and NULs are refused", () => {
  expect(messageOf(() => parseEnv("=x", HOST))).toBe('invalid value "=x" for --env: the name is empty');
  expect(messageOf(() => parseEnv("", HOST))).toContain("the name is empty");
  expect(messageOf(() => parseEnv("A=b\0c", HOST))).toContain("NUL");
});

test("a file: comments, blanks, no quotes, host values, order and doublets kept", () => {
  const text = [
    "\ufeff# comment",
    "",
    "  # another",
    "A=1",
    "  B=  two  ",
    'C="quoted" # not a comment',
    "HOME",
    "MISSING",
    "EMPTY",
    "A=again",
    "D=a=b\r",
    "E=",
  ].join("\n");
  expect(parseEnvFile("e", bytes(text), HOST)).toEqual([
    ["A", "1"],
    ["B", "  two  "],
    ["C", '"quoted" # not a comment'],
    ["HOME", "/root"],
    ["EMPTY", ""],
    ["A", "again"],
    ["D", "a=b"],
    ["E", ""],
  ]);
});

test("a file's faults name the line", () => {
  expect(messageOf(() => parseEnvFile("e", bytes("A=1\n=x\n"), HOST))).toBe(
    '--env-file e: line 2: no name before the "=" in "=x"',
  );
  expect(messageOf(() => parseEnvFile("e", bytes("A B=x"), HOST))).toContain('line 1: the name "A B" contains a blank');
  expect(messageOf(() => parseEnvFile("e", bytes("export A=x"), HOST))).toContain("contains a blank");
  expect(messageOf(() => parseEnvFile("e", bytes("\n\nA=\0"), HOST))).toContain("line 3: NUL");
  expect(messageOf(() => parseEnvFile("e", new Uint8Array([0x41, 0x3d, 0xff]), HOST))).toBe(
    "--env-file e: not UTF-8 text",
  );
});

test("an empty file has no variables", () => {
  expect(parseEnvFile("e", new Uint8Array(), HOST)).toEqual([]);
});
