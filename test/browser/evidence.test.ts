import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import type { Browser, BrowserContext, Page } from "playwright-core";

import { evidenceAnswer } from "../../services/http/api/evidence-answer.ts";
import { accessibilityViolations } from "../helpers/axe.ts";
import { desk, ensureBuiltPage, launchBrowser, openWindow, phone, takePicture } from "../helpers/browser.ts";
import { startScript, type RunningScript } from "../scripts/run-script.ts";

/** The demo has it all: sessions of many kinds, a claim, a sale, and holders of shares. */
describe("The section about evidence on the operator's page", function () {
  this.timeout(600_000);
  let browser: Browser;
  let demo: RunningScript;
  let address = "";
  let key = "";
  let folder = "";
  let context: BrowserContext | undefined;

  before(async function () {
    await ensureBuiltPage();
    folder = mkdtempSync(join(tmpdir(), "wattproof-evidence-"));
    demo = startScript("start", ["--data", folder]);
    const [place, secret] = await Promise.all([demo.line(/^The operator's page: /u), demo.line(/^Its key, /u)]);
    address = /http:\S+/u.exec(place)?.[0] ?? "";
    key = /\S+$/u.exec(secret)?.[0] ?? "";
    browser = await launchBrowser();
  });
  after(async function () {
    await browser.close();
    demo.child.kill("SIGINT");
    await demo.finished;
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async function () {
    await context?.close();
    context = undefined;
  });

  async function arrive(options?: Parameters<typeof openWindow>[1]): Promise<Page> {
    context = await openWindow(browser, options);
    const page = await context.newPage();
    await page.goto(new URL("#/evidence", address).href);
    await page.getByRole("textbox").fill(key);
    await page.keyboard.press("Enter");
    await page.locator(".evidence-chart").nth(1).waitFor();
    return page;
  }

  async function told(): Promise<NonNullable<ReturnType<typeof evidenceAnswer.parse>["evidence"]>> {
    const response = await fetch(new URL("/v1/operator/evidence", address), {
      headers: { authorization: `Bearer ${key}` },
    });
    return evidenceAnswer.parse(await response.json()).evidence ?? expect.fail("There is no evidence.");
  }

  it("shows on a desk what the service tells, to the last digit, and saves every table", async function () {
    const page = await arrive({ viewport: desk });
    const { claims, offers, shares, outside, insight } = await told();
    const section = page.getByRole("region", { name: "Evidence" });
    const [claim] = claims;
    const claimedKwh = String(Number(claim?.energyWh ?? 0) / 1_000);
    expect(Number(claimedKwh)).to.be.greaterThan(150);
    await section.getByLabel("Purpose").getByText("X-DEMO-2026").waitFor({ state: "attached" });
    const summary = `X-DEMO-2026. Claimed: ${claimedKwh} kWh. Can be claimed: `;
    expect(await section.getByRole("img").first().getAttribute("aria-label")).to.contain(summary);
    expect(claim?.provenWh).to.equal(claim?.energyWh);
    expect(outside.map(({ reason }) => reason)).to.include.members(["corrected", "expired"]);

    const tables = ["Energy by month", "Does not count: why", "Claims", "Sales", "Holders of shares"];
    for (const name of tables) {
      const download = page.waitForEvent("download");
      await section.getByRole("button", { name: `Save as CSV: ${name}` }).click();
      const lines = (await readFile(await (await download).path(), "utf8")).trim().split("\r\n");
      const rows = await section.getByRole("group", { name, exact: true }).last().getByRole("row").count();
      expect(lines, name).to.have.lengthOf(rows);
      if (name === "Claims") expect(lines[1]).to.contain(`${claimedKwh} kWh`).and.to.contain("Active");
      if (name === "Sales") expect(lines[1]).to.contain(offers[0]?.root).and.to.contain("50.00 DEMO");
      if (name === "Holders of shares") {
        expect(lines.slice(1).map((line) => line.split(",")[0])).to.deep.equal(
          shares[0]?.holders.map(({ holder }) => holder),
        );
      }
    }
    await section.getByText(`Told of as unusual: ${insight.alarms} in ${insight.sessions} proven sessions.`).waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "evidence-desk-light");
  });

  it("fits on a phone, in the dark, and scrolls its charts and tables by themselves", async function () {
    const page = await arrive({ viewport: phone, colorScheme: "dark" });
    expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).to.equal(true);
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "evidence-phone-dark");
  });

  it("speaks four languages", async function () {
    for (const [locale, title, claims] of [
      ["de-CH", "Nachweise", "Ansprüche"],
      ["fr-CH", "Preuves", "Revendications"],
      ["it-CH", "Prove", "Rivendicazioni"],
    ] as const) {
      const page = await arrive({ locale, viewport: desk });
      const section = page.getByRole("region", { name: title, exact: true });
      await section.getByRole("heading", { name: claims, exact: true }).waitFor();
      expect(await accessibilityViolations(page)).to.deep.equal([]);
      await takePicture(page, `evidence-desk-${locale}`);
      await context?.close();
    }
  });
});
