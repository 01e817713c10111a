// The image file while it is written: bytes go to positions, because the end of the data moves back when a file proves
// a duplicate and the superblock is written last. Positions are bytes from the image's start.

import { O_CREAT, O_RDWR, O_TRUNC } from "../../sys/abi/consts.gen.ts";
import { call, must } from "../../sys/call.ts";
import { close, open } from "../../sys/file.ts";
import { addressOf } from "../../sys/gate.ts";

const REREAD = 256 * 1024;

export class Output {
  readonly fd: number;
  readonly name: string;
  /** Where the next block goes. */
  position = 0;
  #owned: boolean;

  /** A path is made or overwritten; a descriptor must be open for reading and writing and stays the caller's. */
  constructor(target: number | string) {
    this.#owned = typeof target === "string";
    this.name = typeof target === "string" ? target : `descriptor ${target}`;
    this.fd = typeof target === "string" ? open(target, O_RDWR | O_CREAT | O_TRUNC, 0o644) : target;
  }

  /** Writes at the end and moves it. */
  append(bytes: Uint8Array): void {
    this.writeAt(bytes, this.position);
    this.position += bytes.length;
  }

  writeAt(bytes: Uint8Array, position: number): void {
    let done = 0;
    while (done < bytes.length) {
      const rest = done === 0 ? bytes : bytes.subarray(done);
      const operation = `write ${this.name}`;
      done += must(call("pwrite64", this.fd, addressOf(rest), rest.length, position + done), operation);
    }
  }

  /** Sets the file's length, which fills with zeros or cuts off what a rewind left behind. */
  resize(length: number): void {
    must(call("ftruncate", this.fd, length), `resize ${this.name}`);
  }

  /** SHA-256 of the first `length` bytes, in hex. The superblock comes last, so the whole file has to be read again. */
  digest(length: number): string {
    const hasher = new Bun.CryptoHasher("sha256");
    const buffer = new Uint8Array(new ArrayBuffer(REREAD));
    for (let at = 0; at < length;) {
      const room = Math.min(REREAD, length - at);
      const got = must(call("pread64", this.fd, addressOf(buffer), room, at), `read ${this.name}`);
      if (got === 0) throw new Error(`read ${this.name}: it ends at byte ${at}, ${length} were written`);
      hasher.update(buffer.subarray(0, got));
      at += got;
    }
    return hasher.digest("hex");
  }

  close(): void {
    if (this.#owned) close(this.fd);
    this.#owned = false;
  }
}
