// The ELF file around the code: a static executable of at most three loadable segments, without section headers.
//
// Every segment's address equals its file offset modulo 64 KB, so that kernels with 4, 16 and 64 KB pages all can map it,
// and each begins in a 64 KB block of its own. Bytes follow each other in the file without gaps: a page that two segments
// share in the file is simply mapped twice. Source: elf(5), include/uapi/linux/elf.h, fs/binfmt_elf.c.

import { roundUp } from "./layout.ts";

/** The lowest address, where the ELF header lies. */
export const IMAGE_BASE = 0x400000;
/** The biggest page of any kernel that may load the file. */
export const SEGMENT_ALIGN = 0x10000;

/** e_machine */
export const EM_X86_64 = 62;
export const EM_AARCH64 = 183;

const EHDR_SIZE = 64;
const PHDR_SIZE = 56;
const PT_LOAD = 1;
const PT_GNU_STACK = 0x6474e551;
const PF_X = 1;
const PF_W = 2;
const PF_R = 4;
const ET_EXEC = 2;

export interface Image {
  /** ELF e_machine. */
  readonly machine: number;
  readonly entry: number;
  /** The whole file, except for its first `headerSize` bytes, which `writeHeaders` fills in. */
  readonly file: Uint8Array;
  /** Bytes of the file that belong to the resident segment, headers included. */
  readonly resident: number;
  /** The rest of the file is mapped at this address; undefined if there is no rest. */
  readonly launch: number | undefined;
  /** The writable segment. */
  readonly writable: { readonly address: number; readonly size: number };
}

/** Bytes taken by the ELF header and the program headers. */
export function headerSize(hasLaunch: boolean): number {
  return EHDR_SIZE + PHDR_SIZE * (hasLaunch ? 4 : 3);
}

/** The first address in a 64 KB block after `end` that can show the file's byte `offset`. */
export function segmentAddress(end: number, offset: number): number {
  return roundUp(end, SEGMENT_ALIGN) + (offset % SEGMENT_ALIGN);
}

interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly align: number;
}

function programHeaders({ file, resident, launch, writable }: Image): ProgramHeader[] {
  const code = (offset: number, address: number, size: number): ProgramHeader => ({
    type: PT_LOAD,
    flags: PF_R | PF_X,
    offset,
    address,
    fileSize: size,
    memorySize: size,
    align: SEGMENT_ALIGN,
  });
  return [
    code(0, IMAGE_BASE, resident),
    ...(launch === undefined ? [] : [code(resident, launch, file.length - resident)]),
    {
      type: PT_LOAD,
      flags: PF_R | PF_W,
      offset: 0,
      address: writable.address,
      fileSize: 0,
      memorySize: writable.size,
      align: SEGMENT_ALIGN,
    },
    {
      type: PT_GNU_STACK,
      flags: PF_R | PF_W,
      offset: 0,
      address: 0,
      fileSize: 0,
      memorySize: 0,
      align: 16,
    },
  ];
}

/** Writes the ELF header and the program headers to the start of `image.file`. */
export function writeHeaders(image: Image): void {
  const headers = programHeaders(image);
  const view = new DataView(image.file.buffer, image.file.byteOffset);
  // Magic, 64 bits, little endian, version 1, System V ABI.
  image.file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, ET_EXEC, true);
  view.setUint16(18, image.machine, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(image.entry), true);
  view.setBigUint64(32, BigInt(EHDR_SIZE), true);
  view.setUint16(52, EHDR_SIZE, true);
  view.setUint16(54, PHDR_SIZE, true);
  view.setUint16(56, headers.length, true);
  for (const [index, header] of headers.entries()) writeProgramHeader(view, EHDR_SIZE + index * PHDR_SIZE, header);
}

function writeProgramHeader(view: DataView, at: number, header: ProgramHeader): void {
  view.setUint32(at, header.type, true);
  view.setUint32(at + 4, header.flags, true);
  const fields = [
    header.offset,
    header.address,
    header.address,
    header.fileSize,
    header.memorySize,
    header.align,
  ] as const;
  for (const [index, field] of fields.entries()) view.setBigUint64(at + 8 + index * 8, BigInt(field), true);
}
