import { createReadStream } from "node:fs";

import writeXlsxFile from "write-excel-file/node";
import { z } from "zod";

import { csvCell } from "../../../services/domain/csv-cell.ts";
import { readDossier, type DossierPart } from "../../../services/dossier/format/read-dossier.ts";
import { findPurpose, listPurposes, type Purpose } from "../../../services/dossier/purposes/purpose.ts";
import { rowsOf, type ColumnCell } from "../../../services/dossier/purposes/rows.ts";
import { WattproofError } from "../../../services/errors.ts";
import { utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { writePrivatePieces } from "../../command-line/private-file.ts";
import type { Output } from "../../command-line/output.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { judgeDossier } from "../../verify/judge-dossier.ts";

const formats = ["csv", "xlsx"] as const;
/** What a sheet of Excel holds, its heading apart. */
const mostSheetRows = 1_048_575;

export const dossierColumns = defineVerb({
  path: ["dossier", "columns"],
  summary: "writes a dossier as the table that its purpose asks for: CSV or XLSX",
  description:
    "Verifies the dossier first, without a chain, and writes nothing if it is refused. Which columns a purpose has, and which\n" +
    "rule asks for each of them, is in services/dossier/purposes/ and shown with --list. Read the rules themselves before you\n" +
    "rely on it. The file can hold drivers' data: only its owner can read it.",
  arguments: [{ syntax: "[file]", description: "the dossier" }],
  options: [
    { flags: "--format <format>", description: `${formats.join(" or ")}; default csv` },
    { flags: "--as <purpose>", description: "the columns of another purpose than the dossier's own" },
    { flags: "--out <file>", description: "where to write; default: beside the dossier" },
    { flags: "--list", description: "shows purposes, columns and their sources instead" },
  ],
  access: "none",
  examples: ["dossier columns ere-2026.json --format xlsx", "dossier columns --list"],
  input: z.object({
    file: z.string().optional(),
    format: z.enum(formats, `must be one of ${formats.join(", ")}`).default("csv"),
    as: z.string().optional(),
    out: z.string().optional(),
    list: z.boolean().default(false),
  }),
  async run({ file, format, as, out, list }, { output, startProgress }) {
    if (list) {
      showPurposes(output);
      return exitCode.done;
    }
    if (file === undefined) throw new WattproofError("USAGE_INVALID", "Say which dossier, or --list.");
    const { verdict, reasons } = await judgeDossier(file, null);
    if (verdict === "refused") {
      const [first] = reasons;
      throw new WattproofError(first?.code ?? "INTERNAL", `${first?.where ?? ""}; ${reasons.length} reasons in all`);
    }
    const purpose = findPurpose(as ?? (await purposeOf(file)));
    if (purpose === null) throw new WattproofError("DOSSIER_PURPOSE_UNKNOWN", "It has no columns; say --as <purpose>.");
    const path = out ?? `${file.replace(/\.json$/u, "")}.${format}`;
    const progress = startProgress("rows", mostSheetRows);
    let rows = 0;
    const counted = countRows(rowsOf(partsOf(file), purpose), () => {
      rows += 1;
      progress.advance();
    });
    await writePrivatePieces(path, format === "csv" ? csvPieces(purpose, counted) : xlsxPieces(purpose, counted));
    progress.stop();
    output.json({ file: path, format, purpose: purpose.id, columns: purpose.columns.length, rows });
    output.line(`${rows} rows: ${path}`);
    output.remark(purpose.note);

    return exitCode.done;
  },
});

function showPurposes(output: Output): void {
  const purposes = listPurposes();
  output.json({ purposes });
  for (const { id, title, row, columns, note } of purposes) {
    output.line(`${id}: ${title}`);
    output.line(`  one row for each ${row.replaceAll("-", " ")}. ${note}`);
    for (const { name, source } of columns) output.line(`  ${name.padEnd(36)}${source}`);
    output.line();
  }
}

function partsOf(path: string): AsyncGenerator<DossierPart> {
  return readDossier(createReadStream(path));
}

async function purposeOf(path: string): Promise<string> {
  for await (const part of partsOf(path)) if (part.name === "manifest") return part.value.purpose;
  throw new WattproofError("DOSSIER_FORM_INVALID", "There is no manifest.");
}

async function* countRows(
  rows: AsyncIterable<readonly ColumnCell[]>,
  onRow: () => void,
): AsyncGenerator<readonly ColumnCell[]> {
  for await (const row of rows) {
    onRow();
    yield row;
  }
}

/** RFC 4180, with a heading. */
async function* csvPieces(
  { columns }: Purpose,
  rows: AsyncIterable<readonly ColumnCell[]>,
): AsyncGenerator<Uint8Array> {
  yield lineOf(columns.map(({ name }) => name));
  for await (const row of rows) yield lineOf(row.map(textOf));
}

function lineOf(fields: readonly string[]): Uint8Array {
  return Buffer.from(`${fields.map(csvCell).join(",")}\r\n`);
}

/** A sheet is made in memory, since a workbook is an archive. */
async function* xlsxPieces(purpose: Purpose, rows: AsyncIterable<readonly ColumnCell[]>): AsyncGenerator<Uint8Array> {
  const sheet: (string | number)[][] = [purpose.columns.map(({ name }) => name)];
  for await (const row of rows) {
    if (sheet.length > mostSheetRows) {
      throw new WattproofError("DOSSIER_TOO_LARGE", `A sheet holds ${mostSheetRows} rows; CSV has no such limit.`);
    }
    sheet.push(row.map(valueOf));
  }
  const sources = purpose.columns.map(({ name, source }) => [name, source]);
  yield await writeXlsxFile([
    { data: sheet, sheet: purpose.id },
    { data: [["column", "source"], ...sources, [], [purpose.note]], sheet: "Sources" },
  ]).toBuffer();
}

function textOf(cell: ColumnCell): string {
  switch (cell.kind) {
    case "text":
      return cell.text;
    case "count":
      return String(cell.count);
    case "time":
      return utc(cell.seconds);
    case "energy":
      return decimalOf(cell.microWh, cell.unit === "kWh" ? 9 : 12);
  }
}

/** A number where the sheet's numbers can say it exactly, which is up to fifteen digits; else its text. */
function valueOf(cell: ColumnCell): string | number {
  if (cell.kind === "count") return cell.count;
  const text = textOf(cell);
  if (cell.kind !== "energy") return text;
  return text.replace(".", "").replace(/^0+/u, "").length <= 15 ? Number(text) : text;
}

/** An integer with its point so many places from the right, without zeros behind. */
function decimalOf(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/u, "");
  return fraction === "" ? digits.slice(0, -places) : `${digits.slice(0, -places)}.${fraction}`;
}
