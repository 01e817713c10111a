// Every grammar against strings that nobody means well with: the answer is a value or an error for the user, soon, and the
// error can be printed. A NUL never gets through.

import { expect, test } from "bun:test";
import { UserError } from "../../errors.ts";
import { randomFrom } from "../testing.ts";
import { parseCapability } from "./capability.ts";
import { parseCpus } from "./cpus.ts";
import { parseCpuset } from "./cpuset.ts";
import { parseDevice } from "./device.ts";
import { parseEnv, parseEnvFile } from "./env.ts";
import { parseLabel, parseLabelFile } from "./label.ts";
import { parseLogging } from "./logging.ts";
import { parseMount } from "./mount.ts";
import { parseHostname, parseName } from "./name.ts";
import { parseInteger, parsePidsLimit } from "./number.ts";
import { parseAbsolute, parseCgroupParent } from "./path.ts";
import { parseSecurityOpts } from "./security.ts";
import { parseSignal } from "./signal.ts";
import { parseMemorySwap, parseSize } from "./size.ts";
import { parseSysctl } from "./sysctl.ts";
import { parseTmpfs } from "./tmpfs.ts";
import { parseUlimit } from "./ulimit.ts";
import { parseGroup, parseUser } from "./user.ts";
import { parseVolume } from "./volume.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Each grammar with a value that it accepts. */
const GRAMMARS: readonly (readonly [name: string, good: string, parse: (text: string) => unknown])[] = [
  ["capability", "NET_ADMIN", (text) => parseCapability("--cap-add", text)],
  ["cpus", "1.5", parseCpus],
  ["cpuset", "0-2,4", (text) => parseCpuset("--cpuset-cpus", text)],
  ["device", "/dev/a:/dev/b:rw", parseDevice],
  ["env", "A=b", (text) => parseEnv(text, {})],
  ["env-file", "A=b", (text) => parseEnvFile("f", bytes(text), {})],
  ["label", "a=b", parseLabel],
  ["label-file", "a=b", (text) => parseLabelFile("f", bytes(text))],
  ["log-opt", "max-size=1m", (text) => parseLogging(undefined, [text])],
  ["log-driver", "none", (text) => parseLogging(text, [])],
  ["mount", "type=bind,source=/a,target=/b", (text) => parseMount(text, "/w")],
  ["name", "web", (text) => parseName(text)],
  ["hostname", "web", parseHostname],
  ["number", "5", (text) => parseInteger("--x", text, 0, 9, "y")],
  ["pids-limit", "5", parsePidsLimit],
  ["workdir", "/a", (text) => parseAbsolute("--workdir", text)],
  ["cgroup-parent", "/a", parseCgroupParent],
  ["security-opt", "no-new-privileges=true", (text) => parseSecurityOpts([text])],
  ["signal", "SIGRTMIN+3", (text) => parseSignal("--stop-signal", text)],
  ["size", "1.5g", (text) => parseSize("--memory", text)],
  ["memory-swap", "1g", parseMemorySwap],
  ["sysctl", "net.core.somaxconn=1", parseSysctl],
  ["tmpfs", "/run:size=1m", parseTmpfs],
  ["ulimit", "nofile=1:2", parseUlimit],
  ["user", "app:audio", (text) => parseUser(text)],
  ["group", "audio", parseGroup],
  ["volume", "/a:/b:ro", (text) => parseVolume(text, "/w")],
];

/** Runs a grammar; an error has to be one for the user, and fit to print. */
function answer(parse: (text: string) => unknown, text: string): "value" | "refused" {
  try {
    parse(text);
    return "value";
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(error.message.length).toBeLessThan(1000);
    expect(error.message).not.toMatch(/undefined|NaN|\[object/);
    return "refused";
  }
}

test.each(GRAMMARS)("%s: a NUL anywhere is refused", (_name, good, parse) => {
  expect(answer(parse, good)).toBe("value");
  for (let at = 0; at <= good.length; at++) {
    expect(answer(parse, `${good.slice(0, at)}\0${good.slice(at)}`)).toBe("refused");
  }
});

test.each(GRAMMARS)("%s: long, odd and broken strings", (_name, good, parse) => {
  const long = 200_000;
  const texts = [
    "",
    " ",
    "-",
    "=",
    ":",
    ",",
    "\n",
    "\u001b[2J",
    "ſ",
    "\ud800",
    "__proto__",
    "constructor",
    "hasOwnProperty",
  ];
  for (const unit of ["a", "/", "1", ":", ",", "=", "../", "a=b,", '"', " ", "-"]) texts.push(unit.repeat(long));
  for (const text of texts) {
    answer(parse, text);
    answer(parse, good + text);
    answer(parse, text + good);
  }
});

test.each(GRAMMARS)("%s: random edits of a good value", (_name, good, parse) => {
  const random = randomFrom(good.length);
  const alphabet = `${good}:=,./-+ \t\n"'\\0159ArwmkgKMGé\u202e`;
  for (let round = 0; round < 300; round++) {
    const chars = [...good];
    for (let edits = 1 + random(4); edits > 0; edits--) {
      chars.splice(random(chars.length + 1), random(2), alphabet[random(alphabet.length)] ?? "");
    }
    answer(parse, chars.join(""));
  }
});
