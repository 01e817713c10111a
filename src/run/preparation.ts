// The steps of a run before its program starts, as lines of text, from the data that a run would take them by. Pure.

import { dirOf, type Made } from "../cg/apply.ts";
import type { PlannedGroup } from "../cg/types.ts";
import { layerPath, mountPath } from "../fs/layers.ts";
import type { LaunchInput } from "../plan/launch-input.ts";
import { configPath, lockPath, namePath, recordPath } from "../state/paths.ts";
import type { Rehearsal } from "./rehearse.ts";

export interface Step {
  /** `mkdir /x`; what opens a descriptor ends with its role: `open /x = fd:log`. */
  readonly text: string;
  readonly note?: string;
}

/** In the order of src/run.ts. */
export function preparation(r: Rehearsal, input: LaunchInput): Step[] {
  const { claim } = r.prepared;
  const init = r.request.init
    ? [{ text: "memfd bunker-init = fd:init", note: "the program of init, see its end" }]
    : [];
  const cidfile =
    r.request.cidfile === undefined ? [] : [{ text: `write ${r.request.cidfile}`, note: "the container's id" }];
  return [
    {
      text: `make what is missing of ${r.paths.root} and ${r.paths.run}`,
      note: "and sweep up what crashes left there",
    },
    ...layers(r),
    { text: `lock ${lockPath(r.paths, claim.id)} = fd:lock`, note: "held as long as the container lives" },
    { text: `symlink ${namePath(r.paths, claim.name)} -> ${claim.id}`, note: "reserve the name" },
    { text: `mkdir ${claim.dir}` },
    ...binds(r),
    ...streams(r),
    { text: `mkdir ${input.upper}` },
    { text: `mkdir ${input.work}` },
    ...groups(r),
    ...init,
    { text: "memfd bunker-launch = fd:program", note: "empty; the program comes last" },
    ...(input.log === undefined ? [] : [{ text: `open ${input.log.path} = fd:log` }]),
    {
      text: `write ${configPath(r.paths, claim.id)}`,
      note: "the OCI spec",
    },
    { text: `write ${recordPath(r.paths, claim.id)}`, note: "what has a record is complete" },
    ...cidfile,
    {
      text: "write the program below to fd:program, and seal it",
      note: "as made for an earlier launch like this, or anew",
    },
    { text: `execveat fd:program ["bunker-monitor", "${claim.id.slice(0, 12)}"]`, note: "bunker becomes the front" },
  ];
}

function layers({ paths, layers: all }: Rehearsal): Step[] {
  return all
    .filter(({ kind }) => kind === "squashfs")
    .flatMap(({ diffID }) => [
      { text: `attach ${layerPath(paths, diffID)} to /dev/loopN`, note: "unless the layer is mounted already" },
      {
        text: `mount squashfs /dev/loopN on ${mountPath(paths, diffID)}`,
        note: "read-only, for all containers of the host",
      },
    ]);
}

function binds({ prepared, madeSources }: Rehearsal): Step[] {
  const made = madeSources.map((source) => ({ text: `mkdir ${source}`, note: "the source of a bind mount" }));
  const opened = prepared.binds.map(({ fd, source, mount }) => {
    const options = prepared.spec.mounts[mount]?.options ?? [];
    return { text: `open_tree ${source} = fd:${fd}`, note: `a detached copy: ${options.join(",")}` };
  });
  return [...made, ...opened];
}

/** Both ends of each pipe: [read, write]. */
const PIPES = [
  ["readyRead", "readyWrite"],
  ["stdin", "stdinWrite"],
  ["stdoutRead", "stdout"],
  ["stderrRead", "stderr"],
] as const;

function streams({ roles: all }: Rehearsal): Step[] {
  const roles = new Set(all);
  const pair = { text: "socketpair = fd:masterSend <-> fd:masterReceive", note: "for the terminal's master" };
  return [...pipes(roles), ...(roles.has("masterSend") ? [pair] : [])];
}

function pipes(roles: ReadonlySet<string>): Step[] {
  return PIPES.flatMap(([read, write]) => {
    if (roles.has(read) && roles.has(write)) return [{ text: `pipe = fd:${read} <- fd:${write}` }];
    return [];
  });
}

function groups(r: Rehearsal): Step[] {
  const { cgroup } = r.prepared;
  const writes = r.cgroup.writes.map((write) => ({
    text: `write ${JSON.stringify(write.value)} to ${dirOf(write, r.groups)}/${write.file}`,
    note: write.flag,
  }));
  const rules = r.cgroup.deviceProgram.length;
  const program = { text: `attach a BPF program of ${rules} device rules to ${cgroup.v2Dir}` };
  const opened =
    cgroup.v2Dir === undefined
      ? []
      : [{ text: `open ${cgroup.v2Dir} = fd:cgroup`, note: "the container is born in it" }];
  return [...r.groups.flatMap(makeGroup), ...writes, ...(rules === 0 ? [] : [program]), ...opened];
}

/** Parents stay when the container is gone, so mostly they are there. */
function makeGroup({ group, dir }: Made): Step[] {
  const make = { text: `mkdir ${dir}`, note: "and its parents, where they are missing" };
  const parent = dir.slice(0, dir.lastIndexOf("/"));
  if (group.version === 2) return [...switchOn(group, parent), make];
  if (!group.controllers.includes("cpuset")) return [make];
  return [make, { text: `copy cpuset.cpus and cpuset.mems of ${parent} to ${dir}`, note: "a new cpuset is empty" }];
}

/** Controllers are switched on in every group above the container's, from the mount down. */
function switchOn({ mount, controllers, counters }: PlannedGroup, parent: string): Step[] {
  const names = [...controllers, ...counters].map((name) => `+${name}`).join(" ");
  if (names === "") return [];
  const below = parent.slice(mount.length).split("/").slice(1);
  return ["", ...below].map((_, depth) => ({
    text: `write "${names}" to ${[mount, ...below.slice(0, depth)].join("/")}/cgroup.subtree_control`,
    note: "where they are not switched on yet",
  }));
}
