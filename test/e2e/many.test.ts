// A hundred containers at once: all there, each with its own id, name and processes, found by the beginnings of their ids,
// and nothing left of them afterwards.

import { expect } from "bun:test";
import { readdirSync } from "node:fs";

import { lines } from "../helpers/board.ts";
import { groupParents, processesOf } from "../helpers/leak.ts";
import { testWith } from "../helpers/needs.ts";
import { busyboxBoard } from "../helpers/rootfs.ts";

const test = testWith(
  "root",
  "tool:mksquashfs",
  "file:/bin/busybox",
  "fs:overlay",
  "fs:squashfs",
  "cgroup:memory",
  "cgroup:pids",
);
const ALL = 100;
const AT_ONCE = 10;

test("a hundred containers are started, listed, found, ended and removed", async () => {
  await using board = await busyboxBoard();
  const caps = ["-m", "16m", "--pids-limit", "8"];
  const ids: string[] = [];
  for (let round = 0; round < ALL / AT_ONCE; round++) {
    const started = Array.from({ length: AT_ONCE }, (_, n) => {
      const name = n % 2 === 0 ? [] : ["--name", `named-${round}-${n}`];
      return board.ok("run", "-d", ...caps, ...name, "bb", "sleep", "1000");
    });
    ids.push(...(await Promise.all(started)).map((id) => id.trim()));
  }
  expect(new Set(ids).size).toBe(ALL);
  expect(lines(await board.ok("ps", "-q", "--no-trunc")).sort()).toEqual(ids.toSorted());
  expect(lines(await board.ok("ps", "-q"))).toHaveLength(ALL);
  expect(new Set(lines(await board.ok("ps", "--format", "{{.Names}}"))).size).toBe(ALL);
  const pids = lines(await board.ok("inspect", "-f", "{{.State.Pid}}", ...ids));
  expect(new Set(pids).size).toBe(ALL);
  // A monitor and the command each.
  expect(processesOf(board.dir)).toHaveLength(2 * ALL);

  await expectPrefixes(ids, (...words) => board.bunker(...words));

  // Half are killed and removed by name or short id, the others in one go.
  const [first, second] = [ids.slice(0, ALL / 2), ids.slice(ALL / 2)];
  expect(lines(await board.ok("kill", ...first))).toEqual(first);
  expect(lines(await board.ok("ps", "-q", "--no-trunc")).sort()).toEqual(second.toSorted());
  expect(lines(await board.ok("ps", "-aq", "-f", "status=exited"))).toHaveLength(ALL / 2);
  await board.ok("rm", ...first.map((id) => id.slice(0, 12)));
  await board.ok("rm", "-f", ...second);
  expect(await board.ok("ps", "-aq")).toBe("");

  await board.clear();
  const groups = groupParents().flatMap((dir) => readdirSync(dir));
  expect(groups.filter((name) => ids.includes(name))).toEqual([]);
});

type Bunker = (...words: readonly string[]) => Promise<{ code: number; out: string; err: string }>;

/** Of a hundred ids, several begin with the same digit. */
async function expectPrefixes(ids: readonly string[], bunker: Bunker): Promise<void> {
  const [id = ""] = ids;
  const others = ids.slice(1);
  let length = 1;
  while (others.some((other) => other.startsWith(id.slice(0, length)))) length++;
  const format = ["--format", "{{.Id}}"];
  for (const prefix of [id, id.slice(0, 12), id.slice(0, length)]) {
    expect(await bunker("inspect", ...format, prefix)).toEqual({ code: 0, out: `${id}\n`, err: "" });
  }
  const shared = ids.map((each) => each.slice(0, 1)).find((digit, at, all) => all.indexOf(digit) !== at) ?? "";
  const meant = ids.filter((each) => each.startsWith(shared));
  for (const verb of ["stop", "kill", "rm", "inspect", "logs"]) {
    const { code, err } = await bunker(verb, shared);
    expect(code).toBe(1);
    expect(err).toContain(`several containers have an ID that begins with ${shared}`);
    for (const each of meant) expect(err).toContain(each.slice(0, 12));
  }
}

test("twenty starts of a new command line at once all succeed", async () => {
  await using board = await busyboxBoard();
  for (let round = 0; round < 5; round++) {
    // Nobody has remembered this one yet: all of them draw it, and write it down at the same time.
    const starts = Array.from({ length: 20 }, () => board.bunker("run", "--rm", "-e", `ROUND=${round}`, "bb", "true"));
    for (const ran of await Promise.all(starts)) expect(ran).toEqual({ code: 0, out: "", err: "" });
  }
  await board.clear();
});
