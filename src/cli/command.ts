// What a verb of the command line is: plain data. The parser (args.ts), the help (help.ts) and the shell completions
// (complete.ts) are all made from these tables, so an option cannot be accepted and yet missing from the help.
//
// A table is written `{ ... } as const satisfies Command`: the literal types make a misspelt option name in a verb's
// code a compile error (see `OptionName`).

/**
 * Where the shell finds the possible values: names known to bunker ("object" is a container or an image), paths, or a
 * list of suggestions.
 */
export type Completion = "image" | "container" | "object" | "file" | "dir" | readonly string[];

interface OptionBase {
  /** The long name, without dashes: "memory". */
  readonly name: string;
  /** The one-letter name, without its dash: "m". */
  readonly short?: string;
  /** Other long names that mean the same; accepted, but neither listed nor completed. */
  readonly aliases?: readonly string[];
  /** One sentence without a full stop, with unit and default where there are any. */
  readonly help: string;
  /** The heading it stands under in the help; "Options" where there is none. */
  readonly group?: string;
  /** Accepted, but neither listed nor completed. */
  readonly hidden?: boolean;
}

/** On or off: `--rm`, `--rm=false`. Off where it is not given. */
export interface FlagOption extends OptionBase {
  readonly kind: "flag";
}

interface ValueOption extends OptionBase {
  /** What stands for the value in the help: "BYTES". */
  readonly value: string;
  /** The only values there are: the parser refuses others. */
  readonly choices?: readonly string[];
  /** Values to suggest; not needed where there are `choices`. */
  readonly complete?: Completion;
}

/** One value; the last one given counts. */
export interface StringOption extends ValueOption {
  readonly kind: "string";
}

/** A value each time it is given; all count, in their order. */
export interface ListOption extends ValueOption {
  readonly kind: "list";
}

export type Option = FlagOption | StringOption | ListOption;

/** The headings of `bunker --help`, in its order. */
export const COMMAND_GROUPS = {
  main: "Main command",
  containers: "Containers",
  images: "Images",
  machine: "This machine",
} as const;

export interface Command {
  readonly name: string;
  /** One line for `bunker --help`, without a full stop. */
  readonly summary: string;
  readonly group: keyof typeof COMMAND_GROUPS;
  /** Whole lines: "bunker run [OPTIONS] IMAGE [COMMAND] [ARG...]". */
  readonly usage: readonly string[];
  /** Paragraphs; the help wraps them. */
  readonly description?: readonly string[];
  readonly options: readonly Option[];
  /** True where everything after the first operand belongs to somebody else (run: to the container). */
  readonly stopAtFirstOperand: boolean;
  readonly minOperands: number;
  /** `Infinity` where there is no end. */
  readonly maxOperands: number;
  /** The operands as the usage writes them: "CONTAINER", "SOURCE NAME". Empty where there are none. */
  readonly operandName: string;
  /** What the operands are, by position; the last entry stands for all further ones. */
  readonly completeOperands?: readonly Completion[];
  readonly examples: readonly {
    readonly command: string;
    readonly does: string;
  }[];
}

/** The names of a command's options of one kind. */
export type OptionName<C extends Command, Kind extends Option["kind"] = Option["kind"]> = Extract<
  C["options"][number],
  { readonly kind: Kind }
>["name"];
