// The other options of `bunker run`: limits of the process, kernel parameters, network, init, log and metadata; and what
// is refused.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type Board, lines, Watched } from "../helpers/board.ts";
import { groupParents } from "../helpers/leak.ts";
import { testWith } from "../helpers/needs.ts";
import { busyboxBoard } from "../helpers/rootfs.ts";
import { until } from "../helpers/until.ts";

const test = testWith("root", "tool:mksquashfs", "file:/bin/busybox", "fs:overlay", "fs:squashfs");
let board: Board;
beforeAll(async () => {
  board = await busyboxBoard();
});
afterAll(() => board[Symbol.asyncDispose]());

const runs = (...words: readonly string[]) => board.ok("run", "--rm", ...words);

describe("the process and its kernel", () => {
  test("--ulimit, --shm-size and --sysctl hold inside, and inspect shows them", async () => {
    const options = [
      "--ulimit",
      "nofile=100:200",
      "--ulimit",
      "core=0",
      "--ulimit",
      "fsize=1048576",
      "--shm-size",
      "2m",
      "--sysctl",
      "net.ipv4.ip_forward=1",
      "--sysctl",
      "kernel.msgmax=9999",
      "--sysctl",
      "fs.mqueue.msg_max=7",
    ];
    const script = [
      "ulimit -n; ulimit -Hn; ulimit -c; df -k /dev/shm | awk 'NR==2 {print $2}'",
      "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/fs/mqueue/msg_max",
      "(dd if=/dev/zero of=/tmp/big bs=64k count=32) 2>/dev/null; stat -c %s /tmp/big",
    ].join("; ");
    const host = readFileSync("/proc/sys/kernel/msgmax", "utf8");
    const found = lines(await board.ok("run", "--name", "limits", ...options, "bb", "sh", "-c", script));
    expect(found).toEqual(["100", "200", "0", "2048", "1", "9999", "7", "1048576"]);
    expect(readFileSync("/proc/sys/kernel/msgmax", "utf8")).toBe(host);
    expect((await board.inspect("limits")).HostConfig).toMatchObject({
      ShmSize: 2 << 20,
      Sysctls: { "net.ipv4.ip_forward": "1", "kernel.msgmax": "9999", "fs.mqueue.msg_max": "7" },
      Ulimits: [
        { Name: "nofile", Soft: 100, Hard: 200 },
        { Name: "core", Soft: 0, Hard: 0 },
        { Name: "fsize", Soft: 1 << 20, Hard: 1 << 20 },
      ],
    });
    await board.clear();
  });

  test("--init reaps orphans and passes signals on; without it the command is process 1", async () => {
    const orphans = "for i in 1 2 3; do (sleep 0.1 &) ; done; sleep 0.5; ps -o stat | grep -c Z; echo $$";
    expect(lines(await runs("--init", "bb", "sh", "-c", orphans))).toEqual(["0", "2"]);
    expect(lines(await runs("bb", "sh", "-c", "echo $$"))).toEqual(["1"]);
    const ends = ["run", "--name", "inited", "-d", "--init", "--stop-signal", "USR2"];
    await board.ok(...ends, "bb", "sh", "-c", "trap 'exit 21' USR2; echo ready; while :; do sleep 0.05; done");
    await until("it is ready", async () => (await board.ok("logs", "inited")) === "ready\n");
    await board.ok("stop", "inited");
    expect((await board.inspect("inited")).State).toMatchObject({ Status: "exited", ExitCode: 21 });
    await board.clear();
  });

  test("--stop-signal asks, --stop-timeout waits, then it is killed", async () => {
    const script = "trap 'exit 9' USR1; trap '' TERM; echo ready; while :; do sleep 0.05; done";
    await board.ok("run", "-d", "--name", "asked", "--stop-signal", "usr1", "bb", "sh", "-c", script);
    const stubborn = ["--stop-signal", "15", "--stop-timeout", "0"];
    await board.ok("run", "-d", "--name", "stubborn", ...stubborn, "bb", "sh", "-c", script);
    for (const name of ["asked", "stubborn"]) {
      await until("it is ready", async () => (await board.ok("logs", name)) === "ready\n");
    }
    expect((await board.inspect("asked")).Config).toMatchObject({ StopSignal: "SIGUSR1", StopTimeout: 10 });
    expect((await board.inspect("stubborn")).Config).toMatchObject({ StopSignal: "SIGTERM", StopTimeout: 0 });
    await board.ok("stop", "asked", "stubborn");
    expect((await board.inspect("asked")).State.ExitCode).toBe(9);
    expect((await board.inspect("stubborn")).State.ExitCode).toBe(137);
    await board.clear();
  });
});

describe("--network", () => {
  const interfaces = "ls /sys/class/net | tr '\\n' ' '; echo; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '";

  test("none: loopback only, and it is up", async () => {
    const script = [
      `${interfaces}; ip -o addr | awk '{print $2, $4}'; cat /sys/class/net/lo/flags`,
      "ip route | wc -l; (echo pong | nc -l -p 80 &); sleep 0.2; nc -w 1 127.0.0.1 80",
    ].join("; ");
    const found = lines(await runs("bb", "sh", "-c", script));
    expect(found.slice(0, 3)).toEqual(["lo ", "lo", "lo 127.0.0.1/8"]);
    expect(found.slice(-3)).toEqual(["0x9", "0", "pong"]);
    expect(await runs("--network", "none", "bb", "sh", "-c", "ls /sys/class/net")).toBe("lo\n");
  });

  test("host: the host's interfaces, name and ports", async () => {
    using server = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open(socket) {
          socket.end("from the host\n");
        },
        data() {},
      },
    });
    const script = `ls /sys/class/net | tr '\\n' ' '; echo; hostname; nc 127.0.0.1 ${server.port} < /dev/null`;
    const [found = "", name, answer] = lines(await runs("--net=host", "bb", "sh", "-c", script));
    expect(found.trim().split(" ").sort()).toEqual(readdirSync("/sys/class/net").sort());
    expect(name).toBe(readFileSync("/proc/sys/kernel/hostname", "utf8").trim());
    expect(answer).toBe("from the host");
  });
});

describe("output and metadata", () => {
  test("labels from files and options; the id in a file that may not be there before", async () => {
    const labels = board.path("labels");
    const cid = board.path("cid");
    writeFileSync(labels, "# none\nowner=file\nsite=a=b\nbare\n");
    const options = ["--label-file", labels, "-l", "owner=flag", "--label", "empty", "--cidfile", cid];
    const id = (await board.ok("run", "-d", "--name", "marked", ...options, "bb", "true")).trim();
    expect(readFileSync(cid, "utf8")).toBe(id);
    const { Config } = await board.inspect("marked");
    expect(Config.Labels).toEqual({ owner: "flag", site: "a=b", bare: "", empty: "" });
    const again = await board.bunker("run", "--cidfile", cid, "bb", "true");
    expect(again.err).toContain(`${cid} is there already`);
    expect(again.code).toBe(125);
    expect(await board.ids()).toEqual([id]);
    await board.clear();
  });

  test("--log-driver none keeps nothing, but what is attached is passed on", async () => {
    const out = await board.ok("run", "--name", "quiet", "--log-driver", "none", "bb", "echo", "seen");
    expect(out).toBe("seen\n");
    const { code, err } = await board.bunker("logs", "quiet");
    expect(err).toContain("--log-driver none");
    expect(code).not.toBe(0);
    const id = (await board.inspect("quiet")).Id;
    expect(readdirSync(join(board.root, "containers", id)).filter((name) => name.startsWith("log"))).toEqual([]);
    await board.clear();
  });

  test("--log-opt: rotated by size, the last ones kept, the end always there", async () => {
    const options = ["--log-opt", "max-size=16k", "--log-opt", "max-file=2"];
    await board.ok("run", "--name", "chatty", ...options, "bb", "seq", "50000");
    const kept = lines(await board.ok("logs", "chatty")).filter((line) => /^\d+$/.test(line));
    expect(kept.at(-1)).toBe("50000");
    expect(kept.length).toBeLessThan(20_000);
    const id = (await board.inspect("chatty")).Id;
    const logs = readdirSync(join(board.root, "containers", id)).filter((name) => name.startsWith("log"));
    expect(logs.sort()).toEqual(["log", "log.1"]);
    await board.clear();
  });

  test("--rm -d: gone when it ends, name, id, groups and all", async () => {
    const id = (await board.ok("run", "-d", "--rm", "--name", "brief", "bb", "cat", "/etc/hostname")).trim();
    await until("it is gone", async () => (await board.ids()).length === 0);
    await board.settled(() => groupParents().filter((dir) => existsSync(join(dir, id))));
    const child = board.start(["run", "--rm", "--name", "brief", "bb", "echo", "again"]);
    expect(await new Watched(child.stdout).end()).toBe("again\n");
    await board.clear();
  });
});

describe("refused with 125, naming the option and the value, and nothing is left", () => {
  const cases: readonly (readonly [words: string, says: string])[] = [
    ["-e =x", '"=x" for --env'],
    ["--env-file /no/such", "--env-file /no/such: "],
    ["--label-file /no/such", "--label-file /no/such: "],
    ["-l =x", '"=x" for --label'],
    ["-w rel", '"rel" for --workdir'],
    ["-u a:b:c", '"a:b:c" for --user'],
    ["-u -1", '"-1" for --user'],
    ["-u 99999999999", '"99999999999" for --user'],
    ["--group-add nobodies", 'group "nobodies"'],
    ["-h -x", '"-x" for --hostname'],
    ["--name a/b", '"a/b" for --name'],
    ["-v rel/x:/y", '"rel/x:/y" for --volume'],
    ["-v named:/y", '"named:/y" for --volume'],
    ["-v /tmp:rel", '"/tmp:rel" for --volume'],
    ["-v /tmp:/", '"/tmp:/" for --volume'],
    ["-v /tmp:/..", '"/tmp:/.." for --volume'],
    ["-v /tmp:/x:zz", '"/tmp:/x:zz" for --volume: unknown option "zz"'],
    ["--mount type=volume,dst=/x", '"type=volume,dst=/x" for --mount'],
    ["--mount type=bind,dst=/x", "the source is missing"],
    ["--mount type=tmpfs,dst=/x,tmpfs-mode=9", 'tmpfs-mode is octal, such as 1777, not "9"'],
    ["--tmpfs /x:size=x", '"/x:size=x" for --tmpfs'],
    ["--tmpfs rel", '"rel" for --tmpfs'],
    ["--device /etc/passwd", "--device /etc/passwd: neither a device"],
    ["--device /dev/null:/dev/x:q", '"/dev/null:/dev/x:q" for --device'],
    ["--cap-drop NOPE", '"NOPE" for --cap-drop'],
    ["--security-opt seccomp=x.json", '"seccomp=x.json" for --security-opt'],
    ["--sysctl vm.swappiness=1", '"vm.swappiness=1" for --sysctl: "vm.swappiness" would change the whole host'],
    ["--sysctl net.../x=1", '"net.../x=1" for --sysctl'],
    ["--sysctl net.no.such=1", "sysctl net.no.such: No such file"],
    ["--sysctl kernel.msgmax=abc", 'sysctl kernel.msgmax to "abc": Invalid argument'],
    ["--network host --sysctl net.ipv4.ip_forward=1", "--sysctl net.ipv4.ip_forward would change the host's network"],
    ["--network bridge", '"bridge" for --network'],
    ["--ulimit bogus=1", '"bogus=1" for --ulimit: unknown limit'],
    ["--ulimit nofile=2:1", '"nofile=2:1" for --ulimit: the soft limit is above the hard limit'],
    ["--ulimit nofile=9999999999", "--ulimit nofile: 9999999999 is above"],
    ["--shm-size 0q", '"0q" for --shm-size'],
    ["--oom-score-adj 2000", '"2000" for --oom-score-adj'],
    ["-m 5m", "--memory 5m is too little"],
    ["-m 1e9g", '"1e9g" for --memory'],
    ["--memory-swap 64m", "--memory-swap 64m needs --memory"],
    ["-m 64m --memory-swap 32m", "--memory-swap 32m is below --memory 64m"],
    ["-m 64m --memory-reservation 128m", "--memory-reservation 128m is above --memory 64m"],
    ["--cpus 0.001", "--cpus 0.001 is out of range"],
    ["--cpus 5000", "--cpus 5000 is out of range"],
    ["--cpus 1 --cpu-quota 5000", "--cpus and --cpu-quota"],
    ["--cpu-quota 10", "--cpu-quota 10 is out of range"],
    ["--cpu-period 5", "--cpu-period 5 is out of range"],
    ["--cpu-shares -4", '"-4" for --cpu-shares'],
    ["--cpuset-cpus 1-0", '"1-0" for --cpuset-cpus'],
    ["--cpuset-cpus 4000", "--cpuset-cpus 4000: this host has no processor 4000"],
    ["--cpuset-mems 900", '--cpuset-mems: the kernel refused to set cpuset.mems to "900"'],
    ["--pids-limit x", '"x" for --pids-limit'],
    ["--cgroup-parent ../x", '"../x" for --cgroup-parent'],
    ["--stop-signal NOPE", '"NOPE" for --stop-signal'],
    ["--stop-timeout x", '"x" for --stop-timeout'],
    ["--log-driver syslog", '"syslog" for --log-driver'],
    ["--log-opt max-size=x", '"x" for --log-opt max-size'],
    ["--log-opt max-file=0", '"0" for --log-opt max-file'],
    ["--log-opt foo=1", '"foo=1" for --log-opt'],
    ["--log-driver none --log-opt max-size=1m", '"max-size=1m" for --log-opt'],
    ["--cidfile /no/dir/f", "/no/dir/f: No such file"],
    ["--entrypoint=", "no command"],
  ];

  test(`${cases.length} of them`, async () => {
    for (const [words, says] of cases) {
      const command = words === "--entrypoint=" ? [] : ["true"];
      const { code, out, err } = await board.bunker("run", ...words.split(" "), "bb", ...command);
      expect(err, words).toContain(says);
      expect(err).toStartWith("bunker: ");
      expect({ words, code, out }).toEqual({ words, code: 125, out: "" });
    }
    expect(await board.ids()).toEqual([]);
    await board.clear();
  });
});
