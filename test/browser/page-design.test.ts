import { statSync } from "node:fs";

import { expect } from "chai";
import type { Browser, Page } from "playwright-core";

import { builtPageFolder } from "../../services/http/public/page-files.ts";
import { accessibilityViolations } from "../helpers/axe.ts";
import { desk, launchBrowser, openWindow, overflowPx, phone, takePicture } from "../helpers/browser.ts";
import { openDriverWindow } from "../helpers/driver-window.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

const kwh = 1_000_000_000n;
const narrow = { width: 320, height: 692 };
/** WCAG 2.5.5: a thumb finds it; the project's own limit. */
const leastTargetPx = 44;

describe("The design of the driver's page", function () {
  let browser: Browser;
  let world: WebWorld;

  before(async function () {
    world = await startWebWorld();
    browser = await launchBrowser();
  });
  after(async function () {
    await browser.close();
    await world.close();
  });

  for (const colorScheme of ["light", "dark"] as const) {
    for (const viewport of [narrow, phone, desk]) {
      it(`shows every component in every state: ${colorScheme}, ${viewport.width} pixels`, async function () {
        const context = await openWindow(browser, { viewport, colorScheme });
        const page = await context.newPage();
        await page.goto(`${world.url}/#/components`);
        await page.getByRole("heading", { name: "10 Note and sheet" }).waitFor();
        expect(await accessibilityViolations(page)).to.deep.equal([]);
        expect(await overflowPx(page)).to.equal(0);
        expect(await smallTargets(page)).to.deep.equal([]);
        await takePicture(page, `components-${colorScheme}-${viewport.width}`);
        await page.getByRole("button", { name: "Open a sheet" }).click();
        await page.getByRole("dialog", { name: "A sheet" }).waitFor();
        expect(await accessibilityViolations(page)).to.deep.equal([]);
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
        await context.close();
      });
    }
  }

  it("has state, price and the one next step of a charger on the first screen", async function () {
    const { page, context } = await openDriverWindow(browser, world, { window: { viewport: phone } });
    for (const shown of [
      page.getByRole("heading", { name: `Charger ${world.point.evse}` }),
      page.getByText("DE*WTP*E1").first(),
      page.getByText("0.5297 DEMO"),
      page.getByText("30 kWh ≈"),
      page.getByText("The most you want to pay"),
      page.getByRole("button", { name: / and start$/ }),
    ]) {
      await shown.waitFor();
      const box = await shown.boundingBox();
      expect((box?.y ?? phone.height) + (box?.height ?? 0), await shown.innerText()).to.be.at.most(phone.height);
    }
    expect(await page.getByRole("button", { name: /^Pay with/ }).count()).to.equal(0);
    await context.close();
  });

  it("shows people no hexadecimal number, and amounts of two decimals with dates, from the charger to the history", async function () {
    const { page, context, connect, open, goTo } = await openDriverWindow(browser, world, {
      window: { viewport: narrow },
    });
    await connect();
    await page.getByRole("heading", { name: "What you sign" }).waitFor();
    await isForPeople(page);
    await takePicture(page, "narrow-sign");
    const sessionId = await open();
    await isForPeople(page);
    await world.step(sessionId, "B", 0n, 0);
    await world.step(sessionId, "C", 3_166_000_000n, 600);
    await page.getByText("3.16 kWh", { exact: true }).waitFor();
    await isForPeople(page);
    await takePicture(page, "narrow-charging");
    // Which charger this is stands above, and after a reload it is still said who has signed.
    await page.reload();
    await page.getByText(/^DE\*WTP\*E1, since .* 2026, /).waitFor();
    await page.getByText("signed by the meter", { exact: true }).waitFor();
    expect(await page.getByText("Neither meter nor charger").count()).to.equal(0);

    // The large figure changes by a touch.
    await page.getByRole("button", { name: /3\.16 kWh/ }).click();
    await page.locator(".ring .figure", { hasText: "3.16" }).waitFor();

    await world.step(sessionId, "E", 0n, 1_200);
    await page.getByText("Verified by your phone").waitFor();
    await isForPeople(page);
    expect(await addsUp(page)).to.equal(true);
    await takePicture(page, "narrow-receipt");
    await goTo("/history");
    await page.getByRole("heading", { name: /^[A-Z][a-z]+ 20[0-9]{2}$/ }).waitFor();
    await page
      .getByText(/^[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} 20[0-9]{2}, [0-9]{2}:[0-9]{2}$/)
      .first()
      .waitFor();
    await isForPeople(page);
    await takePicture(page, "narrow-history");
    await page.getByLabel("Search by place or date").fill("nowhere");
    await page.getByText("Nothing is found.").waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: /^Save 20[0-9]{2} as a table/ }).click();
    expect((await download).suggestedFilename()).to.match(/^wattproof-20[0-9]{2}\.csv$/);
    await goTo("/account");
    await page.getByText("Available").waitFor();
    await isForPeople(page);
    await takePicture(page, "narrow-money");
    await context.close();
  });

  it("asks before it stops, and a touch on the same place goes on charging", async function () {
    const { page, context, wallet, connect, open } = await openDriverWindow(browser, world, {
      window: { viewport: phone, colorScheme: "dark" },
    });
    await connect();
    const sessionId = await open();
    await world.step(sessionId, "B", 0n, 0);
    await world.step(sessionId, "C", 4n * kwh, 600);
    await page.getByText("4.00 kWh", { exact: true }).waitFor();
    const signatures = (): number => wallet.requests.filter(({ method }) => /sign/i.test(method)).length;
    const before = signatures();
    await page.getByRole("button", { name: "Stop", exact: true }).press("Enter");
    await page.getByRole("heading", { name: "End this charge?" }).waitFor();
    await page.getByRole("button", { name: "Keep charging" }).and(page.locator(":focus")).waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "phone-dark-stop");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(signatures()).to.equal(before);
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByRole("button", { name: "Stop charging", exact: true }).click();
    await page.getByText("This charger cannot be stopped from here.").waitFor();
    expect(signatures()).to.equal(before + 1);
    await context.close();
  });

  it("finds the operator's sites by their names, and the nearest with the driver's consent", async function () {
    const context = await openWindow(browser, { viewport: phone, locale: "de-CH" });
    await context.grantPermissions(["geolocation"]);
    await context.setGeolocation({ latitude: 47.38, longitude: 8.54 });
    const page = await context.newPage();
    const at = (evse: number, name: string, latitude: number): object => ({
      ...{ name, operator: "Alpstrom AG", town: "Zürich", latitude, longitude: 8.54 },
      evses: [{ evse, plug: "IEC_62196_T2_COMBO", state: "free" }],
    });
    const sites = [at(900, "Hardau", 47.5), at(world.point.evse, "Bahnhof Süd", 47.381)];
    await page.route("**/v1/sites", (route) => route.fulfill({ json: { sites } }));
    await page.goto(`${world.url}/#/sites`);
    await page.getByLabel("Ort, Strasse oder Name").fill("zurich");
    await page.getByRole("heading", { name: "Hardau, Zürich" }).waitFor();
    await page.getByRole("button", { name: "Nächste zuerst" }).click();
    await page.getByText("111 m", { exact: true }).waitFor();
    const names = await page.getByRole("heading", { level: 2 }).allTextContents();
    expect(names).to.deep.equal(["Bahnhof Süd, Zürich", "Hardau, Zürich"]);
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "phone-sites");
    await page.getByRole("link", { name: new RegExp(`Ladesäule ${world.point.evse}`) }).click();
    // The list names both sites, and has gone before the charger's own screen is read.
    await page.getByRole("heading", { name: "Hardau, Zürich" }).waitFor({ state: "detached" });
    await page.getByRole("heading", { name: "Bahnhof Süd, Zürich" }).waitFor();
    await page.getByText("CCS", { exact: true }).waitFor();
    await page.getByText("Alpstrom AG").first().waitFor();
    await context.close();
  });

  it("loads at most 150 kB for the first screen, and neither verifier nor reader of codes nor another language", async function () {
    const context = await openWindow(browser, { viewport: phone, locale: "fr-CH" });
    const page = await context.newPage();
    const paths = new Set<string>();
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname === "/" || pathname.startsWith("/assets/")) paths.add(pathname);
    });
    await page.goto(`${world.url}/`);
    await page.getByRole("heading", { name: "Recharger sa voiture" }).waitFor();
    const bytes = [...paths].map((path) => statSync(`${builtPageFolder}${path === "/" ? "index.html" : path}.br`).size);
    expect(bytes.reduce((sum, size) => sum + size, 0))
      .to.be.greaterThan(20_000)
      .and.at.most(150_000);
    expect([...paths].join(" "))
      .to.match(/fr-/)
      .and.not.match(/uPlot|read-code|noble|check-receipt|gallery|\/de-|\/it-/);
    await context.close();
  });

  it("can be installed: a manifest with its icons, which the service serves", async function () {
    const html = await (await fetch(`${world.url}/`)).text();
    const path = /rel="manifest" href="([^"]+)"/.exec(html)?.[1] ?? "";
    const manifest = await fetch(`${world.url}${path}`);
    expect(manifest.headers.get("content-type")).to.contain("application/manifest+json");
    const { icons } = (await manifest.json()) as { icons: { src: string; type: string }[] };
    expect(icons).to.have.lengthOf(3);
    for (const { src, type } of icons) {
      const icon = await fetch(`${world.url}${src}`);
      expect([icon.status, icon.headers.get("content-type")]).to.deep.equal([200, type]);
    }
  });
});

/** What stands on the screen and is not folded away. */
async function isForPeople(page: Page): Promise<void> {
  const seen = String(await page.evaluate("document.body.innerText"));
  expect(seen).to.not.match(/0x[0-9a-f]{4}/i);
  // A price per kilowatt-hour has up to four.
  for (const [amount = "", decimals = ""] of seen.matchAll(/(?<!× )\b[0-9]+\.([0-9]+) DEMO(?!\s+per kWh)/g)) {
    expect(decimals, amount).to.have.lengthOf(2);
  }
  expect(await overflowPx(page)).to.equal(0);
  expect(await accessibilityViolations(page)).to.deep.equal([]);
}

/** Whether the parts of the price on the receipt add up to what was paid, as printed. */
async function addsUp(page: Page): Promise<boolean> {
  const rows = await page.locator(".paper .sums > div").allTextContents();
  const total = rows.findIndex((row) => row.startsWith("Paid"));
  const centsOf = (row = ""): number => Number(/([0-9]+\.[0-9]{2})(?: DEMO)?$/.exec(row)?.[1]?.replace(".", "") ?? "0");
  const parts = rows.slice(0, total).map(centsOf);
  return parts.length > 1 && parts.reduce((sum, part) => sum + part, 0) === centsOf(rows[total]);
}

/** Buttons, links and fields that a thumb would miss; links inside of sentences are not meant. */
async function smallTargets(page: Page): Promise<unknown> {
  return page.evaluate(`[...document.querySelectorAll("button, a.tool, a.button, summary, select, input[type=text]")]
    .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < ${leastTargetPx})
    .map((element) => element.outerHTML.slice(0, 120))`);
}
