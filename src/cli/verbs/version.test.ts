import { expect, test } from "bun:test";

import { runVerb } from "../../../test/helpers/verb.ts";

const NOWHERE = { root: "/nonexistent", run: "/nonexistent" };
const arch = process.arch === "arm64" ? "arm64" : "amd64";

test("for people: what this is, and what it runs on", () => {
  const { output, errors, code } = runVerb(NOWHERE, ["version"]);
  const kernel = Bun.spawnSync(["uname", "-r"]).stdout.toString().trim();
  const fields = Object.fromEntries(
    output
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ +/)),
  );
  expect(fields).toEqual({ bunker: "dev", commit: "unknown", bun: Bun.version, kernel, architecture: arch });
  expect([errors, code]).toEqual(["", 0]);
});

test("for programs: one line of JSON with Docker's names", () => {
  const { output } = runVerb(NOWHERE, ["version", "-f", "json"]);
  expect(output).toEndWith("}\n");
  expect(output.trimEnd()).not.toContain("\n");
  expect(JSON.parse(output)).toMatchObject({ Version: "dev", BunVersion: Bun.version, Os: "linux", Arch: arch });
});

test("the compiler's constants take the place of the fallbacks", () => {
  const defines = ["--define", 'BUNKER_VERSION="1.2.3"', "--define", 'BUNKER_COMMIT="abc"'];
  const main = `${import.meta.dir}/../../main.ts`;
  const ran = Bun.spawnSync([process.execPath, ...defines, main, "version"]);
  expect(ran.stdout.toString()).toMatch(/^bunker +1\.2\.3\ncommit +abc\n/);
  const line = Bun.spawnSync([process.execPath, ...defines, main, "--version"]);
  expect(line.stdout.toString()).toBe("bunker version 1.2.3, commit abc\n");
});

test("help and mistakes", () => {
  expect(runVerb(NOWHERE, ["version", "--help"]).output).toStartWith("Usage: bunker version [OPTIONS]");
  expect(runVerb(NOWHERE, ["version", "x"]).code).toBe(125);
});
