import { createRequire } from "node:module";
import { dirname, join } from "node:path";

// Fonts that have the letters of names in all of Europe; those that every PDF reader has are of the west alone.
const folder = join(dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json")), "ttf");
const fontFiles = { text: "DejaVuSans.ttf", bold: "DejaVuSans-Bold.ttf", code: "DejaVuSansMono.ttf" };
type Font = keyof typeof fontFiles;

/** In points, on A4. */
export const sheet = { left: 48, right: 547, bottom: 780, foot: 800, row: 14 };
export const sizes = { title: 17, heading: 10.5, text: 8, code: 6.6 };
export const grey = "#57554d";

/** A text in its column. */
export interface Cell {
  readonly text: string;
  readonly x: number;
  readonly width: number;
  readonly isRight?: boolean;
  readonly font?: Font;
}

/** Writes from the top of a page to its bottom, and goes on on the next one. */
export interface PdfPen {
  /** A line of cells; a text that has no room in its column ends with an ellipsis. */
  row(cells: readonly Cell[], font?: Font, colour?: string): void;
  /** A line above the next row. */
  rule(weight: number): void;
  paragraph(text: string, font: Font, size: number, colour?: string): void;
  skip(points: number): void;
  /** Goes to the next page where so much has no room. @returns whether it did */
  makeRoom(points: number): boolean;
  /** Writes at the foot of every page, once all are there. */
  writeFeet(textOf: (page: number, pages: number) => string): void;
}

export function createPdfPen(document: PDFKit.PDFDocument): PdfPen {
  for (const [name, file] of Object.entries(fontFiles)) document.registerFont(name, join(folder, file));
  let y = sheet.left;

  function makeRoom(points: number): boolean {
    if (y + points <= sheet.bottom) return false;
    document.addPage();
    y = sheet.left;
    return true;
  }

  return {
    makeRoom,
    row(cells, font = "text", colour = "black") {
      for (const { text, x, width, isRight, font: own = font } of cells) {
        document
          .font(own)
          .fontSize(own === "code" ? sizes.code : sizes.text)
          .fillColor(colour);
        const fitting = fit(document, text, width);
        const left = isRight === true ? x + width - document.widthOfString(fitting) : x;
        document.text(fitting, left, y + (own === "code" ? 1.2 : 0), { lineBreak: false });
      }
      y += sheet.row;
    },
    rule(weight) {
      document.moveTo(sheet.left, y - 3).lineTo(sheet.right, y - 3);
      document.lineWidth(weight).strokeColor("black").stroke();
    },
    paragraph(text, font, size, colour = "black") {
      const width = sheet.right - sheet.left;
      document.font(font).fontSize(size).fillColor(colour);
      makeRoom(document.heightOfString(text, { width }));
      document.text(text, sheet.left, y, { width });
      y = document.y + 4;
    },
    skip(points) {
      y += points;
    },
    writeFeet(textOf) {
      const { start, count } = document.bufferedPageRange();
      for (let index = start; index < start + count; index += 1) {
        document.switchToPage(index);
        // Below the margin a text would begin a new page.
        document.page.margins.bottom = 0;
        const text = textOf(index - start + 1, count);
        document.font("text").fontSize(sizes.text).fillColor(grey);
        document.text(text, sheet.right - document.widthOfString(text), sheet.foot, { lineBreak: false });
      }
    },
  };
}

/** The text as far as it has room, with an ellipsis where it had not. */
function fit(document: PDFKit.PDFDocument, text: string, width: number): string {
  if (document.widthOfString(text) <= width) return text;
  let kept = text;
  while (kept !== "" && document.widthOfString(`${kept}…`) > width) kept = kept.slice(0, -1);
  return `${kept}…`;
}
