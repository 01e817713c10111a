// What gen-abi takes from the headers: the families of constants by header and prefix. Adding a family is adding a
// prefix here and running the generator.

/** Headers that can be read together, and which of the names they define are wanted. */
export interface Group {
  readonly headers: readonly string[];
  /** Prefixes of wanted names. */
  readonly prefixes: readonly string[];
  /** Ends of wanted names. */
  readonly suffixes?: readonly string[];
  /** Wanted names that no prefix covers. */
  readonly names: readonly string[];
  /**
   * True for protocols that are the same on every machine. A number that differs nevertheless (IFLA_BOND_MAX) counts the
   * members of an enumeration, and tells that one architecture's headers are a point release older: it is left out.
   */
  readonly sameEverywhere: boolean;
}

const words = (text: string): string[] => text.trim().split(/\s+/);

/** The kernel's own headers, which must not meet the C library's: both define sigset_t, struct stat and so on. */
const KERNEL: Group = {
  headers: [
    "linux/types.h",
    "asm/ioctls.h",
    "asm/poll.h",
    "asm/siginfo.h",
    "asm/signal.h",
    "asm/socket.h",
    "asm/termbits.h",
    "linux/audit.h",
    "linux/bpf.h",
    "linux/capability.h",
    "linux/close_range.h",
    "linux/eventpoll.h",
    "linux/falloc.h",
    "linux/fcntl.h",
    "linux/filter.h",
    "linux/fs.h",
    "linux/futex.h",
    "linux/inotify.h",
    "linux/keyctl.h",
    "linux/loop.h",
    "linux/magic.h",
    "linux/memfd.h",
    "linux/mman.h",
    "linux/mount.h",
    "linux/nsfs.h",
    "linux/openat2.h",
    "linux/pidfd.h",
    "linux/prctl.h",
    "linux/random.h",
    "linux/reboot.h",
    "linux/resource.h",
    "linux/sched.h",
    "linux/seccomp.h",
    "linux/securebits.h",
    "linux/signalfd.h",
    "linux/stat.h",
    "linux/time.h",
    "linux/timerfd.h",
    "linux/wait.h",
    "linux/xattr.h",
  ],
  prefixes: words(`
    O_ AT_ S_I MS_ CLONE_ PR_ SECBIT_ CAP_ SIG SA_ SFD_ MFD_ F_ LOCK_ POLL RESOLVE_ FSOPEN_ FSCONFIG_
    FSMOUNT_ MOUNT_ATTR_ MOVE_MOUNT_ OPEN_TREE_ STATX_ LOOP_ LO_ SO_ SOL_ RLIMIT_ TIOC CLD_ PROT_ MAP_
    MADV_ SEEK_ CLOSE_RANGE_ SECCOMP_ GRND_ EPOLL IN_ PIDFD_ SPLICE_F_ XATTR_ FALLOC_FL_ TFD_ RENAME_
    FUTEX_ NS_GET_ AUDIT_ARCH_ BPF_ CLOCK_ KEYCTL_ FS_IOC_ FS_XFLAG_ LINUX_REBOOT_ TCGET TCSET
  `),
  sameEverywhere: false,
  suffixes: ["_MAGIC", "_SUPER_MAGIC_V1"],
  names: words(`
    FD_CLOEXEC RLIM_INFINITY FIONREAD FIONBIO FICLONE FICLONERANGE BLKROGET TCFLSH TCSBRK
    ECHO ECHOE ECHOK ECHONL ECHOCTL ECHOKE ICANON ISIG IEXTEN NOFLSH TOSTOP
    IGNBRK BRKINT IGNPAR PARMRK INPCK ISTRIP INLCR IGNCR ICRNL IXON IXOFF IXANY IUTF8 IMAXBEL
    OPOST ONLCR OCRNL ONOCR ONLRET CSIZE CS8 CREAD CSTOPB PARENB PARODD HUPCL CLOCAL CBAUD B38400
    VINTR VQUIT VERASE VKILL VEOF VTIME VMIN VSTART VSTOP VSUSP VEOL VREPRINT VDISCARD VWERASE VLNEXT
    WNOHANG WUNTRACED WSTOPPED WEXITED WCONTINUED WNOWAIT __WALL __WCLONE __WNOTHREAD
    P_ALL P_PID P_PGID P_PIDFD _LINUX_CAPABILITY_VERSION_3 _LINUX_CAPABILITY_U32S_3
  `),
};

/** Network headers: linux/if.h draws in the C library's sys/socket.h. */
const NETWORK: Group = {
  headers: [
    "linux/if.h",
    "linux/if_addr.h",
    "linux/if_bridge.h",
    "linux/if_link.h",
    "linux/neighbour.h",
    "linux/netlink.h",
    "linux/rtnetlink.h",
    "linux/veth.h",
    "linux/netfilter.h",
    "linux/netfilter/nfnetlink.h",
    "linux/netfilter/nf_tables.h",
    "linux/netfilter/nf_conntrack_common.h",
    "linux/netfilter/nf_nat.h",
  ],
  prefixes: words(`
    NETLINK_ NLM_F_ NLMSG_ NLMSGERR_ NLA_ RTM_ RTMGRP_ RTNLGRP_ IFLA_ IFA_ IFF_ RTA_ RTN_ RTPROT_
    RT_ RTNH_ RTEXT_ VETH_INFO_ MACVLAN_ IPVLAN_ NDA_ NUD_ NTF_ BRIDGE_ NF_ NFNL_ NFPROTO_ NFT_ NFTA_
    NFNLGRP_
  `),
  names: ["IFNAMSIZ"],
  sameEverywhere: true,
};

/** Numbers that the kernel takes but whose names only the C library's headers give. */
const LIBRARY: Group = {
  headers: [
    "dirent.h",
    "netinet/in.h",
    "poll.h",
    "sys/epoll.h",
    "sys/eventfd.h",
    "sys/mount.h",
    "sys/socket.h",
    "sys/stat.h",
  ],
  prefixes: words("AF_ SOCK_ SOL_ MSG_ SCM_ SHUT_ DT_ EFD_ MNT_ UTIME_ IPPROTO_ POLL EPOLL"),
  names: ["UMOUNT_NOFOLLOW"],
  sameEverywhere: false,
};

export const GROUPS: readonly Group[] = [KERNEL, NETWORK, LIBRARY];

/** Names that C reserves for itself and bunker has without the underscores. */
export const RENAMED: Readonly<Record<string, string>> = {
  __WALL: "WALL",
  __WCLONE: "WCLONE",
  __WNOTHREAD: "WNOTHREAD",
  _LINUX_CAPABILITY_VERSION_3: "LINUX_CAPABILITY_VERSION_3",
  _LINUX_CAPABILITY_U32S_3: "LINUX_CAPABILITY_U32S_3",
};

/** Constants that these headers lack, the same on both architectures; each with its source in the kernel. */
export const MORE_CONSTANTS: Readonly<Record<string, number>> = {
  // include/uapi/linux/memfd.h since 6.3; without one of the two the kernel warns in its log.
  MFD_NOEXEC_SEAL: 0x8,
  MFD_EXEC: 0x10,
  // include/uapi/asm-generic/signal.h: SIGRTMAX is _NSIG, which the x86 header leaves undefined.
  SIGRTMAX: 64,
  // include/uapi/linux/magic.h, missing from the older of the two sets of headers.
  XFS_SUPER_MAGIC: 0x58465342,
  // fs/ubifs/ubifs.h
  UBIFS_SUPER_MAGIC: 0x24051905,
  // include/sys/zfs_vfsops.h of OpenZFS, which is no part of the kernel.
  ZFS_SUPER_MAGIC: 0x2fc12fc1,
};

/** System calls newer than these headers, with their number on every architecture: scripts/syscall.tbl of the kernel. */
export const MORE_SYSCALLS: Readonly<Record<string, number>> = {
  // Since 6.6: fchmodat with flags, so AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH work.
  fchmodat2: 452,
};
