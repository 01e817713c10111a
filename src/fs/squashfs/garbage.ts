// Keeps the garbage of a million short-lived entries small. The collector lets garbage grow in proportion to what lives,
// and counts the columns of names and inodes as living: left alone, it would double the memory that a large tree takes.
// What lives is a few large arrays, so a collection takes milliseconds.

const INTERVAL = 8192;

export class GarbageCounter {
  #count = 0;

  /** Call this once per entry. */
  tick(): void {
    if (++this.#count % INTERVAL === 0) Bun.gc(true);
  }
}
