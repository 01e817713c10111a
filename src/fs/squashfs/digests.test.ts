import { expect, test } from "bun:test";
import { digestRoom, DigestTable } from "./digests.ts";

function digestOf(text: string): Uint32Array<ArrayBuffer> {
  const room = digestRoom();
  new Bun.CryptoHasher("sha256").update(text).digest(room);
  return room;
}

test("digests are found again through all growth, and no others", () => {
  const table = new DigestTable();
  for (let i = 0; i < 5000; i++) {
    expect(table.get(digestOf(`${i}`))).toBeUndefined();
    table.add(digestOf(`${i}`), i * 3);
  }
  for (let i = 0; i < 5000; i++) expect(table.get(digestOf(`${i}`))).toBe(i * 3);
  expect(table.get(digestOf("absent"))).toBeUndefined();
});

test("digests that agree in all but the last word are told apart", () => {
  const table = new DigestTable();
  const digest = digestOf("x");
  table.add(digest, 1);
  const near = digest.slice();
  near[7] = (near[7] ?? 0) ^ 1;
  expect(table.get(near)).toBeUndefined();
  table.add(near, 2);
  expect([table.get(digest), table.get(near)]).toEqual([1, 2]);
});
