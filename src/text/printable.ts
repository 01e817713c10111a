// Text that comes from elsewhere (names, labels, arguments) on its way to a terminal: raw control characters in it could
// move the cursor, change colours, or forge a line.

/** The text with its control characters as escapes: a newline as \n, ESC as \x1b. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => {
    if (control === "\n") return "\\n";
    if (control === "\t") return "\\t";
    return `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

/** The text in double quotes, for a message. */
export function quoted(text: string): string {
  // JSON leaves DEL and the upper control characters (CSI among them) as they are.
  return printable(JSON.stringify(text));
}
