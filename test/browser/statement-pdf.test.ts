import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";

import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { z } from "zod";

import { fleetPdf } from "../../scripts/operator/statement/fleet-pdf.ts";
import {
  composeFleetStatement,
  printedCode,
  type FleetStatement,
} from "../../services/dossier/fleet/fleet-statement.ts";
import { isShown } from "../../services/dossier/format/dossier-schema.ts";
import { launchBrowser, openWindow, takePicture } from "../helpers/browser.ts";
import { usualDossier } from "../helpers/dossier-world.ts";

const pdfjs = dirname(createRequire(import.meta.url).resolve("pdfjs-dist/package.json"));
/** What draws each page of `/statement.pdf` onto a canvas of its own, and says which text stands where. */
const viewer = `
import * as pdfjs from "/build/pdf.mjs";
pdfjs.GlobalWorkerOptions.workerSrc = "/build/pdf.worker.mjs";
const document_ = await pdfjs.getDocument({ url: "/statement.pdf", standardFontDataUrl: "/standard_fonts/" }).promise;
const pages = [];
for (let number = 1; number <= document_.numPages; number += 1) {
  const page = await document_.getPage(number);
  const viewport = page.getViewport({ scale: 1.5 });
  const canvas = document.body.appendChild(document.createElement("canvas"));
  canvas.width = viewport.width;
  canvas.height = viewport.height;
  await page.render({ canvas, canvasContext: canvas.getContext("2d"), viewport }).promise;
  const { items } = await page.getTextContent();
  const [, , width, height] = page.view;
  pages.push({ width, height, items: items.filter(({ str }) => str.trim() !== "").map(({ str, transform, width: own }) => {
    return { text: str, x: transform[4], y: transform[5], width: own };
  }) });
}
window.pages = pages;
`;
const pagesSchema = z.array(
  z.object({
    width: z.number(),
    height: z.number(),
    items: z.array(z.object({ text: z.string(), x: z.number(), y: z.number(), width: z.number() })),
  }),
);
type Pages = z.output<typeof pagesSchema>;

/** Drawn by the PDF viewer of Firefox, in Chromium. */
describe("A fleet statement as PDF", function () {
  let browser: Browser;
  let server: Server;
  let url = "";
  let content: Uint8Array = new Uint8Array();

  before(async function () {
    browser = await launchBrowser();
    server = createServer((request, response) => {
      const path = request.url ?? "/";
      const [type, body] =
        path === "/"
          ? ["text/html", `<!doctype html><title>statement</title><script type="module" src="/viewer.mjs"></script>`]
          : path === "/viewer.mjs"
            ? ["text/javascript", viewer]
            : path === "/statement.pdf"
              ? ["application/pdf", content]
              : ["text/javascript", readFileSync(join(pdfjs, path))];
      response.writeHead(200, { "content-type": type }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  after(async function () {
    await browser.close();
    server.close();
  });

  /** Many charges of a few vehicles, so that there is more than one page. */
  function statement(count: number): FleetStatement {
    const { manifest, months } = usualDossier();
    const sessions = months.flatMap((month) => month.sessions.filter(isShown));
    const own = Array.from({ length: count }, (_, index) => {
      const session = sessions[index % sessions.length];
      if (session === undefined) throw new RangeError("There is no session.");
      const beginSeconds = session.beginSeconds + index * 7_200;
      const salt = `0x${index.toString(16).padStart(64, "0")}`;
      const moved = { ...session, salt, beginSeconds, endSeconds: beginSeconds + 3_600 };
      return { vehicle: ["ZH 123 456", "GE 78 901", "Pool, Łódź"][index % 3] ?? "", session: moved };
    });
    const price = { microPerKwh: 321_500n, currency: "CHF", decimals: 2 };
    return composeFleetStatement(own, manifest, { timeZone: "Europe/Zurich", price });
  }

  async function draw(own: FleetStatement, locale: string): Promise<{ readonly page: Page; readonly pages: Pages }> {
    const { manifest, commitment } = usualDossier();
    content = await fleetPdf(own, { manifest, root: commitment.root ?? "", locale });
    const context = await openWindow(browser, { viewport: { width: 920, height: 1_300 } });
    const page = await context.newPage();
    await page.goto(url);
    await page.waitForFunction("window.pages !== undefined");
    return { page, pages: pagesSchema.parse(await page.evaluate("window.pages")) };
  }

  it("prints every figure and code of the statement, inside the page, and nothing over anything else", async function () {
    const own = statement(70);
    const { page, pages } = await draw(own, "de-CH");
    expect(pages.length).to.be.greaterThan(2);
    const items = pages.flatMap((one) => one.items);
    const texts = items.map(({ text }) => text);
    for (const line of own.groups.flatMap(({ lines }) => lines)) expect(texts).to.include(printedCode(line.code));
    const kwh = new Intl.NumberFormat("de-CH", { minimumFractionDigits: 3 });
    const total = kwh.format(Number(own.printedWh) / 1_000);
    expect(texts).to.include.members([total, "Ladeabrechnung", "Gesamt", "CHF", "Pool, Łódź"]);
    for (const group of own.groups) expect(texts).to.include(kwh.format(Number(group.printedWh) / 1_000));
    for (const { width, height, items: all } of pages) {
      for (const item of all) {
        expect(item.x >= 40 && item.x + item.width <= width - 40, item.text).to.equal(true);
        expect(item.y >= 20 && item.y <= height - 40, item.text).to.equal(true);
      }
      const rows = Map.groupBy(all, ({ y }) => Math.round(y / 4));
      for (const row of rows.values()) {
        const sorted = row.toSorted((left, right) => left.x - right.x);
        for (const [index, item] of sorted.entries()) {
          const next = sorted[index + 1];
          if (next !== undefined)
            expect(item.x + item.width <= next.x + 0.5, `${item.text} | ${next.text}`).to.equal(true);
        }
      }
    }
    await takePicture(page, "statement-de-CH");
    await page.context().close();
  });

  it("writes words, dates and numbers as each language has them", async function () {
    for (const [locale, title, number, date] of [
      ["en-GB", "Charging statement", "10.123", "January 2026"],
      ["de-DE", "Ladeabrechnung", "10,123", "Januar 2026"],
      ["fr-FR", "Relevé de recharges", "10,123", "janvier 2026"],
      ["it-IT", "Resoconto delle ricariche", "10,123", "gennaio 2026"],
      ["pl-PL", "Charging statement", "10,123", "styczeń 2026"],
    ] as const) {
      const { page, pages } = await draw(statement(6), locale);
      const texts = pages.flatMap(({ items }) => items.map(({ text }) => text));
      expect(texts, locale).to.include.members([title, number]);
      expect(
        texts.some((text) => text.endsWith(date)),
        `${locale}: ${date}`,
      ).to.equal(true);
      await takePicture(page, `statement-${locale}`);
      await page.context().close();
    }
  });

  it("says that there is no charge where there is none", async function () {
    const { page, pages } = await draw(statement(0), "en-GB");
    expect(pages).to.have.lengthOf(1);
    expect(pages[0]?.items.map(({ text }) => text)).to.include("There is no charge.");
    await page.context().close();
  });
});
