// Dockerfile instructions of import --change.

import { expect, test } from "bun:test";
import { messageOf } from "./testing.ts";

import { applyChanges } from "./changes.ts";
import type { ImageConfig } from "./image.ts";

const apply = (changes: string[], config: ImageConfig = {}) => applyChanges(config, changes);

test.each([
  ["CMD echo hi", { Cmd: ["/bin/sh", "-c", "echo hi"] }],
  ['CMD ["echo", "hi"]', { Cmd: ["echo", "hi"] }],
  ["cmd   []", { Cmd: [] }],
  ["CMD ['echo']", { Cmd: ["/bin/sh", "-c", "['echo']"] }],
  ['CMD ["echo", 1]', { Cmd: ["/bin/sh", "-c", '["echo", 1]'] }],
  ['CMD echo $HOME "a  b"', { Cmd: ["/bin/sh", "-c", 'echo $HOME "a  b"'] }],
  ['ENTRYPOINT ["/app"]', { Entrypoint: ["/app"], Cmd: null }],
  ["ENV A=1 B='x y' C=\"p q\" D=a\\ b", { Env: ["A=1", "B=x y", "C=p q", "D=a b"] }],
  ["ENV A some words", { Env: ["A=some words"] }],
  ["ENV A=", { Env: ["A="] }],
  ["USER app:audio", { User: "app:audio" }],
  ["WORKDIR /srv//app/", { WorkingDir: "/srv/app" }],
  ["WORKDIR app", { WorkingDir: "/app" }],
  ["WORKDIR /my dir", { WorkingDir: "/my dir" }],
  ["EXPOSE 80 53/udp 8000-8001/TCP", { ExposedPorts: { "80/tcp": {}, "53/udp": {}, "8000/tcp": {}, "8001/tcp": {} } }],
  ['LABEL a=b c.d="e f"', { Labels: { a: "b", "c.d": "e f" } }],
  ["STOPSIGNAL SIGQUIT", { StopSignal: "SIGQUIT" }],
  ["VOLUME /a /b", { Volumes: { "/a": {}, "/b": {} } }],
  ['VOLUME ["/a b"]', { Volumes: { "/a b": {} } }],
])("%s", (change, config) => {
  expect(apply([change])).toEqual(config as ImageConfig);
});

test("instructions add to what is there", () => {
  const config: ImageConfig = { Env: ["A=1", "B=2"], Labels: { a: "1" }, WorkingDir: "/srv", Cmd: ["old"] };
  expect(apply(["ENV A=3 C=4", "LABEL b=2", "WORKDIR app", "WORKDIR ../x"], config)).toEqual({
    Env: ["A=3", "B=2", "C=4"],
    Labels: { a: "1", b: "2" },
    WorkingDir: "/srv/x",
    Cmd: ["old"],
  });
  expect(config.Env).toEqual(["A=1", "B=2"]);
});

test("an ENTRYPOINT drops the Cmd from before, not one of these changes", () => {
  expect(apply(['ENTRYPOINT ["/e"]'], { Cmd: ["old"] })).toEqual({ Entrypoint: ["/e"], Cmd: null });
  expect(apply(['CMD ["new"]', 'ENTRYPOINT ["/e"]'], { Cmd: ["old"] })).toEqual({ Entrypoint: ["/e"], Cmd: ["new"] });
  expect(apply(['ENTRYPOINT ["/e"]', 'CMD ["new"]'])).toEqual({ Entrypoint: ["/e"], Cmd: ["new"] });
});

test("the image's own shell", () => {
  expect(apply(["CMD x y"], { Shell: ["/bin/bash", "-ec"] }).Cmd).toEqual(["/bin/bash", "-ec", "x y"]);
});

test("variables of the environment so far", () => {
  const config = { Env: ["P=/opt", "E="] };
  const value = (text: string) => apply([`LABEL v=${text}`], config).Labels?.["v"];
  expect(value("$P/bin:${P}")).toBe("/opt/bin:/opt");
  expect(value('"$P x"')).toBe("/opt x");
  expect(value("'$P x'")).toBe("$P x");
  expect(value("\\$P")).toBe("$P");
  expect(value("${Q:-dflt}${E:-e}${P:-no}")).toBe("dflte/opt");
  expect(value("${P:+yes}${Q:+no}")).toBe("yes");
  expect(value("${Q:-${P}/x}")).toBe("/opt/x");
  expect(value("$Q.$")).toBe(".$");
  expect(apply(["ENV PATH=$P/bin:$PATH"], { Env: ["P=/opt", "PATH=/bin"] }).Env).toEqual([
    "P=/opt",
    "PATH=/opt/bin:/bin",
  ]);
});

test("several lines, comments, continuations", () => {
  expect(apply(["# c\nUSER 5\n\n  ENV A=1 \\\n  B=2"])).toEqual({ User: "5", Env: ["A=1", "B=2"] });
});

test.each([
  ["RUN true", 'invalid value "RUN true" for --change: expected one of CMD, ENTRYPOINT'],
  ["HEALTHCHECK NONE", "expected one of"],
  ["constructor x", "expected one of"],
  ["CMD", "--change CMD: nothing follows it"],
  ["USER $NOBODY", "--change USER: nothing follows it"],
  ["USER a b", "for --change USER: expected a name or a number"],
  ["ENV A", "--change ENV: expected NAME=VALUE"],
  ["ENV A=1 B", 'expected NAME=VALUE, found "B"'],
  ["ENV =1", "a name is empty"],
  ["ENV A='x", "a ' that is not closed"],
  ['ENV A="x', 'a " that is not closed'],
  ["ENV A=${x", "${ without"],
  ["ENV A=${x:-y", "a ${ that is not closed"],
  [`ENV A=${"${A:-".repeat(50_000)}`, "too many ${ within each other"],
  ["LABEL 'a b'=c", "the name contains a blank"],
  ["EXPOSE 0", "for --change EXPOSE: expected PORT"],
  ["EXPOSE 65536", "expected PORT"],
  ["EXPOSE 5-4", "expected PORT"],
  ["EXPOSE 80/icmp", "expected PORT"],
  ["STOPSIGNAL NOPE", "for --change STOPSIGNAL: expected a signal"],
  ['VOLUME [""]', "--change VOLUME: an empty path"],
  ['CMD ["a\\u0000b"]', "NUL"],
  ["CMD a\0b", "NUL"],
])("refused: %.60p", (change, why) => {
  expect(messageOf(() => apply([change]))).toContain(why);
});
