// Route netlink requests as bytes (rtnetlink(7), linux/rtnetlink.h). Pure: who sends them, and from which network
// namespace, is not known here.

import { AF_UNSPEC, IFF_UP, NLM_F_ACK, NLM_F_REQUEST, RTM_NEWLINK } from "../sys/abi/consts.gen.ts";
import { IFINFOMSG, NLMSGHDR } from "../sys/abi/structs.gen.ts";
import { pack } from "../sys/struct.ts";

/** One request: header, then the body, padded to 4 bytes. The kernel answers with NLMSG_ERROR, error 0 for success. */
function message(type: number, sequence: number, body: Uint8Array): Uint8Array {
  const length = NLMSGHDR.size + body.length;
  const bytes = new Uint8Array(new ArrayBuffer((length + 3) & ~3));
  const header = { nlmsg_len: length, nlmsg_type: type, nlmsg_flags: NLM_F_REQUEST | NLM_F_ACK, nlmsg_seq: sequence };
  bytes.set(pack(NLMSGHDR, header));
  bytes.set(body, NLMSGHDR.size);
  return bytes;
}

/** Sets a link up, by its index in the namespace of the socket. */
export function linkUp(index: number, sequence: number): Uint8Array {
  const body = pack(IFINFOMSG, { ifi_family: AF_UNSPEC, ifi_index: index, ifi_flags: IFF_UP, ifi_change: IFF_UP });
  return message(RTM_NEWLINK, sequence, body);
}
