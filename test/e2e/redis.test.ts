// A real server from a real distribution: Redis in a minimal Debian, under a cap of memory, on the host's network, spoken
// to by the host's redis-cli, and stopped in order.

import { expect } from "bun:test";

import { Board, lines } from "../helpers/board.ts";
import { testWith } from "../helpers/needs.ts";
import { redisImage } from "../helpers/rootfs.ts";
import { until } from "../helpers/until.ts";

const test = testWith(
  "root",
  "tool:mksquashfs",
  "tool:mmdebstrap",
  "tool:redis-cli",
  "fs:overlay",
  "fs:squashfs",
  "cgroup:memory",
);
const MEGABYTE = 1024 * 1024;

/** A port that was free a moment ago. */
function freePort(): number {
  using listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  return listener.port;
}

async function redis(port: number, ...words: readonly string[]): Promise<string> {
  const child = Bun.spawn(["redis-cli", "-h", "127.0.0.1", "-p", `${port}`, ...words], { stderr: "pipe" });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return (out + err).trim();
}

test("serves, keeps what it is told, stays within its memory, and saves when it is stopped", async () => {
  await using board = new Board();
  await board.import(redisImage(), "redis");
  const port = freePort();
  const server = ["redis-server", "--bind", "127.0.0.1", "--port", `${port}`, "--dir", "/var/lib/redis"];
  const options = ["-m", "64m", "--network", "host", "--name", "db", "--ulimit", "nofile=10032", "-u", "redis"];
  const id = (await board.ok("run", "-d", ...options, "redis", ...server)).trim();
  await until("redis answers", async () => {
    if (!(await board.inspect("db")).State.Running) throw new Error((await board.bunker("logs", "db")).out);
    return (await redis(port, "PING")) === "PONG";
  });

  expect(await redis(port, "SET", "greeting", "hello from outside")).toBe("OK");
  expect(await redis(port, "GET", "greeting")).toBe("hello from outside");
  for (let n = 0; n < 5; n++) await redis(port, "INCR", "counter");
  expect(await redis(port, "GET", "counter")).toBe("5");

  const limit = board.groupFile(id, "memory.max", "memory.limit_in_bytes");
  const used = board.groupFile(id, "memory.current", "memory.usage_in_bytes");
  expect(Number(limit)).toBe(64 * MEGABYTE);
  expect(Number(used)).toBeLessThanOrEqual(64 * MEGABYTE);
  expect((await board.inspect("db")).HostConfig).toMatchObject({ Memory: 64 * MEGABYTE, NetworkMode: "host" });

  expect(await board.ok("stop", "db")).toBe("db\n");
  expect((await board.inspect("db")).State).toMatchObject({ Status: "exited", ExitCode: 0, OOMKilled: false });
  const log = lines(await board.ok("logs", "db"));
  expect(log.some((line) => line.includes("Ready to accept connections"))).toBe(true);
  expect(log.some((line) => line.includes("DB saved on disk"))).toBe(true);
  expect(log.at(-1)).toContain("bye bye");
  expect(await redis(port, "PING")).toContain("refused");
});
