import { csvCell } from "../../../domain/csv-cell.ts";

/** Lines of cells as comma-separated values (RFC 4180), which no spreadsheet takes for formulas, whoever wrote the cells. */
export function csvText(lines: readonly (readonly string[])[]): string {
  return lines.map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}
