// Entrypoint and command, by Docker's rules.

import { expect, test } from "bun:test";
import { messageOf } from "./testing.ts";

import { makeCommand } from "./command.ts";

const IMAGE = { Entrypoint: ["/entry"], Cmd: ["default", "args"] };

test.each([
  [IMAGE, undefined, [], ["/entry", "default", "args"]],
  [IMAGE, undefined, ["own"], ["/entry", "own"]],
  [IMAGE, ["/other"], [], ["/other"]],
  [IMAGE, ["/other"], ["own"], ["/other", "own"]],
  [IMAGE, [], ["own", "arg"], ["own", "arg"]],
  [{ Cmd: ["sh"] }, undefined, [], ["sh"]],
  [{ Entrypoint: null, Cmd: null }, undefined, ["sh"], ["sh"]],
  [{}, undefined, ["sh", ""], ["sh", ""]],
] as [object, string[] | undefined, string[], string[]][])(
  "%j, entrypoint %j, command %j",
  (config, entrypoint, command, args) => {
    expect(makeCommand({ image: "x", command, ...(entrypoint === undefined ? {} : { entrypoint }) }, config)).toEqual(
      args,
    );
  },
);

test("nothing to run", () => {
  const why = "run x: no command specified, and the image names none";
  expect(messageOf(() => makeCommand({ image: "x", command: [] }, {}))).toBe(why);
  expect(messageOf(() => makeCommand({ image: "x", command: [], entrypoint: [] }, IMAGE))).toBe(why);
});
