// The whole command line of `bunker run`, from words to a request.

import { expect, test } from "bun:test";
import { SysError, UsageError } from "../../errors.ts";
import { EMPTY_REQUEST } from "../request.ts";
import { messageOf } from "../testing.ts";
import { parseRun, type RunContext, type RunFlags } from "./run.ts";

type Values = Readonly<Record<string, boolean | string | readonly string[]>>;

/** A command line as the parser hands it on. */
function flags(values: Values, ...operands: string[]): RunFlags {
  return {
    flag: (name) => values[name] === true,
    string: (name) => (typeof values[name] === "string" ? values[name] : undefined),
    list: (name) => (Array.isArray(values[name]) ? (values[name] as readonly string[]) : []),
    operands,
  };
}

const FILES: Readonly<Record<string, string>> = { "/home/u/vars": "A=file\nB=file\n", "/labels": "l=file\nm\n" };
const CONTEXT: RunContext = {
  cwd: "/home/u",
  env: { HOST: "there" },
  readFile: (path) => {
    const text = FILES[path];
    if (text === undefined) throw new UsageError(`no file ${path}`);
    return new TextEncoder().encode(text);
  },
};
const parse = (values: Values, ...operands: string[]) => parseRun(flags(values, ...operands), CONTEXT);

test("nothing but an image", () => {
  expect(parse({}, "alpine")).toEqual({ ...EMPTY_REQUEST, image: "alpine", command: [] });
});

test("everything at once", () => {
  const request = parse(
    {
      detach: true,
      interactive: true,
      tty: true,
      rm: true,
      "read-only": true,
      init: true,
      privileged: true,
      name: "web",
      env: ["B=flag", "HOST", "GONE"],
      "env-file": ["vars"],
      workdir: "/srv/",
      user: "app:audio",
      "group-add": ["20"],
      entrypoint: "/e",
      hostname: "box",
      volume: ["./d:/d:ro"],
      mount: ["type=bind,src=/s,dst=/m"],
      tmpfs: ["/run:size=1m"],
      device: ["/dev/null:r"],
      memory: "64m",
      "memory-reservation": "32m",
      "memory-swap": "-1",
      "memory-high": "48m",
      cpus: "0.5",
      "cpu-shares": "512",
      "cpuset-cpus": "0,1",
      "cpuset-mems": "0",
      "pids-limit": "100",
      "cap-add": ["net_admin"],
      "cap-drop": ["ALL"],
      "security-opt": ["no-new-privileges"],
      "stop-signal": "QUIT",
      "stop-timeout": "5",
      label: ["l=flag"],
      "label-file": ["/labels"],
      network: "host",
      ulimit: ["core=0"],
      "shm-size": "1m",
      sysctl: ["kernel.msgmax=1"],
      "oom-score-adj": "100",
      "cgroup-parent": "/fleet",
      "log-driver": "bunker",
      "log-opt": ["max-size=1m"],
      cidfile: "id",
    },
    "alpine",
    "sh",
    "-c",
    "",
  );
  expect(request).toEqual({
    detach: true,
    interactive: true,
    tty: true,
    remove: true,
    readOnly: true,
    init: true,
    privileged: true,
    name: "web",
    env: [["A", "file"], ["B", "file"], ["B", "flag"], ["HOST", "there"], ["GONE"]],
    workdir: "/srv",
    user: "app:audio",
    groupAdd: ["20"],
    entrypoint: ["/e"],
    hostname: "box",
    mounts: [
      {
        kind: "bind",
        source: "/home/u/d",
        target: "/d",
        readOnly: true,
        propagation: "rprivate",
        recursive: true,
        createSource: true,
      },
      {
        kind: "bind",
        source: "/s",
        target: "/m",
        readOnly: false,
        propagation: "rprivate",
        recursive: true,
        createSource: false,
      },
      { kind: "tmpfs", target: "/run", options: ["size=1m"] },
    ],
    devices: [{ source: "/dev/null", target: "/dev/null", access: "r" }],
    resources: {
      memory: 67_108_864,
      memoryReservation: 33_554_432,
      memorySwap: -1,
      memoryHigh: 50_331_648,
      nanoCpus: 500_000_000,
      cpuShares: 512,
      cpusetCpus: "0-1",
      cpusetMems: "0",
      pidsLimit: 100,
    },
    capAdd: ["CAP_NET_ADMIN"],
    capDrop: ["ALL"],
    noNewPrivileges: true,
    stopSignal: 3,
    stopTimeout: 5,
    labels: { l: "flag", m: "" },
    network: "host",
    ulimits: [{ type: "RLIMIT_CORE", soft: 0, hard: 0 }],
    shmSize: 1_048_576,
    sysctls: { "kernel.msgmax": "1" },
    oomScoreAdj: 100,
    cgroupParent: "/fleet",
    logging: { driver: "bunker", maxSize: 1_048_576 },
    cidfile: "/home/u/id",
    image: "alpine",
    command: ["sh", "-c", ""],
  });
});

test("what is empty means not set, or the image's taken away", () => {
  const values = { user: "", hostname: "", memory: "0", cpus: "0", "cpuset-cpus": "", "shm-size": "0", entrypoint: "" };
  expect(parse(values, "x")).toEqual({ ...EMPTY_REQUEST, entrypoint: [], image: "x", command: [] });
});

test.each([
  [{ memory: "12q" }, 'invalid value "12q" for --memory: expected a number with b, k, m or g'],
  [{ network: "bridge" }, 'invalid value "bridge" for --network: expected none or host'],
  [{ workdir: "srv" }, 'invalid value "srv" for --workdir: expected an absolute path'],
  [{ cidfile: "" }, "--cidfile: the path is empty"],
  [{ cidfile: "a\0" }, "NUL"],
  [{ entrypoint: "a\0" }, "NUL"],
  [{ "env-file": ["no\0"] }, "NUL"],
  [{ "env-file": ["missing"] }, "no file /home/u/missing"],
])("refused: %j", (values, why) => {
  expect(messageOf(() => parse(values as Values, "alpine"))).toContain(why);
});

test("the image and the command have no NULs, and the image has a name", () => {
  expect(messageOf(() => parse({}, "alp\0ine"))).toContain("for the image: expected text without NUL");
  expect(messageOf(() => parse({}, "alpine", "a\0"))).toContain("NUL");
  expect(messageOf(() => parse({}, ""))).toContain("the name of the image is empty");
});

test("a label or parameter called __proto__ does not vanish", () => {
  expect(Object.entries(parse({ label: ["__proto__=x"] }, "alpine").labels)).toEqual([["__proto__", "x"]]);
});

test("a file that cannot be read is named with its option", () => {
  const readFile = () => {
    throw new SysError("open /vars", 2, "ENOENT", "No such file or directory");
  };
  const why = "cannot read --label-file vars: open /vars: No such file or directory (ENOENT)";
  expect(messageOf(() => parseRun(flags({ "label-file": ["vars"] }, "alpine"), { ...CONTEXT, readFile }))).toBe(why);
});
