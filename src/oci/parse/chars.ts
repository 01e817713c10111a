// Tests on the characters of short texts. They stand in for regular expressions on the way of every `bunker run`: the
// first use of the expression machinery costs 0.15 ms there, and each expression its compilation.

const ZERO = 0x30;
const NINE = 0x39;

/** One digit or more, and nothing else. */
export function isDigits(text: string): boolean {
  return text !== "" && digitsEnd(text, 0) === text.length;
}

/** Where a run of digits that begins at `start` ends. */
function digitsEnd(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) >= ZERO && text.charCodeAt(at) <= NINE) at++;
  return at;
}

/** Where a decimal number at the start of a text ends: "12", "1.5", "1." or ".5"; 0 where there is none. */
export function decimalEnd(text: string): number {
  const whole = digitsEnd(text, 0);
  if (text[whole] !== ".") return whole;
  const end = digitsEnd(text, whole + 1);
  return end === 1 ? 0 : end;
}

/** ASCII letters and digits, and those of `others`. */
export function isWord(text: string, others: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const digit = code >= ZERO && code <= NINE;
    // The bit 0x20 is what tells lower case from upper case.
    const letter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
    if (!digit && !letter && !others.includes(text.charAt(at))) return false;
  }
  return true;
}
