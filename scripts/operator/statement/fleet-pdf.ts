import PDFDocument from "pdfkit";

import type { DossierManifest } from "../../../services/dossier/format/dossier-schema.ts";
import { printedCode, type FleetGroup, type FleetStatement } from "../../../services/dossier/fleet/fleet-statement.ts";
import { fleetFormatsOf, type FleetFormats } from "./fleet-formats.ts";
import { fleetWordsOf, type FleetWord } from "./fleet-words.ts";
import { createPdfPen, grey, sheet, sizes, type Cell, type PdfPen } from "./pdf-pen.ts";

/** What the head of a statement says. */
export interface FleetHead {
  readonly manifest: Pick<DossierManifest, "operator" | "fromSeconds" | "toSeconds">;
  readonly root: string;
  /** BCP 47: language of the words, and form of dates and numbers. */
  readonly locale: string;
}

/** What every part of a statement is written with. */
interface Desk {
  readonly pen: PdfPen;
  readonly statement: FleetStatement;
  readonly words: (word: FleetWord, values?: Readonly<Record<string, string>>) => string;
  readonly format: FleetFormats;
  /** Empty without a price. */
  readonly currency: string;
}

const columns = {
  begin: { x: 48, width: 84 },
  end: { x: 134, width: 84 },
  place: { x: 220, width: 82 },
  meter: { x: 304, width: 52 },
  energy: { x: 356, width: 44, isRight: true },
  amount: { x: 402, width: 48, isRight: true },
  code: { x: 456, width: 92 },
} as const;
const summed = {
  vehicle: { x: 48, width: 240 },
  charges: { x: 290, width: 64, isRight: true },
  energy: columns.energy,
  amount: columns.amount,
} as const;

/** A statement as a PDF on A4, with each figure as it stands in the CSV, and a code on each line. */
export async function fleetPdf(statement: FleetStatement, head: FleetHead): Promise<Uint8Array> {
  const words = fleetWordsOf(head.locale);
  const document = new PDFDocument({
    ...{ size: "A4", margin: sheet.left, bufferPages: true, lang: head.locale, displayTitle: true, pdfVersion: "1.7" },
    info: { Title: words("title"), Author: head.manifest.operator, Subject: head.root },
  });
  const pieces: Buffer[] = [];
  const done = new Promise<Uint8Array>((resolve, reject) => {
    document.on("data", (piece: Buffer) => pieces.push(piece));
    document.on("end", () => {
      resolve(Buffer.concat(pieces));
    });
    document.on("error", reject);
  });
  const pen = createPdfPen(document);
  const { price } = statement.terms;
  const format = fleetFormatsOf(statement.terms, head.locale);
  const desk: Desk = { pen, statement, words, format, currency: price?.currency ?? "" };
  writeHead(desk, head);
  writeVehicles(desk);
  for (const group of statement.groups) writeGroup(desk, group);
  writeNotes(desk);
  pen.writeFeet((page, pages) => words("page", { page: String(page), pages: String(pages) }));
  document.end();

  return done;
}

function writeHead({ pen, statement, words, format }: Desk, { manifest, root }: FleetHead): void {
  const [from = "", to = ""] = [manifest.fromSeconds, manifest.toSeconds].map(format.moment);
  pen.paragraph(words("title"), "bold", sizes.title);
  pen.paragraph(words("period", { from, to, zone: statement.terms.timeZone }), "text", sizes.heading);
  pen.paragraph(`${words("operator")} ${manifest.operator}`, "code", sizes.text, grey);
  pen.paragraph(`${words("dossier")} ${root}`, "code", sizes.text, grey);
  pen.skip(6);
}

/** What each vehicle comes to. */
function writeVehicles({ pen, statement, words, format, currency }: Desk): void {
  const { groups } = statement;
  if (groups.length === 0) {
    pen.paragraph(words("none"), "text", sizes.heading);
    return;
  }
  const cells = (texts: readonly [vehicle: string, charges: string, energy: string, amount: string]): Cell[] => [
    { ...summed.vehicle, text: texts[0] },
    { ...summed.charges, text: texts[1] },
    { ...summed.energy, text: texts[2] },
    { ...summed.amount, text: texts[3] },
  ];
  const sumsOf = (name: string, own: readonly FleetGroup[]): Cell[] => {
    const printedWh = own.reduce((sum, group) => sum + group.printedWh, 0n);
    const amount = own.reduce((sum, group) => sum + (group.amount ?? 0n), 0n);
    const count = own.reduce((sum, { lines }) => sum + lines.length, 0);
    return cells([
      ...([name, format.count(count), format.energy(printedWh)] as const),
      currency === "" ? "" : format.amount(amount),
    ]);
  };
  pen.row(cells([words("vehicle"), words("charges"), "kWh", currency]), "text", grey);
  pen.rule(0.5);
  for (const [vehicle, own] of Map.groupBy(groups, (group) => group.vehicle)) {
    pen.makeRoom(sheet.row);
    pen.row(sumsOf(vehicle, own));
  }
  pen.makeRoom(sheet.row);
  pen.rule(1);
  pen.row(sumsOf(words("total"), groups), "bold");
}

/** One vehicle's month, under its title on every page. */
function writeGroup(desk: Desk, group: FleetGroup): void {
  const { pen, words, format } = desk;
  pen.makeRoom(6 * sheet.row);
  writeTitle(desk, group);
  for (const line of group.lines) {
    if (pen.makeRoom(2 * sheet.row)) writeTitle(desk, group);
    pen.row([
      { ...columns.begin, text: format.time(line.beginSeconds) },
      { ...columns.end, text: format.time(line.endSeconds) },
      { ...columns.place, text: line.evseId },
      { ...columns.meter, text: line.meter },
      { ...columns.energy, text: format.energy(line.printedWh) },
      { ...columns.amount, text: line.amount === null ? "" : format.amount(line.amount) },
      { ...columns.code, text: printedCode(line.code), font: "code" },
    ]);
  }
  pen.rule(1);
  const sums = [
    { ...columns.begin, text: words("sum") },
    { ...columns.energy, text: format.energy(group.printedWh) },
    { ...columns.amount, text: group.amount === null ? "" : format.amount(group.amount) },
  ];
  pen.row(sums, "bold");
}

function writeTitle({ pen, words, format, currency }: Desk, { vehicle, month }: FleetGroup): void {
  pen.skip(8);
  pen.paragraph(`${vehicle} · ${format.month(month)}`, "bold", sizes.heading);
  const titles = [
    { ...columns.begin, text: words("begin") },
    { ...columns.end, text: words("end") },
    { ...columns.place, text: words("place") },
    { ...columns.meter, text: words("meter") },
    { ...columns.energy, text: "kWh" },
    { ...columns.amount, text: currency },
    { ...columns.code, text: words("code") },
  ];
  pen.row(titles, "text", grey);
  pen.rule(0.5);
}

/** How figures are rounded, and how a stranger checks them. */
function writeNotes({ pen, statement, words, format, currency }: Desk): void {
  const { price } = statement.terms;
  pen.skip(14);
  pen.paragraph(words("rounding"), "text", sizes.text, grey);
  if (price !== null) {
    const printed = { price: format.price(price.microPerKwh), currency, unit: format.amount(1n) };
    pen.paragraph(words("price", printed), "text", sizes.text, grey);
  }
  pen.paragraph(words("check"), "text", sizes.text, grey);
}
