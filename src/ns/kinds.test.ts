import { expect, test } from "bun:test";
import { CLONE_NEWCGROUP, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID } from "../sys/abi/consts.gen.ts";
import { exists } from "../sys/file.ts";
import { cloneFlags, NAMESPACE_KINDS } from "./kinds.ts";

test("are those that this kernel has files for", () => {
  for (const { file } of NAMESPACE_KINDS) expect(exists(`/proc/self/ns/${file}`), file).toBe(true);
});

test("give the flags of a spec's namespaces, but for the cgroup namespace", () => {
  expect(cloneFlags(["mount", "pid"])).toBe(CLONE_NEWNS | CLONE_NEWPID);
  expect(cloneFlags(["network", "cgroup"])).toBe(CLONE_NEWNET);
  expect(cloneFlags(["cgroup"]) & CLONE_NEWCGROUP).toBe(0);
  expect(cloneFlags(["user", "nonsense"])).toBe(0);
});
