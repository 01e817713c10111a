// Asks the C compilers what the kernel headers say. The values are put into a constant array and read back from the
// assembly text, as the kernel's own asm-offsets.c does, so nothing is run and a cross compiler will do. A name that a
// compiler cannot evaluate as an integer (a function-like macro, a string, a type) is dropped.

/** The architectures that bunker runs on, as `process.arch` names them. */
export const ARCHES = ["x64", "arm64"] as const;
export type Arch = (typeof ARCHES)[number];

const COMPILER: Record<Arch, string> = { x64: "x86_64-linux-gnu-gcc", arm64: "aarch64-linux-gnu-gcc" };
/** The host's architecture has its compiler and headers natively; the other one's come as cross packages. */
const PACKAGES: Record<Arch, string> = {
  x64: "gcc libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross linux-libc-dev-arm64-cross",
  arm64: "gcc libc6-dev gcc-x86-64-linux-gnu libc6-dev-amd64-cross linux-libc-dev-amd64-cross",
};
const HOST: Arch = process.arch === "arm64" ? "arm64" : "x64";
const REMEDY = `apt-get install ${PACKAGES[HOST]}`;

/** A C expression and the key under which its value comes back. */
export interface Question {
  readonly key: string;
  readonly expression: string;
}

/** Throws unless both compilers are on the PATH. */
export function requireCompilers(): void {
  const missing = ARCHES.map((arch) => COMPILER[arch]).filter((name) => Bun.which(name) === null);
  if (missing.length === 0) return;
  throw new Error(`${missing.join(" and ")} not found: ${REMEDY}`);
}

function run(arch: Arch, flags: readonly string[], source: string): { ok: boolean; out: string; errors: string } {
  const common = ["-w", "-D_GNU_SOURCE", "-ftrack-macro-expansion=0", "-fmax-errors=0", "-fdiagnostics-color=never"];
  const result = Bun.spawnSync([COMPILER[arch], ...common, ...flags, "-x", "c", "-o", "-", "-"], {
    stdin: Buffer.from(source),
    env: { ...process.env, LC_ALL: "C" },
  });
  return { ok: result.exitCode === 0, out: result.stdout.toString(), errors: result.stderr.toString() };
}

function mustRun(arch: Arch, flags: readonly string[], source: string): string {
  const { ok, out, errors } = run(arch, flags, source);
  if (!ok) throw new Error(`${COMPILER[arch]} ${flags.join(" ")} failed (headers missing? ${REMEDY}):\n${errors}`);
  return out;
}

/** `#include` lines for a list of headers. */
export function includes(headers: readonly string[]): string {
  return headers.map((header) => `#include <${header}>\n`).join("");
}

/** The object-like macros with a body, and the enumerators, that a prelude defines. */
export function names(arch: Arch, prelude: string): string[] {
  const found = new Set<string>();
  const macros = mustRun(arch, ["-E", "-dM"], prelude);
  for (const match of macros.matchAll(/^#define (\w+) \S/gm)) found.add(match[1] ?? "");
  const text = mustRun(arch, ["-E", "-P"], prelude);
  for (const match of text.matchAll(/\benum\b[^{};()]*\{([^}]*)\}/g)) {
    for (const member of (match[1] ?? "").matchAll(/(?:^|,)\s*(\w+)/g)) found.add(member[1] ?? "");
  }
  return [...found];
}

/**
 * The values of the questions that are integer constants on this architecture; the others are left out of the answer.
 * Questions that the compiler refuses are taken away and the rest is asked again until it compiles.
 */
export function evaluate(arch: Arch, prelude: string, questions: readonly Question[]): Map<string, bigint> {
  let left = [...questions];
  for (;;) {
    const rows = left.map(({ expression: x }) => `(long long)(${x}), ((__typeof__(${x}))-1) > 0,\n`);
    const source = `${prelude}\nconst long long answers[] = {\n#line 1 "questions"\n${rows.join("")}};\n`;
    const { ok, out, errors } = run(arch, ["-S"], source);
    if (ok) return readAnswers(out, left);
    const refused = new Set(
      [...errors.matchAll(/^questions:(\d+):\d+: error:/gm)].map((match) => Number(match[1]) - 1),
    );
    if (refused.size === 0) throw new Error(`${COMPILER[arch]} does not take the headers:\n${errors}`);
    left = left.filter((_, index) => !refused.has(index));
  }
}

/** Reads the array back from its directives: .quad or .xword for one number, .zero for a run of zero bytes. */
function readAnswers(assembly: string, questions: readonly Question[]): Map<string, bigint> {
  const words: bigint[] = [];
  for (const match of assembly.matchAll(/^\t\.(quad|xword|zero)\t(-?\d+)$/gm)) {
    if (match[1] === "zero") for (let n = Number(match[2]) / 8; n > 0; n--) words.push(0n);
    else words.push(BigInt(match[2] ?? ""));
  }
  if (words.length !== questions.length * 2)
    throw new Error("the compiler's data are not the array that was asked for");
  return new Map(
    questions.map(({ key }, index) => {
      const value = words[index * 2] ?? 0n;
      return [key, words[index * 2 + 1] === 1n ? BigInt.asUintN(64, value) : value];
    }),
  );
}

/** What a small C program prints on this machine, where it needs to run: the C library's error texts. */
export function runHere(source: string): string {
  const path = `/tmp/gen-abi-${process.pid}`;
  const built = Bun.spawnSync([COMPILER[HOST], "-x", "c", "-o", path, "-"], { stdin: Buffer.from(source) });
  if (built.exitCode !== 0) throw new Error(`${COMPILER[HOST]} failed:\n${built.stderr.toString()}`);
  try {
    return Bun.spawnSync([path], { env: { LC_ALL: "C" } }).stdout.toString();
  } finally {
    Bun.spawnSync(["rm", path]);
  }
}
