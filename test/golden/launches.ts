// The launches whose explanation is kept as golden text: real command lines on a host and with an image that are always
// the same, so that the text says what has changed in bunker and in nothing else.

import { DEFAULT_PARENT, handleOf } from "../../src/cg/apply.ts";
import { type HostTexts, SYSTEMD_HYBRID, V2 } from "../../src/cg/fixtures.ts";
import { planLimits } from "../../src/cg/limits.ts";
import { readTopology } from "../../src/cg/topology.ts";
import { parseArgs } from "../../src/cli/args.ts";
import { run as table } from "../../src/cli/tables/run.ts";
import type { StoredLayer } from "../../src/fs/image-record.ts";
import { mountName } from "../../src/fs/layers.ts";
import { type HostFacts, type ImageFacts, makeSpec } from "../../src/oci/make.ts";
import { parseRun } from "../../src/oci/parse/run.ts";
import type { Terminal } from "../../src/plan/launch-input.ts";
import { parseMountOptions } from "../../src/plan/mount-options.ts";
import { placeGroups } from "../../src/run/draw.ts";
import { EXAMPLE_ID, NUMBERS, type Rehearsal } from "../../src/run/rehearse.ts";
import type { Paths } from "../../src/state/paths.ts";

const PATHS: Paths = { root: "/var/lib/bunker", run: "/run/bunker" };
const DIR = `${PATHS.root}/containers/${EXAMPLE_ID}`;

const HOST: HostFacts = {
  id: EXAMPLE_ID,
  hostname: "gateway-7",
  rootfs: `${DIR}/rootfs`,
  cpus: 4,
  onlineCpus: "0-3",
  swapAccounting: true,
  kernelMaxNofile: 1_048_576,
  recursiveReadOnly: true,
  throttled: 0,
  devices: [],
};

/** Its values are not to be seen anywhere. */
export const SECRET = "correct-horse-battery-staple";

const IMAGE: ImageFacts = {
  config: {
    Env: ["PATH=/usr/bin:/bin", `IMAGE_TOKEN=${SECRET}-1`],
    Entrypoint: ["sensord"],
    Cmd: ["--poll", "5s"],
    WorkingDir: "/srv",
    StopSignal: "SIGINT",
  },
  passwd: "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/srv:/bin/sh\n",
  group: "root:x:0:\nvideo:x:44:app\napp:x:1000:\n",
};

const LAYERS: readonly StoredLayer[] = [
  { diffID: `sha256:${"b2".repeat(32)}`, kind: "squashfs", size: 8192 },
  { diffID: `sha256:${"a1".repeat(32)}`, kind: "squashfs", size: 4096 },
];

export interface Launch {
  /** The words after `bunker run --explain`. */
  readonly words: readonly string[];
  readonly host: HostTexts;
  /** What the client's terminal is, for -t. */
  readonly terminal?: Terminal;
}

const split = (line: string) => line.split(" ");

/** By the name of the golden file. */
export const LAUNCHES: Readonly<Record<string, Launch>> = {
  launch: {
    words: [
      ...split("--rm -i --name probe -u app --ulimit core=0 --pids-limit 100 -m 64m --cpus 0.5"),
      ...split(`-e API_KEY=${SECRET}-2 --env PLAIN=${SECRET}-3 --sysctl net.ipv4.ip_forward=1`),
      ...split("-v /srv/data:/data:ro --mount type=bind,source=/etc/app.conf,target=/etc/app.conf --tmpfs /run"),
      ...split("--read-only --cap-drop ALL --cap-add NET_BIND_SERVICE --security-opt no-new-privileges"),
      "sensors:1.2",
      "--once",
      'say "hi"\n',
    ],
    host: V2,
  },
  "launch-detached": {
    words: split("-d --network host --log-opt max-file=2 -m 64m --cpuset-cpus 0-1 sensors:1.2"),
    host: SYSTEMD_HYBRID,
  },
  "launch-terminal": {
    words: split("--rm -it --log-driver none --entrypoint /bin/sh sensors:1.2"),
    host: V2,
    terminal: { rows: 50, columns: 132, saved: Array<number>(36).fill(1), raw: Array<number>(36).fill(2) },
  },
  "launch-init": {
    words: split("-d --init --privileged --cidfile /run/probe.id sensors:1.2"),
    host: V2,
  },
};

/** Which of the launches' bind sources are files. */
const FILES: readonly string[] = ["/etc/app.conf"];
const ALL_STREAMS = ["readyRead", "readyWrite", "stdin", "stdinWrite", "stdoutRead", "stdout", "stderrRead", "stderr"];

/** What rehearse() finds out on the launch's host. */
export function rehearsalOf({ words, host, terminal }: Launch): Rehearsal {
  const request = parseRun(parseArgs(table, words), { cwd: "/", env: {}, readFile: () => new Uint8Array() });
  const spec = makeSpec(request, IMAGE, HOST);
  const texts = [host.mountinfo, host.selfCgroup, host.procCgroups, host.controllers] as const;
  const cgroup = planLimits(spec.linux.resources ?? {}, readTopology(...texts));
  const claim = { id: EXAMPLE_ID, name: request.name ?? "calm_kestrel", dir: DIR, lock: NUMBERS.lock };
  const groups = placeGroups(cgroup, request.cgroupParent ?? DEFAULT_PARENT, claim.id);
  const binds = spec.mounts.flatMap(({ type, source = "", options = [] }, mount) => {
    if (type !== "bind" && !parseMountOptions(options).bind) return [];
    return [{ mount, fd: `bind.${mount}`, source, isDirectory: !FILES.includes(source) }];
  });
  const roles = terminal === undefined ? ALL_STREAMS : [...ALL_STREAMS.slice(0, 2), "masterSend", "masterReceive"];
  const open = roles.filter((role) => !role.startsWith("stdin") || request.interactive);
  return {
    paths: PATHS,
    request,
    prepared: {
      claim,
      image: { id: "sha256:0", facts: IMAGE, layers: LAYERS.map(({ diffID }) => mountName(diffID)), base: [] },
      spec,
      binds,
      cgroup: handleOf(groups),
      ...(terminal === undefined ? {} : { terminal }),
      overlay: { upper: `${DIR}/upper`, work: `${DIR}/work` },
    },
    roles: open,
    layers: LAYERS,
    cgroup,
    groups,
    madeSources: [],
    remarks: [],
  };
}
