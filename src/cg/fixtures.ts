// Texts of /proc from hosts of each kind, for the tests of this directory.

/** The four texts that readTopology takes. */
export interface HostTexts {
  readonly mountinfo: string;
  readonly selfCgroup: string;
  readonly procCgroups: string;
  readonly controllers: string | undefined;
}

const ROOT = `27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
22 27 0:21 / /proc rw,relatime shared:14 - proc proc rw
23 27 0:22 / /sys rw,relatime shared:7 - sysfs sysfs rw
`;

function procCgroups(...lines: string[]): string {
  return `#subsys_name\thierarchy\tnum_cgroups\tenabled\n${lines.map((line) => `${line.replaceAll(" ", "\t")}\n`).join("")}`;
}

/** systemd 252, unified hierarchy. */
export const V2: HostTexts = {
  mountinfo: `${ROOT}30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
`,
  selfCgroup: "0::/user.slice/user-0.slice/session-1.scope\n",
  procCgroups: procCgroups(
    "cpuset 0 80 1",
    "cpu 0 80 1",
    "blkio 0 80 1",
    "memory 0 80 1",
    "pids 0 80 1",
    "devices 0 80 1",
  ),
  controllers: "cpuset cpu io memory hugetlb pids rdma misc\n",
};

/** Linux 6.12 and later leave controllers without a v1 side out of /proc/cgroups. */
export const V2_WITHOUT_V1: HostTexts = {
  ...V2,
  procCgroups: procCgroups("cpu 0 80 1", "blkio 0 80 1", "pids 0 80 1"),
};

/** Raspberry Pi OS: the firmware puts cgroup_disable=memory on the command line. */
export const PI: HostTexts = {
  mountinfo: V2.mountinfo,
  selfCgroup: "0::/\n",
  procCgroups: procCgroups("cpuset 0 60 1", "cpu 0 60 1", "blkio 0 60 1", "memory 0 60 0", "pids 0 60 1"),
  controllers: "cpuset cpu io pids\n",
};

/** Controllers on v1, cgroup2 beside them without any, co-mounted as systemd does it. */
export const SYSTEMD_HYBRID: HostTexts = {
  mountinfo: `${ROOT}31 23 0:26 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:9 - tmpfs tmpfs ro,mode=755
32 31 0:27 / /sys/fs/cgroup/unified rw,nosuid shared:10 - cgroup2 cgroup2 rw,nsdelegate
33 31 0:28 / /sys/fs/cgroup/systemd rw,nosuid shared:11 - cgroup cgroup rw,xattr,name=systemd
34 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:12 - cgroup cgroup rw,cpu,cpuacct
35 31 0:30 / /sys/fs/cgroup/memory rw,nosuid shared:13 - cgroup cgroup rw,memory
36 31 0:31 / /sys/fs/cgroup/pids rw,nosuid shared:15 - cgroup cgroup rw,pids
37 31 0:32 / /sys/fs/cgroup/cpuset rw,nosuid shared:16 - cgroup cgroup rw,cpuset
38 31 0:33 / /sys/fs/cgroup/freezer rw,nosuid shared:17 - cgroup cgroup rw,freezer
39 31 0:34 / /sys/fs/cgroup/devices rw,nosuid shared:18 - cgroup cgroup rw,devices
`,
  selfCgroup:
    "9:devices:/user.slice\n6:cpu,cpuacct:/user.slice\n4:memory:/user.slice/a:b\n1:name=systemd:/x\n0::/user.slice\n",
  procCgroups: procCgroups(
    "cpuset 3 1 1",
    "cpu 6 1 1",
    "cpuacct 6 1 1",
    "memory 4 12 1",
    "devices 9 1 1",
    "freezer 7 1 1",
    "pids 8 1 1",
    "net_cls 0 1 1",
    "hugetlb 0 1 0",
  ),
  controllers: "",
};

/** An init without systemd: v1 only, some hierarchies. */
export const V1: HostTexts = {
  mountinfo: `${ROOT}31 23 0:26 / /sys/fs/cgroup rw - tmpfs cgroup rw,mode=755
34 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cpu rw,cpu
35 31 0:30 / /sys/fs/cgroup/memory rw - cgroup memory rw,memory
38 31 0:33 / /sys/fs/cgroup/freezer rw - cgroup freezer rw,freezer
`,
  selfCgroup: "3:freezer:/\n2:memory:/\n1:cpu:/\n",
  procCgroups: procCgroups("cpuset 0 1 1", "cpu 1 1 1", "memory 2 1 1", "freezer 3 1 1", "pids 0 1 1", "devices 0 1 1"),
  controllers: undefined,
};

/** A kernel that has control groups, and an init that mounts none. */
export const NONE: HostTexts = {
  mountinfo: ROOT,
  selfCgroup: "0::/\n",
  procCgroups: procCgroups("cpu 0 1 1", "memory 0 1 1", "pids 0 1 1", "devices 0 1 1"),
  controllers: undefined,
};

/** Android: the cpuset hierarchy without prefixes, outside of /sys/fs/cgroup. */
export const ANDROID: HostTexts = {
  mountinfo: `${ROOT}40 27 0:40 / /dev/cpuset rw,nosuid - cgroup none rw,cpuset,noprefix,release_agent=/sbin/cpuset_release_agent
41 23 0:41 / /sys/fs/cgroup rw - cgroup2 none rw
`,
  selfCgroup: "1:cpuset:/foreground\n0::/uid_0\n",
  procCgroups: procCgroups("cpuset 1 9 1", "cpu 0 1 1", "memory 0 1 0"),
  controllers: "cpu io\n",
};
