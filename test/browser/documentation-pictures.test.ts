import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Browser } from "playwright-core";
import { JsonRpcProvider } from "ethers";

import { desk, isWritingPictures, launchBrowser, openWindow, phone, writePicture } from "../helpers/browser.ts";
import { openDriverWindow } from "../helpers/driver-window.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

const key = "operator-key-of-the-tests-0123456789";
const hourMs = 3_600_000;
const tenMinutesMs = 600_000;
const kwh = 1_000_000_000n;
/** Hours before now at which sessions were completed, and what they delivered. */
const busyHours: readonly (readonly [hours: number, energyKwh: bigint])[] = [
  [20, 11n],
  [17, 24n],
  [14, 8n],
  [11, 31n],
  [8, 18n],
  [7, 22n],
  [5, 12n],
  [4, 37n],
  [2, 26n],
  [1, 15n],
];

/** Plays what the documentation shows; whether the pages are right is for the other tests to say. */
describe("The pictures of the documentation", function () {
  const folder = mkdtempSync(join(tmpdir(), "wattproof-pictures-"));
  const sitesPath = join(folder, "sites.json");
  const site = {
    ...{ name: "Bahnhof Süd", operator: "Alpstrom AG", street: "Bahnhofstrasse 1", town: "Zürich" },
    evses: [{ evse: 1, plug: "IEC_62196_T2_COMBO" }],
  };
  let browser: Browser;
  let world: WebWorld;
  /** How far the service's clock is behind. */
  let backMs = 0;

  before(async function () {
    if (!isWritingPictures) this.skip();
    writeFileSync(sitesPath, JSON.stringify({ sites: [site] }));
    browser = await launchBrowser();
  });
  after(async function () {
    if (isWritingPictures) await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async function () {
    backMs = 21 * hourMs;
    world = await startWebWorld(
      { now: () => Date.now() - backMs },
      {},
      { WATTPROOF_OPERATOR_KEY: key, WATTPROOF_SITES: sitesPath },
    );
  });
  afterEach(async function () {
    await world.close();
  });

  it("show a driver's charge from the price to the receipt", async function () {
    backMs = hourMs;
    const { page, context, connect, open } = await openDriverWindow(browser, world, {
      window: { viewport: phone },
      path: "/",
    });
    // The stations of the tests post over HTTP, which tells no state.
    await page.route("**/v1/evses/*/state", (route) =>
      route.fulfill({ json: { evse: world.point.evse, state: "free", status: "Available" } }),
    );
    await page.goto(`${world.url}/#/evse/${world.point.evse}`);
    await page.getByRole("heading", { name: "Bahnhof Süd, Zürich" }).waitFor();
    await page.getByText("Free", { exact: true }).waitFor();
    await page.getByText("The most you want to pay").first().waitFor();
    await writePicture(page, "driver-1-charger", phone.height);
    await connect();
    const sessionId = await open();
    await world.step(sessionId, "B", 0n, 0);
    for (const [index, wattHours] of [6_900n, 7_100n, 6_400n, 5_200n, 3_100n].entries()) {
      backMs -= tenMinutesMs;
      await world.step(sessionId, "C", wattHours * 1_000_000n, (index + 1) * 600);
    }
    await page.getByText("28.70 kWh", { exact: true }).waitFor();
    await page.locator(".curve svg .signed").waitFor();
    await writePicture(page, "driver-2-charging", phone.height);
    backMs -= tenMinutesMs;
    await world.step(sessionId, "E", kwh, 3_600);
    await page.getByText("Verified by your phone").click();
    await writePicture(page, "driver-3-receipt", phone.height);
    await context.close();
  });

  it("show the operator's page on a busy day", async function () {
    const { partnerAgreements, chargingSettlement } = world.chain.contracts;
    const provider = chargingSettlement.runner?.provider;
    if (!(provider instanceof JsonRpcProvider)) throw new Error("There is no provider.");
    const [operator, partner] = [await provider.getSigner(1), await provider.getSigner(5)];
    await (await partnerAgreements.connect(operator).propose([{ partner: partner.address, shareBps: 1_500 }])).wait();
    await (await partnerAgreements.connect(partner).sign(1)).wait();

    const begin = async (agreement: number): Promise<string> => {
      const { sessionId } = await world.chain.openSession(world.point, { agreement, holdMicro: 30_000_000n });
      await world.running.service.synchronise();
      await world.step(sessionId, "B", 0n, 0);
      return sessionId;
    };
    for (const [index, [hours, energyKwh]] of busyHours.entries()) {
      backMs = hours * hourMs;
      await world.step(await begin(index % 3 === 0 ? 1 : 0), "E", energyKwh * kwh + 123_000_000n, 900);
      await world.running.service.synchronise();
    }
    backMs = 0;
    const disputed = await begin(0);
    await world.signStep(disputed, "C", kwh, 60);
    await world.step(disputed, "E", kwh, 120);
    await world.step(await begin(1), "C", 6n * kwh, 600);
    await world.step(await begin(0), "C", 14n * kwh, 900);
    await world.running.service.store.noteUnknownStation(
      { stationId: "CS-NEW", address: "192.0.2.7", protocols: "ocpp2.0.1, ocpp1.6", atMs: Date.now() },
      10,
    );

    for (const [name, viewport, heightPx] of [
      ["operator-desk", desk, 1_430],
      ["operator-phone", phone, 1_300],
    ] as const) {
      const context = await openWindow(browser, {
        viewport,
        colorScheme: name === "operator-phone" ? "dark" : "light",
      });
      const page = await context.newPage();
      await page.goto(`${world.url}/operator/`);
      await page.getByLabel("Key", { exact: true }).fill(key);
      await page.keyboard.press("Enter");
      await page.locator(".chart canvas").nth(1).waitFor();
      await writePicture(page, name, heightPx);
      await context.close();
    }
  });
});
