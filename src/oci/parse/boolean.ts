// Booleans as Go's strconv.ParseBool reads them, which Docker applies to values.

const TRUE: readonly string[] = ["1", "t", "T", "true", "True", "TRUE"];
const FALSE: readonly string[] = ["0", "f", "F", "false", "False", "FALSE"];

/** undefined where it is none. */
export function readBoolean(text: string): boolean | undefined {
  if (TRUE.includes(text)) return true;
  return FALSE.includes(text) ? false : undefined;
}
