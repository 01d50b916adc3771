/** Lines of cells as comma-separated values (RFC 4180), which no spreadsheet takes for formulas, whoever wrote the cells. */
export function csvText(lines: readonly (readonly string[])[]): string {
  return lines.map((cells) => `${cells.map(cellOf).join(",")}\r\n`).join("");
}

/** A cell that begins with one of these signs is a formula to a spreadsheet. */
function cellOf(text: string): string {
  const safe = /^[=+\-@\t\r]/u.test(text) ? `'${text}` : text;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
