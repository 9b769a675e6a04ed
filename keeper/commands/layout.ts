/** What a terminal of usual width shows in a line. */
export const LINE_WIDTH = 100;

/** Characters that are not seen, or that change what is: control, bidirectional, invisible, private and broken ones. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** What others have written, such as a token's symbol, without anything that could steer a terminal; at most `most` long. */
export function plainText(text: string, most = 200): string {
  const plain = text.replaceAll(UNSEEN, "");
  return plain.length > most ? `${plain.slice(0, most - 1)}…` : plain;
}

/** Broken at spaces into lines of at most `width`; a longer word stands alone. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Rows in columns, two spaces apart; the last one is broken so that nothing is wider than a line. */
export function columns(rows: readonly (readonly string[])[], indent = "  "): readonly string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: Math.max(0, count - 1) }, (_, i) =>
    Math.max(0, ...rows.map((row) => (row.length > i + 1 ? (row[i]?.length ?? 0) : 0))),
  );
  return rows.flatMap((row) => {
    const head = row.slice(0, -1).map((cell, i) => cell.padEnd(widths[i] ?? 0));
    const before = indent + head.map((cell) => `${cell}  `).join("");
    const lines = wrapped(row.at(-1) ?? "", Math.max(20, LINE_WIDTH - before.length));
    return lines
      .map((line, i) => (i === 0 ? before : " ".repeat(before.length)) + line)
      .map((line) => line.trimEnd());
  });
}

/** JSON for machines: integers as decimal strings, maps as objects. */
export function asJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_, field: unknown) => {
      if (typeof field === "bigint") return field.toString();
      if (field instanceof Map) return Object.fromEntries(field as Map<string, unknown>);
      return field;
    },
    2,
  );
}
