// Places in a program's writable memory, by the names of the structures that live there. What a section takes a piece of
// memory for is its own business: the same 128 bytes are a wait status in one and a siginfo in another.

import { CLONE_ARGS, NLMSGERR, NLMSGHDR, POLLFD, SIGINFO_CHLD, SIGNALFD_SIGINFO } from "../../sys/abi/structs.gen.ts";
import type { Layout } from "../../sys/struct.ts";
import type { Ref, Width } from "../../asm/ir.ts";
import { EXIT_RECORD, LIVE, LOG_FRAME, POLL } from "../memory.ts";
import { childCode, cloneFlags, type Namer, pollEvents, signal } from "./names.ts";

export interface Place {
  /** An expression: "clone_args.flags". */
  readonly text: string;
  /** How the number there is shown, if not as a number. */
  readonly show?: Namer;
}

type Places = ReadonlyMap<number, Place>;

function ofLayout(datum: string, { fields }: Layout, shows: Readonly<Record<string, Namer>> = {}, base = 0): Places {
  const places = new Map<number, Place>();
  for (const [name, [offset]] of Object.entries(fields)) {
    const show = shows[name];
    places.set(base + offset, { text: `${datum}.${name}`, ...(show === undefined ? {} : { show }) });
  }
  return places;
}

/** From one of memory.ts's tables of offsets; `others` names those of its entries that are no offsets. */
function ofOffsets(datum: string, table: Readonly<Record<string, number>>, others: readonly string[]): Places {
  const offsets = Object.entries(table).filter(([name]) => !others.includes(name));
  return new Map(offsets.map(([name, offset]) => [offset, { text: `${datum}.${name}` }]));
}

function pollTable(): Places {
  const { count: _, ...entries } = POLL;
  const shows = { events: pollEvents, revents: pollEvents };
  return new Map(
    Object.entries(entries).flatMap(([name, index]) => [
      ...ofLayout(`polls.${name}`, POLLFD, shows, index * POLLFD.size),
    ]),
  );
}

/** wait(2): the second byte of a status is what the process passed to exit. */
const exitStatus = (datum: string): Places => new Map([[1, { text: `WEXITSTATUS(&${datum})` }]]);

/** By datum, or by section and datum. */
const PLACES: Readonly<Record<string, Places>> = {
  clone_args: ofLayout("clone_args", CLONE_ARGS, { flags: cloneFlags, exit_signal: signal }),
  live: ofOffsets("live", LIVE, ["size"]),
  polls: pollTable(),
  "front:siginfo": exitStatus("siginfo"),
  "relay:siginfo": ofLayout("siginfo", SIGNALFD_SIGINFO, { ssi_signo: signal }),
  "after:siginfo": ofLayout("siginfo", SIGINFO_CHLD, { si_code: childCode }),
  "relay:frame": ofOffsets("frame", LOG_FRAME, ["size", "magicValue"]),
  "after:frame": ofOffsets("frame", EXIT_RECORD, ["size", "oomText"]),
  "child:frame": new Map([[NLMSGHDR.size + NLMSGERR.fields.error[0], { text: "nlmsgerr(&frame).error" }]]),
  "init:status": exitStatus("status"),
};

function known(section: string, ref: Ref): Place | undefined {
  return (PLACES[`${section}:${ref.ref}`] ?? PLACES[ref.ref])?.get(ref.at);
}

/** The number of `width` bytes at `ref`, as an expression: `polls.stdout.fd`, or `u16(frame+22)` where it has no name. */
export function placeOf(section: string, ref: Ref, width: Width, signed = false): Place {
  const type = `${signed ? "s" : "u"}${width * 8}`;
  return known(section, ref) ?? { text: `${type}(${ref.at === 0 ? ref.ref : `${ref.ref}+${ref.at}`})` };
}

/** An address: `&frame`, `&live.startedSeconds`, `&frame+24`. */
export function addressOf(section: string, ref: Ref): string {
  // The pages of the launch, and their size, are no data: the assembler knows them.
  if (ref.ref.startsWith("@")) return ref.ref;
  if (ref.at === 0) return `&${ref.ref}`;
  const place = known(section, ref)?.text;
  return place !== undefined && !place.includes("(") ? `&${place}` : `&${ref.ref}+${ref.at}`;
}
