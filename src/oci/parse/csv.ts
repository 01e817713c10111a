// One line of comma-separated values with quotes, as `--mount` has it: "type=bind,\"source=/a,b\",target=/c".
// Source: RFC 4180, read as strictly as Go's encoding/csv does.

/** The fields of a line, or what is wrong with it. */
export function readCsv(line: string): readonly string[] | { readonly fault: string } {
  if (/[\r\n]/.test(line)) return { fault: "line break" };
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const field = line[at] === '"' ? readQuoted(line, at) : readPlain(line, at);
    if ("fault" in field) return field;
    fields.push(field.text);
    if (field.end === line.length) return fields;
    at = field.end + 1;
  }
}

type Field = { readonly text: string; readonly end: number } | { readonly fault: string };

function readPlain(line: string, start: number): Field {
  const comma = line.indexOf(",", start);
  const end = comma < 0 ? line.length : comma;
  const text = line.slice(start, end);
  return text.includes('"') ? { fault: "a quote within a field: put the whole field in quotes" } : { text, end };
}

function readQuoted(line: string, start: number): Field {
  let text = "";
  for (let at = start + 1; ;) {
    const quote = line.indexOf('"', at);
    if (quote < 0) return { fault: "a quote that is not closed" };
    text += line.slice(at, quote);
    if (line[quote + 1] !== '"') {
      const end = quote + 1;
      if (end < line.length && line[end] !== ",") return { fault: "text after a closing quote" };
      return { text, end };
    }
    text += '"';
    at = quote + 2;
  }
}
