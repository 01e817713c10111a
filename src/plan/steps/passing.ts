// Descriptors between the monitor and the child: which the child must not have, and how it gives the terminal's master
// to the monitor.
//
// From the new root on, paths are the image's, and an image may have symlinks to /proc/self/fd/N. So the child closes what
// leads to the host, or to the monitor's work, before it resolves the first of them; what it keeps are its own streams, and
// detached mounts that the container gets anyway.

import { MSG_CMSG_CLOEXEC, SCM_RIGHTS, SOL_SOCKET } from "../../sys/abi/consts.gen.ts";
import { CMSGHDR, IOVEC, MSGHDR } from "../../sys/abi/structs.gen.ts";
import type { Ref } from "../../asm/ir.ts";
import { at, type ProgramBuilder } from "../builder.ts";
import type { LaunchInput } from "../launch-input.ts";
import type { Memory } from "../memory.ts";

/** The first operations of the child. Its descriptor table is a copy: the monitor keeps its own. */
export function closeForChild(b: ProgramBuilder, input: LaunchInput): void {
  const roles = ["lock", "program", "readyWrite"];
  if (input.log !== undefined) roles.push("log");
  if (input.cgroup.v2Fd !== undefined) roles.push(input.cgroup.v2Fd);
  if (input.terminal !== undefined) roles.push("masterReceive");
  else roles.push("stdoutRead", "stderrRead");
  if (input.terminal === undefined && input.interactive) roles.push("stdinWrite");
  for (const role of roles) b.call(`close ${role}`, "close", [b.fd(role)], { onError: "ignore" });
}

const FD = 4;
/** CMSG_SPACE(sizeof(int)): the header, one descriptor, and padding to 8 bytes. */
const CONTROL_SIZE = CMSGHDR.size + 8;

/** A message of one byte with room for one descriptor (cmsg(3)), in memory that both ends share until the child's execve. */
function message(b: ProgramBuilder): { readonly header: Ref; readonly fd: Ref } {
  const [header, vector, byte] = [ref("passed.header"), ref("passed.vector"), ref("passed.byte")];
  const control = ref("passed.control");
  b.store(at(header, MSGHDR.fields.msg_iov[0]), 8, vector);
  b.store(at(header, MSGHDR.fields.msg_iovlen[0]), 8, 1);
  b.store(at(header, MSGHDR.fields.msg_control[0]), 8, control);
  b.store(at(header, MSGHDR.fields.msg_controllen[0]), 8, CONTROL_SIZE);
  b.store(at(vector, IOVEC.fields.iov_base[0]), 8, byte);
  b.store(at(vector, IOVEC.fields.iov_len[0]), 8, 1);
  return { header, fd: at(control, CMSGHDR.size) };
}

function ref(name: string): Ref {
  return { ref: name, at: 0 };
}

/** The child gives the terminal's master to the monitor, which takes it once the container runs. */
export function passMaster(b: ProgramBuilder, m: Memory): void {
  const control = ref("passed.control");
  const { header, fd } = message(b);
  b.store(at(control, CMSGHDR.fields.cmsg_len[0]), 8, CMSGHDR.size + FD);
  b.store(at(control, CMSGHDR.fields.cmsg_level[0]), 4, SOL_SOCKET);
  b.store(at(control, CMSGHDR.fields.cmsg_type[0]), 4, SCM_RIGHTS);
  b.store(fd, 4, m.master);
  b.call("give the terminal to the monitor", "sendmsg", [b.fd("masterSend"), header, 0]);
}

export function takeMaster(b: ProgramBuilder, m: Memory): void {
  for (const [name, size] of Object.entries({
    header: MSGHDR.size,
    vector: IOVEC.size,
    control: CONTROL_SIZE,
    byte: 8,
  })) {
    b.zero(`passed.${name}`, size);
  }
  const { header, fd } = message(b);
  b.call("take the terminal from the child", "recvmsg", [b.fd("masterReceive"), header, MSG_CMSG_CLOEXEC]);
  b.load(m.master, fd, 4);
}
