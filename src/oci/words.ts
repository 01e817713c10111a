// Words of a Dockerfile instruction: quotes, backslashes and variables.
//
// Source: the Dockerfile reference ("Environment replacement") and the shell rules it borrows: between single quotes
// nothing is special; between double quotes a backslash keeps its meaning before ", $ and \ only.

/** The value of a variable, undefined where it is not set. */
export type Lookup = (name: string) => string | undefined;

/** What is wrong with the text. The caller knows the instruction and makes an error for the user of it. */
export class WordFault extends Error {}

/** What reading a word needs to know: the variables, and how many ${ are open around it. */
interface Scope {
  readonly lookup: Lookup;
  readonly depth: number;
}

/** Nobody nests this deep by hand; without a bound a long enough text would exhaust the stack. */
const DEEPEST = 20;

/** Splits at blanks outside of quotes, takes the quotes off and puts the variables' values in. */
export function splitWords(text: string, lookup: Lookup): string[] {
  const words: string[] = [];
  for (let at = skipBlanks(text, 0); at < text.length;) {
    const [word, end] = readWord(text, at, /[ \t]/, { lookup, depth: 0 });
    words.push(word);
    at = skipBlanks(text, end);
  }
  return words;
}

/** The whole text as one word: blanks within it stay, as they do for USER or WORKDIR. */
export function expand(text: string, lookup: Lookup): string {
  return readWord(text, 0, undefined, { lookup, depth: 0 })[0];
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\t") at++;
  return at;
}

type Piece = readonly [text: string, end: number];

/** Reads from `start` up to a character of `stop` that stands outside of quotes, or to the end. */
function readWord(text: string, start: number, stop: RegExp | undefined, scope: Scope): Piece {
  let word = "";
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (stop?.test(char) === true) break;
    const [piece, end] = readPiece(text, at, char, scope);
    word += piece;
    at = end;
  }
  return [word, at];
}

function readPiece(text: string, at: number, char: string, scope: Scope): Piece {
  if (char === "'") return readSingle(text, at);
  if (char === '"') return readDouble(text, at, scope);
  if (char === "$") return readVariable(text, at, scope);
  // A backslash at the very end stands for itself.
  if (char === "\\" && at + 1 < text.length) return [text.charAt(at + 1), at + 2];
  return [char, at + 1];
}

function readSingle(text: string, start: number): Piece {
  const end = text.indexOf("'", start + 1);
  if (end < 0) throw new WordFault("a ' that is not closed");
  return [text.slice(start + 1, end), end + 1];
}

function readDouble(text: string, start: number, scope: Scope): Piece {
  let inside = "";
  for (let at = start + 1; at < text.length;) {
    const char = text.charAt(at);
    if (char === '"') return [inside, at + 1];
    const special = char === "$" || (char === "\\" && '"$\\'.includes(text.charAt(at + 1)));
    const [piece, end] = special ? readPiece(text, at, char, scope) : ([char, at + 1] as const);
    inside += piece;
    at = end;
  }
  throw new WordFault('a " that is not closed');
}

/** $NAME, ${NAME}, ${NAME:-word}, ${NAME:+word}. A variable that is not set is empty; a lone $ stands for itself. */
function readVariable(text: string, start: number, scope: Scope): Piece {
  const plain = /^\$([A-Za-z_][A-Za-z0-9_]*)/.exec(text.slice(start, start + 256));
  if (plain?.[1] !== undefined) return [scope.lookup(plain[1]) ?? "", start + plain[0].length];
  if (text[start + 1] !== "{") return ["$", start + 1];
  const head = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(:[-+]|\})/.exec(text.slice(start, start + 256));
  if (head?.[1] === undefined) throw new WordFault("${ without a variable's name, } or :- or :+ after it");
  const value = scope.lookup(head[1]) ?? "";
  if (head[2] === "}") return [value, start + head[0].length];
  if (scope.depth === DEEPEST) throw new WordFault("too many ${ within each other");
  const deeper = { lookup: scope.lookup, depth: scope.depth + 1 };
  const [word, end] = readWord(text, start + head[0].length, /\}/, deeper);
  if (end === text.length) throw new WordFault("a ${ that is not closed");
  if (head[2] === ":-") return [value === "" ? word : value, end + 1];
  return [value === "" ? "" : word, end + 1];
}
