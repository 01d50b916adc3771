/** What tests reached of a source file. */
export interface FileCoverage {
  /** From the project's root. */
  readonly file: string;
  /** The lines that have code: how often they ran, or at least 1 if they did. */
  readonly lines: ReadonlyMap<number, number>;
}

/**
 * Reads an lcov tracefile.
 *
 * @throws SyntaxError on a line that is of a kind used here and has not its form, and on a file with no record at all.
 */
export function parseTracefile(text: string): readonly FileCoverage[] {
  const files: FileCoverage[] = [];
  let file: string | undefined;
  let lines = new Map<number, number>();
  for (const record of text.split(/\r?\n/u)) {
    const [, kind = record, content = ""] = /^([A-Z]+):(.*)$/u.exec(record) ?? [];
    if (kind === "SF") {
      [file, lines] = [content, new Map<number, number>()];
    } else if (kind === "DA") {
      const match = /^(\d+),(\d+)(?:,.*)?$/u.exec(content);
      if (match === null) throw new SyntaxError(`The tracefile has "${record}"`);
      const line = Number(match[1]);
      lines.set(line, (lines.get(line) ?? 0) + Number(match[2]));
    } else if (kind === "end_of_record") {
      if (file === undefined) throw new SyntaxError("The tracefile ends a record that it did not begin");
      files.push({ file, lines });
      file = undefined;
    }
  }
  if (files.length === 0) throw new SyntaxError("The tracefile has no record");

  return files;
}
