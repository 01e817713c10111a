import { describe, expect, test } from "bun:test";
import { BytePool, U16Column, U32Column } from "./columns.ts";

describe("a column", () => {
  test("holds what was stored, across many chunks", () => {
    const column = new U32Column();
    for (let i = 0; i < 100_000; i++) expect(column.push(i * 40_000)).toBe(i);
    expect(column.length).toBe(100_000);
    for (const i of [0, 1, 32_767, 32_768, 65_536, 99_999]) expect(column.get(i)).toBe((i * 40_000) % 2 ** 32);
  });

  test("reads as 0 where nothing was stored, also far out", () => {
    const column = new U16Column();
    column.set(200_000, 7);
    expect(column.length).toBe(200_001);
    expect([column.get(0), column.get(199_999), column.get(200_000), column.get(200_001)]).toEqual([0, 0, 7, 0]);
    column.set(200_000, 0);
    expect(column.get(200_000)).toBe(0);
  });

  test("forgets what is cut off", () => {
    const column = new U32Column();
    for (let i = 0; i < 10; i++) column.push(i + 1);
    column.truncate(4);
    expect(column.length).toBe(4);
    column.set(8, 5);
    expect(Array.from({ length: 9 }, (_, i) => column.get(i))).toEqual([1, 2, 3, 4, 0, 0, 0, 0, 5]);
    column.release();
    expect([column.get(0), column.get(8)]).toEqual([0, 0]);
  });
});

describe("a pool of bytes", () => {
  test("gives each item room of its own", () => {
    const pool = new BytePool();
    const addresses = Array.from({ length: 5000 }, (_, i) => {
      const size = (i * 37) % 300;
      const address = pool.reserve(size);
      pool.view(address, size).fill(i % 251);
      return address;
    });
    for (const [i, address] of addresses.entries()) {
      const size = (i * 37) % 300;
      expect(pool.view(address, size)).toEqual(new Uint8Array(size).fill(i % 251));
    }
  });

  test("takes items larger than a chunk, and goes on behind them", () => {
    const pool = new BytePool();
    const before = pool.reserve(10);
    const large = pool.reserve(1_000_000);
    const after = pool.reserve(10);
    pool.view(before, 10).fill(1);
    pool.view(large, 1_000_000).fill(2);
    pool.view(after, 10).fill(3);
    expect(pool.view(before, 10)).toEqual(new Uint8Array(10).fill(1));
    expect(pool.view(large, 1_000_000)[999_999]).toBe(2);
    expect(pool.view(after, 10)).toEqual(new Uint8Array(10).fill(3));
  });
});
