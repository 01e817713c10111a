// The structures that gen-abi measures: which fields bunker uses, and what they are called in C. Where a field stands,
// how long it is and whether it is signed is never written here: the compilers say so.

/** A structure of the kernel's interface. */
export interface StructSpec {
  /** Name of the exported layout. */
  readonly name: string;
  /** The C type. */
  readonly type: string;
  /**
   * Field names, separated by spaces. `name[]` is taken as bytes (arrays and nested structures), `name{}` as an unsigned
   * number although C wraps it in a structure, and `name=path` gives a member of a nested structure a flat name.
   * Reserved and padding members are left out: they stay zero.
   */
  readonly fields: string;
}

/** Headers of all structures below; none of them draws in the C library's. */
export const STRUCT_HEADERS: readonly string[] = [
  "linux/types.h",
  "asm/poll.h",
  "asm/siginfo.h",
  "asm/signal.h",
  "asm/statfs.h",
  "asm/termios.h",
  "linux/capability.h",
  "linux/filter.h",
  "linux/if_addr.h",
  "linux/if_link.h",
  "linux/loop.h",
  "linux/mount.h",
  "linux/netlink.h",
  "linux/openat2.h",
  "linux/resource.h",
  "linux/rtnetlink.h",
  "linux/sched.h",
  "linux/signalfd.h",
  "linux/stat.h",
  "linux/sysinfo.h",
  "linux/time.h",
  "linux/un.h",
  "linux/utsname.h",
];

/** Structures that user-space headers leave out, as the kernel's sources have them. */
export const STRUCT_DECLARATIONS = `
/* include/linux/dirent.h; the name follows, which C writes d_name[]. */
struct linux_dirent64 { __u64 d_ino; __s64 d_off; unsigned short d_reclen; unsigned char d_type; char d_name[0]; };
/* include/linux/socket.h and include/linux/uio.h: struct user_msghdr, cmsghdr, iovec */
struct user_msghdr { void *msg_name; int msg_namelen; void *msg_iov; __kernel_size_t msg_iovlen; void *msg_control;
  __kernel_size_t msg_controllen; unsigned int msg_flags; };
struct kernel_cmsghdr { __kernel_size_t cmsg_len; int cmsg_level; int cmsg_type; };
struct kernel_iovec { void *iov_base; __kernel_size_t iov_len; };
`;

export const STRUCTS: readonly StructSpec[] = [
  {
    name: "CLONE_ARGS",
    type: "struct clone_args",
    fields: "flags pidfd child_tid parent_tid exit_signal stack stack_size tls set_tid set_tid_size cgroup",
  },
  { name: "OPEN_HOW", type: "struct open_how", fields: "flags mode resolve" },
  {
    name: "STATX",
    type: "struct statx",
    fields:
      "stx_mask stx_blksize stx_attributes stx_nlink stx_uid stx_gid stx_mode stx_ino stx_size stx_blocks " +
      "stx_attributes_mask stx_atime_sec=stx_atime.tv_sec stx_atime_nsec=stx_atime.tv_nsec " +
      "stx_btime_sec=stx_btime.tv_sec stx_btime_nsec=stx_btime.tv_nsec stx_ctime_sec=stx_ctime.tv_sec " +
      "stx_ctime_nsec=stx_ctime.tv_nsec stx_mtime_sec=stx_mtime.tv_sec stx_mtime_nsec=stx_mtime.tv_nsec " +
      "stx_rdev_major stx_rdev_minor stx_dev_major stx_dev_minor stx_mnt_id",
  },
  {
    name: "STATFS",
    type: "struct statfs",
    fields: "f_type f_bsize f_blocks f_bfree f_bavail f_files f_ffree f_fsid[] f_namelen f_frsize f_flags",
  },
  { name: "LOOP_CONFIG", type: "struct loop_config", fields: "fd block_size info[]" },
  {
    name: "LOOP_INFO64",
    type: "struct loop_info64",
    fields:
      "lo_device lo_inode lo_rdevice lo_offset lo_sizelimit lo_number lo_encrypt_type lo_encrypt_key_size lo_flags " +
      "lo_file_name[] lo_crypt_name[] lo_encrypt_key[] lo_init[]",
  },
  // What waitid fills in and SIGCHLD carries.
  { name: "SIGINFO_CHLD", type: "siginfo_t", fields: "si_signo si_errno si_code si_pid si_uid si_status" },
  {
    name: "SIGNALFD_SIGINFO",
    type: "struct signalfd_siginfo",
    fields:
      "ssi_signo ssi_errno ssi_code ssi_pid ssi_uid ssi_fd ssi_tid ssi_band ssi_overrun ssi_trapno ssi_status ssi_int " +
      "ssi_ptr ssi_utime ssi_stime ssi_addr ssi_addr_lsb ssi_syscall ssi_call_addr ssi_arch",
  },
  { name: "KERNEL_SIGACTION", type: "struct sigaction", fields: "sa_handler sa_flags sa_restorer sa_mask{}" },
  {
    name: "MSGHDR",
    type: "struct user_msghdr",
    fields: "msg_name msg_namelen msg_iov msg_iovlen msg_control msg_controllen msg_flags",
  },
  { name: "CMSGHDR", type: "struct kernel_cmsghdr", fields: "cmsg_len cmsg_level cmsg_type" },
  { name: "IOVEC", type: "struct kernel_iovec", fields: "iov_base iov_len" },
  { name: "POLLFD", type: "struct pollfd", fields: "fd events revents" },
  { name: "TIMESPEC", type: "struct timespec", fields: "tv_sec tv_nsec" },
  { name: "WINSIZE", type: "struct winsize", fields: "ws_row ws_col ws_xpixel ws_ypixel" },
  // The structure of TCGETS and TCSETS, which is shorter than the C library's.
  { name: "TERMIOS", type: "struct termios", fields: "c_iflag c_oflag c_cflag c_lflag c_line c_cc[]" },
  { name: "NLMSGHDR", type: "struct nlmsghdr", fields: "nlmsg_len nlmsg_type nlmsg_flags nlmsg_seq nlmsg_pid" },
  { name: "NLMSGERR", type: "struct nlmsgerr", fields: "error msg[]" },
  { name: "IFINFOMSG", type: "struct ifinfomsg", fields: "ifi_family ifi_type ifi_index ifi_flags ifi_change" },
  {
    name: "IFADDRMSG",
    type: "struct ifaddrmsg",
    fields: "ifa_family ifa_prefixlen ifa_flags ifa_scope ifa_index",
  },
  {
    name: "RTMSG",
    type: "struct rtmsg",
    fields: "rtm_family rtm_dst_len rtm_src_len rtm_tos rtm_table rtm_protocol rtm_scope rtm_type rtm_flags",
  },
  { name: "RTATTR", type: "struct rtattr", fields: "rta_len rta_type" },
  { name: "SOCKADDR_NL", type: "struct sockaddr_nl", fields: "nl_family nl_pid nl_groups" },
  { name: "SOCKADDR_UN", type: "struct sockaddr_un", fields: "sun_family sun_path[]" },
  { name: "RLIMIT64", type: "struct rlimit64", fields: "rlim_cur rlim_max" },
  { name: "USER_CAP_HEADER", type: "struct __user_cap_header_struct", fields: "version pid" },
  { name: "USER_CAP_DATA", type: "struct __user_cap_data_struct", fields: "effective permitted inheritable" },
  { name: "MOUNT_ATTR", type: "struct mount_attr", fields: "attr_set attr_clr propagation userns_fd" },
  { name: "LINUX_DIRENT64", type: "struct linux_dirent64", fields: "d_ino d_off d_reclen d_type d_name[]" },
  {
    name: "NEW_UTSNAME",
    type: "struct new_utsname",
    fields: "sysname[] nodename[] release[] version[] machine[] domainname[]",
  },
  {
    name: "SYSINFO",
    type: "struct sysinfo",
    fields: "uptime loads[] totalram freeram sharedram bufferram totalswap freeswap procs totalhigh freehigh mem_unit",
  },
  {
    name: "RUSAGE",
    type: "struct rusage",
    fields:
      "ru_utime_sec=ru_utime.tv_sec ru_utime_usec=ru_utime.tv_usec ru_stime_sec=ru_stime.tv_sec " +
      "ru_stime_usec=ru_stime.tv_usec ru_maxrss ru_ixrss ru_idrss ru_isrss ru_minflt ru_majflt ru_nswap ru_inblock " +
      "ru_oublock ru_msgsnd ru_msgrcv ru_nsignals ru_nvcsw ru_nivcsw",
  },
  { name: "SOCK_FPROG", type: "struct sock_fprog", fields: "len filter" },
  { name: "SOCK_FILTER", type: "struct sock_filter", fields: "code jt jf k" },
];
