// Child, stage "network": brings up loopback in a new network namespace. The netlink request is part of the program; the
// kernel's answer is read and its error word tested, so a refusal fails the launch like any other call.
//
// Where it stands: a network namespace of its own, all privileges.

import { AF_NETLINK, NETLINK_ROUTE, SOCK_CLOEXEC, SOCK_RAW } from "../../sys/abi/consts.gen.ts";
import { NLMSGERR, NLMSGHDR } from "../../sys/abi/structs.gen.ts";
import { linkUp } from "../../net/route.ts";
import { at, type ProgramBuilder } from "../builder.ts";
import type { Memory } from "../memory.ts";

/** The loopback interface's index in every new network namespace. */
const LOOPBACK = 1;

export function bringUpLoopback(b: ProgramBuilder, m: Memory): void {
  const socket = b.slot("netlink");
  const request = linkUp(LOOPBACK, 1);
  const answer = { ref: "frame", at: 0 };
  const note = "bring up the loopback interface";
  b.call("open a netlink socket", "socket", [AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE], { into: socket });
  const index = b.nextIndex;
  b.call(note, "sendto", [socket, b.bytes("loopback.up", request, 4), request.length, 0, 0, 0]);
  b.call(`${note}: read the answer`, "recvfrom", [socket, answer, 1024, 0, 0, 0]);
  b.load(m.result, at(answer, NLMSGHDR.size + NLMSGERR.fields.error[0]), 4, true);
  b.branch(m.result, "==", 0, "network.up");
  b.failWith(index, m.result, "child.failed");
  b.label("network.up");
  b.call("close the netlink socket", "close", [socket]);
}
