// The verb in a process of its own, over logs that a test wrote: with rotation and ends as the monitor makes them.

import { describe, expect, test } from "bun:test";
import { appendFileSync, existsSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";

import { fakeId, makeState, type FakeState } from "../../../test/helpers/containers.ts";
import { frame } from "../../../test/helpers/log.ts";
import { runVerb, startVerb } from "../../../test/helpers/verb.ts";
import { containerDir, logPath } from "../../state/paths.ts";

const ID = fakeId("a1");
const NOW = Math.floor(Date.now() / 1000);

/** A container whose log has the given files, the newest first. */
function withLog(files: readonly Uint8Array[], locked = false): FakeState {
  const state = makeState();
  state.add({ id: ID, name: "web" }, { started: NOW, locked });
  files.forEach((bytes, n) => writeFileSync(`${logPath(state.paths, ID)}${n === 0 ? "" : `.${n}`}`, bytes));
  return state;
}

const line = (text: string, seconds = 1, stream = 1) => frame(`${text}\n`, { seconds, stream });

describe("what is there", () => {
  test("comes from all files, the oldest first, each stream to its own", () => {
    using state = withLog([
      line("five"),
      Buffer.concat([line("three", 1, 2), line("four")]),
      Buffer.concat([line("one"), line("two")]),
    ]);
    expect(runVerb(state.paths, ["logs", "web"])).toEqual({
      output: "one\ntwo\nfour\nfive\n",
      errors: "three\n",
      code: 0,
    });
  });

  test("passes byte for byte", () => {
    const bytes = Uint8Array.from({ length: 2560 }, (_, n) => n % 256);
    using state = withLog([frame(bytes)]);
    const ran = runVerb(state.paths, ["logs", "a1"], {}, "latin1");
    expect(ran.output).toBe(Buffer.from(bytes).toString("latin1"));
  });

  test("may be nothing", () => {
    using state = withLog([]);
    expect(runVerb(state.paths, ["logs", "web"])).toEqual({ output: "", errors: "", code: 0 });
    expect(runVerb(state.paths, ["logs", "-n", "5", "web"])).toEqual({ output: "", errors: "", code: 0 });
  });

  test("is read on after a torn end in an older file", () => {
    using state = withLog([line("new"), Buffer.concat([line("old"), line("torn").subarray(0, -3)])]);
    expect(runVerb(state.paths, ["logs", "web"]).output).toBe("old\ntonew\n");
  });
});

describe("lines", () => {
  const newest = Buffer.concat([line("7"), frame("8"), line("e", 1, 2), line("8")]);
  const files = [
    newest,
    Buffer.concat([line("4"), line("5"), line("6")]),
    Buffer.concat([line("1"), line("2"), line("3")]),
  ];
  const table: [tail: string, output: string, errors: string][] = [
    ["0", "", ""],
    ["1", "", "e\n"],
    ["2", "88\n", "e\n"],
    ["3", "7\n88\n", "e\n"],
    ["4", "6\n7\n88\n", "e\n"],
    ["7", "3\n4\n5\n6\n7\n88\n", "e\n"],
    ["9", "1\n2\n3\n4\n5\n6\n7\n88\n", "e\n"],
    ["1000000000", "1\n2\n3\n4\n5\n6\n7\n88\n", "e\n"],
    ["all", "1\n2\n3\n4\n5\n6\n7\n88\n", "e\n"],
    ["-1", "1\n2\n3\n4\n5\n6\n7\n88\n", "e\n"],
  ];
  test("the last ones, over files and streams", () => {
    using state = withLog(files);
    for (const [tail, output, errors] of table) {
      expect([tail, runVerb(state.paths, ["logs", "--tail", tail, "web"])]).toEqual([
        tail,
        { output, errors, code: 0 },
      ]);
    }
  });

  test("one that began in an older file is one", () => {
    using state = withLog([frame("end\nlast\n"), frame("first\nbegin ")]);
    expect(runVerb(state.paths, ["logs", "-n2", "web"]).output).toBe("begin end\nlast\n");
    expect(runVerb(state.paths, ["logs", "-n1", "web"]).output).toBe("last\n");
  });

  test("with the times of writing", () => {
    using state = withLog([Buffer.concat([frame("a\nb", { seconds: 5, nanoseconds: 1 }), line("c", 6)])]);
    const [a, b] = ["1970-01-01T00:00:05.000000001Z a", "1970-01-01T00:00:05.000000001Z bc"];
    expect(runVerb(state.paths, ["logs", "-t", "web"]).output).toBe(`${a}\n${b}\n`);
    expect(runVerb(state.paths, ["logs", "-tn1", "web"]).output).toBe(`${b}\n`);
  });
});

describe("times", () => {
  const log = Buffer.concat([
    line("old", NOW - 3600),
    line("err", NOW - 60, 2),
    line("new", NOW - 50),
    line("future", NOW + 3600),
  ]);
  const table: [words: string[], output: string, errors: string][] = [
    [["--since", "10m"], "new\nfuture\n", "err\n"],
    [["--until", "10m"], "old\n", ""],
    [["--since", "2h", "--until", `${NOW - 55}`], "old\n", "err\n"],
    [["--since", `${NOW - 50}`, "--until", `${NOW - 50}.5`], "new\n", ""],
    [["--since", new Date((NOW - 50) * 1000).toISOString(), "--tail", "1"], "future\n", ""],
    // the last line of what the times leave
    [["--until", "10m", "--tail", "1"], "old\n", ""],
    [["--since", "2100-01-01"], "", ""],
  ];
  test("choose what is shown", () => {
    using state = withLog([log]);
    for (const [words, output, errors] of table) {
      expect([words, runVerb(state.paths, ["logs", ...words, "web"])]).toEqual([words, { output, errors, code: 0 }]);
    }
  });
});

describe("refused", () => {
  test("a container without a log, as Docker does", () => {
    using state = makeState();
    const { log: _, ...rest } = state.add({ id: ID, name: "web" });
    writeFileSync(`${containerDir(state.paths, ID)}/record.json`, JSON.stringify(rest));
    const ran = runVerb(state.paths, ["logs", "web"]);
    expect(ran.errors).toStartWith("bunker: configured logging driver does not support reading\n");
    expect(ran.code).toBe(1);
  });

  test("what is not there, damaged or wrong", () => {
    using state = makeState();
    state.add({ id: fakeId("b1"), name: "bad" }, { raw: "{" });
    const refuse = (...words: string[]) => runVerb(state.paths, ["logs", ...words]);
    expect(refuse("x")).toEqual({ output: "", errors: "bunker: no such container: x\n", code: 1 });
    expect(refuse("bad").errors).toContain("is damaged");
    expect(refuse("-n", "x", "bad")).toMatchObject({ code: 125 });
    expect(refuse("-n", "x", "bad").errors).toContain(
      'invalid value "x" for --tail: expected a number of lines, or all',
    );
    expect(refuse("--since", "soon", "bad").errors).toContain('invalid value "soon" for --since');
    expect(refuse()).toMatchObject({ code: 125 });
  });
});

describe("following", () => {
  test("a container that has ended is printing what is there", () => {
    using state = withLog([Buffer.concat([line("one"), line("two").subarray(0, -2)])]);
    expect(runVerb(state.paths, ["logs", "-f", "web"])).toEqual({ output: "one\ntw", errors: "", code: 0 });
  });

  test("goes on with what is written, and ends with the container", async () => {
    using state = withLog([Buffer.concat([line("one"), line("two")])], true);
    await using verb = startVerb(state.paths, ["logs", "-f", "-n", "1", "web"]);
    await verb.until("two\n");
    appendFileSync(logPath(state.paths, ID), Buffer.concat([line("three"), line("oops", 1, 2)]));
    await verb.until("two\nthree\n");
    // a frame in two writes
    appendFileSync(logPath(state.paths, ID), line("four").subarray(0, 26));
    appendFileSync(logPath(state.paths, ID), line("four").subarray(26));
    await verb.until("two\nthree\nfour\n");
    appendFileSync(logPath(state.paths, ID), line("last"));
    state.unlock(ID);
    expect(await verb.ended()).toEqual({ output: "two\nthree\nfour\nlast\n", errors: "oops\n", code: 0 });
  });

  test("begins before there is a log", async () => {
    using state = withLog([], true);
    await using verb = startVerb(state.paths, ["logs", "-f", "web"]);
    await Bun.sleep(50);
    appendFileSync(logPath(state.paths, ID), line("one"));
    await verb.until("one\n");
    state.unlock(ID);
    expect(await verb.ended()).toMatchObject({ output: "one\n", code: 0 });
  });

  test("survives the removal of the container", async () => {
    using state = withLog([line("one")], true);
    await using verb = startVerb(state.paths, ["logs", "-f", "web"]);
    await verb.until("one\n");
    appendFileSync(logPath(state.paths, ID), line("two"));
    rmSync(containerDir(state.paths, ID), { recursive: true });
    rmSync(`${state.paths.run}/locks/${ID}`);
    expect(await verb.ended()).toMatchObject({ output: expect.stringMatching(/^one\n(two\n)?$/), code: 0 });
  });

  test("ends at --until", async () => {
    using state = withLog([line("one", NOW)], true);
    const until = (Date.now() + 400) / 1000;
    await using verb = startVerb(state.paths, ["logs", "-f", "--until", until.toFixed(3), "web"]);
    expect(await verb.ended()).toEqual({ output: "one\n", errors: "", code: 0 });
  });

  test("ends when nobody reads it any more, though nothing is written", async () => {
    using state = withLog([line("one")], true);
    const verb = startVerb(state.paths, ["logs", "-f", "web"]);
    await verb.until("one\n");
    await verb.stopReading();
    expect(await verb.exited()).toBe(141);
  });
});

/** Writes numbered lines and rotates as the monitor does. */
function rotate(state: FakeState, maxFiles: number): void {
  const log = logPath(state.paths, ID);
  for (let n = maxFiles - 1; n >= 1; n--) {
    const newer = n === 1 ? log : `${log}.${n - 1}`;
    if (existsSync(newer)) renameSync(newer, `${log}.${n}`);
  }
  if (maxFiles === 1) truncateSync(log);
  else writeFileSync(log, "");
}

describe("following over rotations", () => {
  test("loses nothing, however many there are between two looks", async () => {
    using state = makeState();
    state.add({ id: ID, name: "web", log: { maxSize: 1000, maxFiles: 40 } }, { started: NOW, locked: true });
    const log = logPath(state.paths, ID);
    writeFileSync(log, "");
    await using verb = startVerb(state.paths, ["logs", "-f", "web"]);
    let expected = "";
    for (let n = 0; n < 600; n++) {
      appendFileSync(log, line(`line ${n}`));
      expected += `line ${n}\n`;
      if (n % 17 === 16) rotate(state, 40);
      if (n % 150 === 149) await Bun.sleep(20);
    }
    state.unlock(ID);
    expect(await verb.ended()).toEqual({ output: expected, errors: "", code: 0 });
  });

  test("goes on after files that were too old to keep", async () => {
    using state = makeState();
    state.add({ id: ID, name: "web", log: { maxSize: 1000, maxFiles: 2 } }, { started: NOW, locked: true });
    const log = logPath(state.paths, ID);
    writeFileSync(log, line("first"));
    await using verb = startVerb(state.paths, ["logs", "-f", "web"]);
    await verb.until("first\n");
    for (let n = 0; n < 60; n++) {
      appendFileSync(log, line(`line ${n}`));
      rotate(state, 2);
    }
    state.unlock(ID);
    const { output } = await verb.ended();
    const numbers = output
      .split("\n")
      .slice(1, -1)
      .map((text) => Number(text.slice("line ".length)));
    expect(numbers.at(-1)).toBe(59);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test("begins anew where the only file is cut", async () => {
    using state = makeState();
    state.add({ id: ID, name: "web", log: { maxSize: 1000, maxFiles: 1 } }, { started: NOW, locked: true });
    const log = logPath(state.paths, ID);
    writeFileSync(log, Buffer.concat([line("first"), line("second")]));
    await using verb = startVerb(state.paths, ["logs", "-f", "web"]);
    await verb.until("first\nsecond\n");
    rotate(state, 1);
    appendFileSync(log, line("third"));
    await verb.until("first\nsecond\nthird\n");
    state.unlock(ID);
    expect(await verb.ended()).toMatchObject({ errors: "", code: 0 });
  });
});
