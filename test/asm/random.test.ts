// Random programs leave the same memory behind whether they are interpreted or assembled and run.

import { describe, expect, test } from "bun:test";
import { assemble } from "../../src/asm/assemble.ts";
import { END, FDS, generate, OUTPUT } from "./generate.ts";
import { Interpreter } from "./interpret.ts";
import { cannotRun, run } from "./programs.ts";

const COUNT = { x64: 60, arm64: 25 } as const;

for (const arch of ["x64", "arm64"] as const) {
  const missing = cannotRun(arch);
  describe.skipIf(missing !== undefined)(
    `random ${arch} programs${missing === undefined ? "" : ` (${missing})`}`,
    () => {
      for (let seed = 1; seed <= COUNT[arch]; seed++) {
        test(`seed ${seed}`, () => {
          const program = generate(seed);
          const { elf, symbols } = assemble(program, arch, FDS);
          const interpreter = new Interpreter(program, symbols, FDS);
          interpreter.runTo(END);
          const ran = run(elf, arch);
          expect(ran.code).toBe(0);
          const slots = ran.stdout.slice(0, interpreter.slots.byteLength);
          expect([...new BigInt64Array(slots.buffer)]).toEqual([...interpreter.slots]);
          let at = slots.length;
          for (const name of OUTPUT) {
            const expected = interpreter.data.get(name) ?? new Uint8Array();
            const same = Buffer.compare(ran.stdout.subarray(at, at + expected.length), expected) === 0;
            expect(`${name} ${same}`).toBe(`${name} true`);
            at += expected.length;
          }
          expect(ran.stdout.length).toBe(at);
        });
      }
    },
  );
}
