// Who the container's first process runs as: a user and groups looked up in the image's own /etc/passwd and /etc/group.
//
// The files come out of the image and may hold anything. A line that is not what passwd(5) and group(5) describe is
// passed over, so a bad number never becomes user 0; a user or group that is only on such a line does not exist.
// Rules: runc's and Docker's (moby/sys/user, GetExecUser). Numbers need no entry; a user without a group brings those
// that /etc/group lists it in; an explicit group brings no others.

import { UserError } from "../errors.ts";
import { isDigits } from "./parse/chars.ts";
import { MAX_ID, parseGroup, parseUser } from "./parse/user.ts";
import { quote } from "./parse/fault.ts";

export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  /** The primary group first, then the others, each once. */
  readonly additionalGids: readonly number[];
  /** The home directory: absolute. */
  readonly home: string;
}

/** NGROUPS_MAX: what setgroups(2) takes. */
const MOST_GROUPS = 65_536;

/**
 * @param user "uid[:gid]", "name[:group]" or a mix; missing or empty means user 0
 * @param passwd the text of the image's /etc/passwd, if it has one
 * @param group the text of the image's /etc/group, if it has one
 * @param groupAdd further groups by name or number
 * @throws UserError for a name that is not there, UsageError for a malformed user
 */
export function resolveUser(
  user: string | undefined,
  passwd: string | undefined,
  group: string | undefined,
  groupAdd: readonly string[],
): ResolvedUser {
  const [name, groupName] = user ? (parseUser(user, "user")?.split(":") ?? []) : [];
  const wanted = name || "0";
  const wantedGroup = groupName || undefined;
  const entry = findUser(wanted, passwd ?? "");
  const uid = entry?.uid ?? Number(wanted);
  const gid = wantedGroup === undefined ? (entry?.gid ?? 0) : findGroup(wantedGroup, group ?? "");
  const gids = new Set([gid]);
  if (wantedGroup === undefined && entry !== undefined) addGroupsOf(entry.name, group ?? "", gids);
  for (const name of groupAdd) gids.add(findGroup(parseGroup(name), group ?? ""));
  const additionalGids = [...gids];
  if (additionalGids.length > MOST_GROUPS) {
    throw new UserError(
      `user ${quote(wanted)} is in ${additionalGids.length} groups of the image: the kernel takes ${MOST_GROUPS}`,
    );
  }
  return { uid, gid, additionalGids, home: entry?.home ?? (uid === 0 ? "/root" : "/") };
}

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** The first entry of a name or number. A name has to be there; a number need not. */
function findUser(wanted: string, passwd: string): PasswdEntry | undefined {
  const number = readId(wanted);
  const found = firstLine(passwd, (line) => {
    const [name, , uidText, gidText, , home] = line.split(":", 7);
    const uid = readId(uidText);
    const gid = readId(gidText);
    if (name === undefined || name === "" || uid === undefined || gid === undefined) return undefined;
    if (number === undefined ? name !== wanted : uid !== number) return undefined;
    return { name, uid, gid, home: home?.startsWith("/") === true ? home : "/" };
  });
  if (found !== undefined || number !== undefined) return found;
  throw new UserError(`user ${quote(wanted)} is not in the image's /etc/passwd`, {
    remedy: "name a user of the image, or give a number",
  });
}

/** The number of a group; a number stands for itself, entry or not. */
function findGroup(wanted: string, group: string): number {
  const number = readId(wanted);
  if (number !== undefined) return number;
  const found = firstLine(group, (line) => {
    const [name, , gidText] = line.split(":", 3);
    return name === wanted ? readId(gidText) : undefined;
  });
  if (found !== undefined) return found;
  throw new UserError(`group ${quote(wanted)} is not in the image's /etc/group`, {
    remedy: "name a group of the image, or give a number",
  });
}

/** Adds the groups that list a user as a member, in the file's order. */
function addGroupsOf(user: string, group: string, gids: Set<number>): void {
  firstLine(group, (line) => {
    // Most lines do not name the user at all: they need not be taken apart.
    if (!line.includes(user)) return undefined;
    const [, , gidText, members = ""] = line.split(":", 4);
    const gid = readId(gidText);
    if (gid === undefined) return undefined;
    for (const member of members.split(",")) if (member.trim() === user) gids.add(gid);
    return undefined;
  });
}

/**
 * What `read` makes of the first line that it makes something of. Comments, empty lines and lines with a NUL (which no C
 * library would read on) are passed over.
 */
function firstLine<T>(text: string, read: (line: string) => T | undefined): T | undefined {
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(at, end).trim();
    if (line !== "" && !line.startsWith("#") && !line.includes("\0")) {
      const found = read(line);
      if (found !== undefined) return found;
    }
    at = end + 1;
  }
  return undefined;
}

/** An id in plain digits that fits; "-1", "0x0", "1e3", "" and 2^31 do not. */
function readId(text: string | undefined): number | undefined {
  if (text === undefined || !isDigits(text)) return undefined;
  const id = Number(text);
  return id <= MAX_ID ? id : undefined;
}
