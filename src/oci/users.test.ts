// Looking up users and groups in an image's files, which may hold anything.

import { expect, test } from "bun:test";
import { messageOf } from "./testing.ts";

import { randomFrom } from "./testing.ts";
import { resolveUser } from "./users.ts";

const PASSWD = `root:x:0:0:root:/root:/bin/sh
# comment:x:5:5::/:
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin

app:x:1000:1001:App,,,:/home/app:/bin/sh
second:x:1000:1002::/home/second:/bin/sh
bare:x:7:7
1234:x:55:55::/home/digits:/bin/sh
`;
const GROUP = `root:x:0:
wheel:x:10:root,app
audio:x:29: app ,other
app:x:1001:
video:x:44:appx
double:x:10:app
`;
const resolve = (user?: string, add: string[] = []) => resolveUser(user, PASSWD, GROUP, add);

test("nobody named: root, with root's groups", () => {
  const root = { uid: 0, gid: 0, additionalGids: [0, 10], home: "/root" };
  expect(resolve(undefined)).toEqual(root);
  expect(resolve("")).toEqual(root);
  expect(resolve("root")).toEqual(root);
  expect(resolve("0")).toEqual(root);
});

test("a name brings its group, its groups and its home", () => {
  expect(resolve("app")).toEqual({ uid: 1000, gid: 1001, additionalGids: [1001, 10, 29], home: "/home/app" });
});

test("a number is looked up as a number; the first entry counts", () => {
  expect(resolve("1000")).toEqual({ uid: 1000, gid: 1001, additionalGids: [1001, 10, 29], home: "/home/app" });
  expect(resolve("1234")).toEqual({ uid: 1234, gid: 0, additionalGids: [0], home: "/" });
  expect(resolve("2147483647").uid).toBe(2_147_483_647);
});

test("an explicit group brings no others", () => {
  expect(resolve("app:audio")).toEqual({ uid: 1000, gid: 29, additionalGids: [29], home: "/home/app" });
  expect(resolve("app:777")).toEqual({ uid: 1000, gid: 777, additionalGids: [777], home: "/home/app" });
  expect(resolve("5000:6000")).toEqual({ uid: 5000, gid: 6000, additionalGids: [6000], home: "/" });
  expect(resolve(":10")).toEqual({ uid: 0, gid: 10, additionalGids: [10], home: "/root" });
  expect(resolve("app:")).toEqual(resolve("app"));
});

test("added groups, each once", () => {
  expect(resolve("app", ["video", "29", "9999"]).additionalGids).toEqual([1001, 10, 29, 44, 9999]);
});

test("an entry that stops early has no home", () => {
  expect(resolve("bare")).toEqual({ uid: 7, gid: 7, additionalGids: [7], home: "/" });
});

test("without files numbers do, names do not", () => {
  expect(resolveUser(undefined, undefined, undefined, [])).toEqual({
    uid: 0,
    gid: 0,
    additionalGids: [0],
    home: "/root",
  });
  expect(resolveUser("5:6", undefined, undefined, ["7"])).toEqual({
    uid: 5,
    gid: 6,
    additionalGids: [6, 7],
    home: "/",
  });
  expect(messageOf(() => resolveUser("app", undefined, undefined, []))).toBe(
    'user "app" is not in the image\'s /etc/passwd',
  );
  expect(messageOf(() => resolveUser("5:app", undefined, undefined, []))).toContain('group "app" is not in the image');
  expect(messageOf(() => resolve("app", ["nobody"]))).toContain('group "nobody"');
});

test.each(["a:b:c", "-1", "4294967296", "x y", "a\0"])("a malformed user: %p", (user) => {
  expect(messageOf(() => resolve(user))).toContain("for user: expected a name or a number");
});

test.each([
  "evil:x:-1:0::/:",
  "evil:x:4294967296:0::/:",
  "evil:x:99999999999999999999999:0::/:",
  "evil:x:0x0:0::/:",
  "evil:x: 0:0::/:",
  "evil:x:abc:0::/:",
  "evil:x::0::/:",
  "evil:x:0",
  "evil:x:0:-5::/:",
  "evil",
  "evil:x:0:0::/\0:",
  `evil:${"x".repeat(1_000_000)}:nope:0::/:`,
  "#evil:x:0:0::/:",
])("a broken entry is nobody, and never user 0: %.40p", (line) => {
  expect(messageOf(() => resolveUser("evil", line, GROUP, []))).toContain("is not in the image");
});

test("a broken line does not hide the ones after it", () => {
  const passwd = `:::\n::0:0\nevil:x:-1:0::/:\n${"y".repeat(500_000)}\nevil:x:66:67::relative:/bin/sh\n`;
  expect(resolveUser("evil", passwd, "evil:x:nope:evil\nok:x:9:evil\n", [])).toEqual({
    uid: 66,
    gid: 67,
    additionalGids: [67, 9],
    home: "/",
  });
});

test("more groups than the kernel takes", () => {
  const group = Array.from({ length: 65_600 }, (_, n) => `g${n}:x:${n + 1}:app`).join("\n");
  expect(messageOf(() => resolveUser("app", PASSWD, group, []))).toContain("the kernel takes 65536");
});

test("random bytes as files: a valid answer or an error for the user", () => {
  const random = randomFrom(3);
  const alphabet = "ap:0123456789-\n\n::,#\0 \r\u0085ä/";
  for (let round = 0; round < 500; round++) {
    const text = () => Array.from({ length: random(200) }, () => alphabet[random(alphabet.length)]).join("");
    try {
      const { uid, gid, additionalGids, home } = resolveUser("a:p", text(), text(), ["a"]);
      for (const id of [uid, gid, ...additionalGids])
        expect(Number.isInteger(id) && id >= 0 && id < 2 ** 31).toBe(true);
      expect(home.startsWith("/") && !home.includes("\0")).toBe(true);
    } catch (error) {
      expect(error).toHaveProperty("name", "UserError");
    }
  }
});
