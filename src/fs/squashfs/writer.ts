// Writes a squashfs image while its content streams in. Entries may come in any order; a later entry replaces an
// earlier one of the same path. Memory holds names and inodes, about 50 bytes an entry, and a few data blocks.
//
// The image depends only on the entries and the options: data lies in the order in which it was added, metadata in the
// order of names. Equal input gives equal bytes, however the compressors are scheduled.

import { UserError } from "../../errors.ts";
import { toBytes } from "./bytes.ts";
import { type Codec, makeCodec } from "./codec.ts";
import { ContentStore } from "./content.ts";
import { checkEntry, clampTime, type TreeEntry } from "./entry.ts";
import {
  BLOCK_SIZE_MAX,
  BLOCK_SIZE_MIN,
  type ByteString,
  FLAG,
  NO_TABLE,
  PADDING,
  SUPERBLOCK_SIZE,
  TYPE,
} from "./format.ts";
import { GarbageCounter } from "./garbage.ts";
import { encodeDevice } from "./inodes.ts";
import { Layout } from "./layout.ts";
import { MetadataStream } from "./metadata.ts";
import { Output } from "./output.ts";
import { BlockPipeline } from "./pipeline.ts";
import { Spool } from "./spool.ts";
import { encodeSuperblock, type TablePositions } from "./superblock.ts";
import { reference, writeFragments, writeIds, writeLookup, writeXattrs } from "./tables.ts";
import { Tree } from "./tree.ts";
import { XattrSets } from "./xattr-sets.ts";

export type { TreeEntry } from "./entry.ts";
export type { ByteString } from "./format.ts";

const BLOCK_SIZE = 131072;

export interface WriterOptions {
  compression: "zstd" | "gzip";
  /** zstd 1..22, usually 3; gzip 1..9, usually 6. */
  level?: number;
  /** Bytes, a power of two from 4096 to 1 MiB, usually 131072. */
  blockSize?: number;
  /** Seconds since 1970: the image's own time, and the mtime of directories that are never added themselves. */
  modTime: number;
}

export interface Finished {
  /** The file's length, padding included. */
  bytes: number;
  /** SHA-256 of the file, in hex. */
  digest: string;
  /** Names of extended attributes that squashfs cannot hold and that were left out (16 at most). */
  droppedXattrs: readonly ByteString[];
}

export class SquashfsWriter {
  readonly #output: Output;
  readonly #codec: Codec;
  readonly #compression: "zstd" | "gzip";
  readonly #blockSize: number;
  readonly #modTime: number;
  readonly #pipeline: BlockPipeline;
  readonly #content: ContentStore;
  readonly #tree: Tree;
  readonly #xattrs = new XattrSets();
  readonly #garbage = new GarbageCounter();
  #state: "open" | "busy" | "closed" = "open";

  private constructor(output: Output, codec: Codec, options: WriterOptions, blockSize: number) {
    this.#output = output;
    this.#codec = codec;
    this.#compression = options.compression;
    this.#blockSize = blockSize;
    this.#modTime = clampTime(options.modTime);
    this.#pipeline = new BlockPipeline(output, codec, blockSize);
    this.#content = new ContentStore(output, this.#pipeline, blockSize);
    this.#tree = new Tree(this.#modTime);
    output.position = SUPERBLOCK_SIZE;
  }

  /**
   * Begins an image. `target` is a path, which is made or overwritten, or a descriptor open for reading and writing,
   * which stays the caller's to sync and close.
   */
  static create(target: number | string, options: WriterOptions): SquashfsWriter {
    const blockSize = options.blockSize ?? BLOCK_SIZE;
    if (!Number.isInteger(Math.log2(blockSize)) || blockSize < BLOCK_SIZE_MIN || blockSize > BLOCK_SIZE_MAX) {
      throw new UserError(
        `invalid block size ${blockSize}: expected a power of two from ${BLOCK_SIZE_MIN} to ${BLOCK_SIZE_MAX}`,
      );
    }
    const codec = makeCodec(options.compression, options.level);
    return new SquashfsWriter(new Output(target), codec, options, blockSize);
  }

  /** Adds an entry. Wait for the promise before the next call; after an error the writer can only be aborted. */
  async add(entry: TreeEntry): Promise<void> {
    this.#enter();
    this.#garbage.tick();
    checkEntry(entry);
    const { path } = entry;
    const type = TYPE[entry.kind];
    const node = this.#tree.place(path, type);
    const xattrs = entry.xattrs === undefined ? 0 : this.#xattrs.add(path, entry.xattrs);
    const payload =
      entry.kind === "file" ? await this.#content.store(path, entry.size ?? 0, entry.data ?? []) : this.#special(entry);
    const { mode, uid, gid } = entry;
    this.#tree.set(node, {
      type,
      mode,
      uid,
      gid,
      mtime: clampTime(entry.mtime),
      xattrs,
      payload,
    });
    this.#state = "open";
  }

  /** Makes `path` another name of the file at `existing`. */
  link(path: ByteString, existing: ByteString): void {
    this.#enter();
    this.#tree.link(path, existing);
    this.#state = "open";
  }

  /** Removes an entry, a directory with all that is in it; false where there is none. */
  remove(path: ByteString): boolean {
    this.#enter();
    const removed = this.#tree.remove(path);
    this.#state = "open";
    return removed;
  }

  /** Writes the metadata and closes the image. */
  async finish(): Promise<Finished> {
    this.#enter();
    await this.#content.finish();
    const { layout, root, positions } = this.#writeTree();
    const tables = this.#writeTables(positions, layout);
    const output = this.#output;
    const bytesUsed = output.position;
    const superblock = encodeSuperblock({
      compression: this.#compression,
      blockSize: this.#blockSize,
      bytesUsed,
      inodes: layout.inodes,
      fragments: this.#content.fragmentCount,
      ids: layout.idTable.length,
      modTime: this.#modTime,
      flags:
        FLAG.alwaysFragments | FLAG.duplicates | FLAG.exportable | (tables.xattrs === NO_TABLE ? FLAG.noXattrs : 0),
      rootInode: BigInt(reference(layout, root)),
      tables,
    });
    output.writeAt(superblock, 0);
    const bytes = Math.ceil(bytesUsed / PADDING) * PADDING;
    // First down, then up: the rewound remains of duplicates behind the end must not become the padding.
    output.resize(bytesUsed);
    output.resize(bytes);
    const digest = output.digest(bytes);
    this.#state = "closed";
    output.close();
    return { bytes, digest, droppedXattrs: [...this.#xattrs.dropped] };
  }

  /** Gives up: the file is left as it is, for the caller to remove. Fine after an error, and after `finish`. */
  async abort(): Promise<void> {
    this.#state = "closed";
    await this.#pipeline.abandon();
    this.#output.close();
  }

  /** Only the successful end of a call opens the state again, so an error leaves the writer unusable. */
  #enter(): void {
    if (this.#state !== "open") {
      throw new Error(`the image writer of ${this.#output.name} is closed, failed, or still busy with an entry`);
    }
    this.#state = "busy";
  }

  #special(entry: TreeEntry): number {
    if (entry.kind === "symlink") return this.#tree.addTarget(toBytes(entry.target ?? ""));
    const isDevice = entry.kind === "char" || entry.kind === "block";
    return isDevice && entry.rdev !== undefined ? encodeDevice(entry.rdev.major, entry.rdev.minor) : 0;
  }

  /** Inodes go to the file at once; listings are named in them but come behind, so they wait compressed in memory. */
  #writeTree(): {
    layout: Layout;
    root: number;
    positions: Pick<TablePositions, "inodes" | "directories">;
  } {
    const output = this.#output;
    const spool = new Spool();
    const inodeTable = output.position;
    const inodes = new MetadataStream(this.#codec, (bytes) => output.append(bytes));
    const listings = new MetadataStream(this.#codec, (bytes) => spool.append(bytes));
    const layout = new Layout(this.#tree, this.#content, this.#blockSize, {
      inodes,
      listings,
    });
    const root = layout.write();
    inodes.finish();
    // Kernels before 4.20 refuse a table of directories without a byte in it, which an empty root would make.
    if (listings.blockStart === 0 && listings.offset === 0) listings.u16(0);
    listings.finish();
    const directories = output.position;
    spool.writeTo(output);
    return {
      layout,
      root,
      positions: {
        inodes: BigInt(inodeTable),
        directories: BigInt(directories),
      },
    };
  }

  #writeTables(positions: Pick<TablePositions, "inodes" | "directories">, layout: Layout): TablePositions {
    const [output, codec] = [this.#output, this.#codec];
    return {
      ...positions,
      fragments: writeFragments(output, codec, this.#content.fragments),
      lookup: writeLookup(output, codec, layout),
      ids: writeIds(output, codec, layout.idTable),
      xattrs: writeXattrs(output, codec, this.#xattrs, layout.xattrOrder),
    };
  }
}
