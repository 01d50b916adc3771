/** A row of a table by RFC 4180, with its line end. */
export function csvRow(cells: readonly (string | number | null)[]): string {
  return `${cells.map((cell) => cellOf(String(cell ?? ""))).join(",")}\n`;
}

function cellOf(text: string): string {
  return /[",\n\r]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
