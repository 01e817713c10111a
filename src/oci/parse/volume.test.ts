// -v SRC:DST[:OPTIONS], accepted and refused.

import { expect, test } from "bun:test";
import { messageOf } from "../testing.ts";

import { parseVolume } from "./volume.ts";

const bind = { kind: "bind", readOnly: false, propagation: "rprivate", recursive: true, createSource: true };

test.each([
  ["/a:/b", { source: "/a", target: "/b" }],
  ["/a/../c//:/b/./d/", { source: "/c", target: "/b/d" }],
  ["./x:/b", { source: "/home/u/x", target: "/b" }],
  ["../x:/b", { source: "/home/x", target: "/b" }],
  [".:/b", { source: "/home/u", target: "/b" }],
  ["..:/b", { source: "/home", target: "/b" }],
  [".config:/b", { source: "/home/u/.config", target: "/b" }],
  ["/a:/b:", { source: "/a", target: "/b" }],
  ["/a:/b:ro", { source: "/a", target: "/b", readOnly: true }],
  ["/a:/b:rw", { source: "/a", target: "/b" }],
  ["/a:/b:z", { source: "/a", target: "/b" }],
  ["/a:/b:ro,Z", { source: "/a", target: "/b", readOnly: true }],
  ["/a:/b:nocopy,cached", { source: "/a", target: "/b" }],
  ["/a:/b:rshared,ro", { source: "/a", target: "/b", readOnly: true, propagation: "rshared" }],
  ["/a:/b:slave", { source: "/a", target: "/b", propagation: "slave" }],
  ["/a b,c=d:/e f", { source: "/a b,c=d", target: "/e f" }],
  ["/:/host", { source: "/", target: "/host" }],
])("%s", (text, expected) => {
  expect(parseVolume(text, "/home/u")).toEqual({ ...bind, ...expected } as ReturnType<typeof parseVolume>);
});

test.each([
  ["data:/b", "named volumes are not supported yet; use an absolute path"],
  ["/b", "anonymous volumes are not supported yet"],
  ["", "anonymous volumes are not supported yet"],
  ["a/b:/c", 'a relative source starts with "./": "./a/b"'],
  ["~/x:/c", "~ is the shell's to expand"],
  [":/b", "the source is empty"],
  [":", "the source is empty"],
  ["/a:", "absolute path in the container"],
  ["/a:b", "absolute path in the container"],
  ["/a:ro", "ro stands where the container's path belongs"],
  ["/a:/", "root itself"],
  ["/a:/b/..", "root itself"],
  ["/a:/b:ro:rw", "too many colons"],
  ["/a:/b:ro,rw", "more than one option for access"],
  ["/a:/b:ro,ro", "more than one option for access"],
  ["/a:/b:z,Z", "more than one option for label"],
  ["/a:/b:shared,slave", "more than one option for propagation"],
  ["/a:/b:RO", 'unknown option "RO"'],
  ["/a:/b:ro,", 'unknown option ""'],
  ["/a:/b:exec", 'unknown option "exec"'],
  ["/a:/b:constructor", 'unknown option "constructor"'],
  ["/a\0:/b", "NUL"],
  ["/a:/b\0", "NUL"],
  ["C:\\x:/b", "too many"],
])("refused: %p", (text, why) => {
  const message = messageOf(() => parseVolume(text, "/home/u"));
  expect(message).toContain("for --volume: ");
  if (why !== "too many") expect(message).toContain(why);
});
