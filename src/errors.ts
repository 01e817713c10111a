// Errors are values with context: which operation failed, on which object, why, and what to do about it.
// Library code throws them and never prints; `formatError` is the one place where they become text.

/** The exit codes of Docker's command line that bunker keeps. */
export const EXIT = { ok: 0, failure: 1, usage: 125, notExecutable: 126, notFound: 127 } as const;

/** What a user did or meets: the message is complete and the remedy, where there is one, says what to do next. */
export class UserError extends Error {
  readonly remedy: string | undefined;
  readonly exitCode: number;

  constructor(message: string, options: { remedy?: string; exitCode?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "UserError";
    this.remedy = options.remedy;
    this.exitCode = options.exitCode ?? EXIT.failure;
  }
}

/** The command line itself is wrong. */
export class UsageError extends UserError {
  /** The verb whose help is worth a look; empty for bunker's own. */
  readonly verb: string;

  constructor(message: string, verb = "", remedy?: string) {
    super(message, { exitCode: EXIT.usage, ...(remedy === undefined ? {} : { remedy }) });
    this.name = "UsageError";
    this.verb = verb;
  }
}

/** A system call that failed: "open /etc/x: No such file or directory (ENOENT)". */
export class SysError extends Error {
  /** What was tried and on what, in words: "open /etc/x". */
  readonly operation: string;
  /** Positive errno. */
  readonly errno: number;
  /** Its name: "ENOENT". */
  readonly code: string;

  constructor(operation: string, errno: number, code: string, text: string) {
    super(`${operation}: ${text} (${code})`);
    this.name = "SysError";
    this.operation = operation;
    this.errno = errno;
    this.code = code;
  }
}

/** The message, then its remedy on a line of its own. */
export function formatError(error: unknown): string {
  if (error instanceof UsageError) {
    const hint = `run 'bunker ${error.verb === "" ? "" : `${error.verb} `}--help' to see how it is used`;
    return `bunker: ${error.message}\n  ${error.remedy ?? hint}`;
  }
  if (error instanceof UserError && error.remedy !== undefined) return `bunker: ${error.message}\n  ${error.remedy}`;
  if (error instanceof Error) return `bunker: ${error.message}`;
  return `bunker: ${String(error)}`;
}

/** The exit code of an error that ends the program. */
export function exitCodeOf(error: unknown): number {
  return error instanceof UserError ? error.exitCode : EXIT.failure;
}
