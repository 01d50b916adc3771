/** What begins a formula in a spreadsheet, also behind spaces, and in the wide forms of Asian keyboards. */
const formulaSign = /^[\s\p{Cf}]*[=+\-@＝＋－＠]|^[\t\r\n]/u;

/** A cell of comma-separated values (RFC 4180), quoted where it has to be, which no spreadsheet takes for a formula. */
export function csvCell(text: string): string {
  const safe = formulaSign.test(text) ? `'${text}` : text;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
