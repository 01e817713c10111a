// From a syscall program to a static ELF file.
//
// Names become offsets and labels (names.ts), operations become code of one architecture (emit.ts, x64.ts, arm64.ts), the
// code settles on addresses (layout.ts) and the bytes get their headers (elf.ts). The same program gives the same bytes.

import type { Program } from "./ir.ts";
import { arm64 } from "./arm64.ts";
import { headerSize, IMAGE_BASE, segmentAddress, writeHeaders } from "./elf.ts";
import { emit } from "./emit.ts";
import { type Code, roundUp } from "./layout.ts";
import { CELL } from "./machine.ts";
import { type Constant, Names } from "./names.ts";
import { x64 } from "./x64.ts";

export interface Assembled {
  /** The file. */
  readonly elf: Uint8Array;
  /** The address of every label and datum, and of the slots ("@slots"). */
  readonly symbols: ReadonlyMap<string, number>;
  /** The pages that are only needed during the launch, as `@launch` and `@launch.size` name them; 0 and 0 if none. */
  readonly launch: { readonly address: number; readonly size: number };
}

/** What `@launch` and `@launch.size` are multiples of. */
const PAGE = 4096;
/** Instructions on arm64 are words. */
const CODE_ALIGN = 4;
/** Addresses are loaded as 32-bit numbers that must not be sign-extended. */
const ADDRESS_LIMIT = 2 ** 31;
const MACHINES = { x64, arm64 } as const;

/**
 * Assembles `program` for `arch`. `fds` gives the number of each inherited descriptor.
 * Beside the program's data, arguments may name "@launch" and "@launch.size" (the pages that may be given back after the
 * launch) and "@slots". Throws Error for a program that makes no sense: unknown or doubly defined names, accesses outside
 * a datum, constants that do not fit.
 */
export function assemble(program: Program, arch: "x64" | "arm64", fds: ReadonlyMap<string, number>): Assembled {
  const machine = MACHINES[arch];
  const names = new Names(program, fds);
  const code = emit(program, machine, names);
  const resident = { code: code.resident, constants: names.constants(true) };
  const launch = { code: code.launch, constants: names.constants(false) };
  const layout = settle(names, resident, launch);
  const file = new Uint8Array(layout.residentSize + layout.launchSize);
  const base = names.slots.address + machine.bias;
  writePart(resident, names, file, layout.residentCode, IMAGE_BASE, base);
  if (names.hasLaunch)
    writePart(launch, names, file, layout.launchCode, layout.launchStart - layout.residentSize, base);
  writeHeaders({
    machine: machine.elfMachine,
    entry: code.entry.address,
    file,
    resident: layout.residentSize,
    launch: names.hasLaunch ? layout.launchStart : undefined,
    writable: { address: names.slots.address, size: names.writableSize },
  });
  return {
    elf: file,
    // A launch has no use for the symbols and should not wait for them.
    get symbols() {
      return names.symbols();
    },
    launch: { address: names.launch.address, size: names.launchSize.address },
  };
}

/** What becomes one read-only segment. */
interface Part {
  readonly code: Code;
  readonly constants: readonly Constant[];
}

/** Addresses and sizes in bytes. */
interface Layout {
  readonly residentCode: number;
  readonly residentSize: number;
  readonly launchStart: number;
  readonly launchCode: number;
  readonly launchSize: number;
}

/** Places everything, lengthening references until all of them reach. */
function settle(names: Names, resident: Part, launch: Part): Layout {
  for (;;) {
    const layout = place(names, resident, launch);
    const residentGrew = resident.code.relax(layout.residentCode);
    const launchGrew = launch.code.relax(layout.launchCode);
    if (!residentGrew && !launchGrew) return layout;
  }
}

/** Gives every label its address, with the code at its present size. */
function place(names: Names, resident: Part, launch: Part): Layout {
  const residentCode = IMAGE_BASE + headerSize(names.hasLaunch);
  const residentEnd = placeConstants(resident.constants, resident.code.place(residentCode));
  const residentSize = residentEnd - IMAGE_BASE;
  const launchStart = segmentAddress(residentEnd, residentSize);
  const launchCode = roundUp(launchStart, CODE_ALIGN);
  const launchEnd = placeConstants(launch.constants, launch.code.place(launchCode));
  names.slots.address = segmentAddress(names.hasLaunch ? launchEnd : residentEnd, 0);
  if (names.slots.address + names.writableSize > ADDRESS_LIMIT) throw new Error("assemble: the program exceeds 2 GB");
  if (!names.hasLaunch) return { residentCode, residentSize, launchStart, launchCode, launchSize: 0 };
  names.launch.address = launchStart - (launchStart % PAGE);
  names.launchSize.address = roundUp(launchEnd, PAGE) - names.launch.address;
  return { residentCode, residentSize, launchStart, launchCode, launchSize: launchEnd - launchStart };
}

/** Places the constants behind each other from `start` on. Returns the address after the last one. */
function placeConstants(constants: readonly Constant[], start: number): number {
  let at = start;
  for (const { label, size, align } of constants) {
    label.address = roundUp(at, align);
    at = label.address + size;
  }
  return at;
}

/** Writes a part into the file; what has address `origin` is the file's first byte. */
function writePart(part: Part, names: Names, file: Uint8Array, codeStart: number, origin: number, base: number): void {
  part.code.write(file, codeStart - origin, codeStart, base);
  const view = new DataView(file.buffer);
  for (const { label, datum } of part.constants) {
    const start = label.address - origin;
    if (datum.kind === "bytes") file.set(datum.bytes, start);
    else {
      // The terminating zero is there already, and so is the upper half of every address.
      for (const [index, ref] of datum.refs.entries())
        view.setUint32(start + index * CELL, names.addressOf(names.memory(ref, 0)), true);
    }
  }
}
