// Verbs that take several objects: each gets its turn whatever happens to the others, is printed when it succeeds, and its
// error is said when it does not. Docker's exit code: 1 if any failed.

import { EXIT, formatError } from "../errors.ts";
import { err, out } from "../text/out.ts";

/** @returns the exit code */
export function forEachOperand(operands: readonly string[], action: (word: string) => void): number {
  let code: number = EXIT.ok;
  for (const word of operands) {
    try {
      action(word);
      out(`${word}\n`);
    } catch (error) {
      err(`${formatError(error)}\n`);
      code = EXIT.failure;
    }
  }
  return code;
}
