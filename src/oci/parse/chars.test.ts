// Tests on characters, compared with the regular expressions that they stand in for.

import { expect, test } from "bun:test";
import { randomFrom } from "../testing.ts";
import { decimalEnd, isDigits, isWord } from "./chars.ts";

test("the same answers as regular expressions", () => {
  const random = randomFrom(13);
  const alphabet = "0159.:/@A[Z`az{ -_\0\u0130\u212a\u0660é";
  for (let round = 0; round < 5000; round++) {
    const text = Array.from({ length: random(6) }, () => alphabet[random(alphabet.length)]).join("");
    expect(isDigits(text)).toBe(/^[0-9]+$/.test(text));
    expect(isWord(text, "_-")).toBe(/^[A-Za-z0-9_-]*$/.test(text));
    expect(decimalEnd(text)).toBe(/^(?:\d+(?:\.\d*)?|\.\d+)/.exec(text)?.[0].length ?? 0);
  }
});
