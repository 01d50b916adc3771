import { readFile } from "node:fs/promises";

import { expect } from "chai";
import type { Browser, Page } from "playwright-core";

import { signedSamples } from "../../scripts/simulator/formats/signed-samples.ts";
import { receiptSchema } from "../../services/receipts/receipt-schema.ts";
import { accessibilityViolations } from "../helpers/axe.ts";
import { desk, launchBrowser, phone, takePicture } from "../helpers/browser.ts";
import { openDriverWindow, type DriverWindow } from "../helpers/driver-window.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

const kwh = 1_000_000_000n;

describe("Charging from the driver's page", function () {
  let browser: Browser;
  let world: WebWorld;
  let driver: DriverWindow | undefined;

  before(async function () {
    world = await startWebWorld();
    browser = await launchBrowser();
  });
  after(async function () {
    await browser.close();
    await world.close();
  });
  afterEach(async function () {
    await driver?.context.close();
    driver = undefined;
  });

  async function arrive(options?: Parameters<typeof openDriverWindow>[2]): Promise<DriverWindow> {
    driver = await openDriverWindow(browser, world, options);
    return driver;
  }

  async function isAccessible(page: Page): Promise<void> {
    expect(await accessibilityViolations(page)).to.deep.equal([]);
  }

  it("goes from the code on the charger to a receipt that the browser verified, by one signature", async function () {
    const { page, wallet, connect, open, complaints } = await arrive({ window: { viewport: phone } });
    await page.getByText("0.5297 DEMO").waitFor();
    await page.getByText("The most you want to pay").waitFor();
    await isAccessible(page);
    await takePicture(page, "phone-1-charger");
    await page.getByText("The whole price, in words").click();
    await page.getByText("0.52969 DEMO per kWh", { exact: true }).waitFor();
    await connect();
    await page.getByRole("heading", { name: "What you sign" }).waitFor();
    await isAccessible(page);
    await takePicture(page, "phone-1-sign");

    const sessionId = await open();
    const asked = wallet.requests.filter(({ method }) => /sign|send/i.test(method));
    expect(asked.map(({ method }) => method)).to.deep.equal(["eth_signTypedData_v4"]);
    expect(asked[0]?.typedData).to.deep.include({ primaryType: "SessionTerms" });
    expect(asked[0]?.typedData?.message).to.deep.include({ driver: wallet.address.toLowerCase() });
    await isAccessible(page);

    await world.step(sessionId, "B", 0n, 0);
    await page.getByText("Charging", { exact: true }).waitFor();
    await world.step(sessionId, "C", 2n * kwh, 600);
    await page.getByText("2.00 kWh", { exact: true }).waitFor();
    await world.step(sessionId, "C", 3n * kwh, 1_200);
    await page.getByText("5.00 kWh", { exact: true }).waitFor();
    await page.locator(".curve svg .signed").waitFor();
    await isAccessible(page);
    await takePicture(page, "phone-2-charging");

    await world.step(sessionId, "E", kwh, 1_800);
    await page.getByText("You paid", { exact: true }).waitFor();
    await page.getByText("Verified by your phone").click();
    await page.getByText(/^The meter signed .+ at the begin and .+ at the end\.$/).waitFor();
    await isAccessible(page);
    const receipt = page.getByRole("region", { name: "Receipt" });
    await receipt.getByText("Technical details").click();
    await receipt.getByText("Signed by the meter for this charge").waitFor();
    await takePicture(page, "phone-3-receipt");
    expect(complaints).to.deep.equal([]);
  });

  it("hands the receipt out as files, and finds out when one was changed", async function () {
    const { page, connect, open, goTo } = await arrive();
    await connect();
    const sessionId = await open();
    await world.step(sessionId, "B", 0n, 0);
    await world.step(sessionId, "E", 7n * kwh, 900);
    await page.getByText("You paid", { exact: true }).waitFor();
    const json = await downloaded(page, "Save the receipt (JSON)");
    const receipt = receiptSchema.parse(JSON.parse(json));
    expect([receipt.sessionId, receipt.energyWh]).to.deep.equal([sessionId, "7000"]);
    expect(await downloaded(page, "For the transparency software (XML)")).to.include('context="Transaction.End"');

    await goTo("/receipt");
    const forged = json.replace('"energyWh": "7000"', '"energyWh": "6000"');
    const choose = async (content: string): Promise<void> => {
      const buffer = Buffer.from(content);
      await page
        .getByLabel("Receipt file (JSON)")
        .setInputFiles({ name: "r.json", mimeType: "application/json", buffer });
    };
    await choose("no receipt");
    await page.getByText("This file is no receipt.").waitFor();
    const alfen = signedSamples().find(({ format }) => format === "ALFEN");
    await choose(Buffer.from(alfen?.file ?? []).toString());
    await page.getByText("The signature is good: 12345 Wh.").waitFor();
    await page.getByText("Checked with the key in the file.").waitFor();
    await isAccessible(page);
    await choose(forged);
    await page.getByText("This receipt is not genuine").waitFor();
    await isAccessible(page);
  });

  it("says the verdict on somebody's file before any amount, failures first, in the driver's language", async function () {
    const session = await world.chain.openSession(world.point);
    const { page, goTo } = await arrive({ window: { viewport: phone, locale: "de-CH" }, path: "/receipt" });
    const told = async (): Promise<number> => (await world.step(session.sessionId, "B", 0n, 0)).status;
    while ((await told()) !== 200) await page.waitForTimeout(100);
    await world.step(session.sessionId, "E", 7_654_321_000n, 900);
    await goTo(`/session/${session.sessionId}`);
    await page.getByText("7.654 kWh", { exact: true }).first().waitFor();
    const json = await (await fetch(`${world.url}/v1/receipts/${session.sessionId}`)).text();
    const choose = async (content: string): Promise<void> => {
      const buffer = Buffer.from(content);
      const file = { name: "r.json", mimeType: "application/json", buffer };
      await page.getByLabel("Belegdatei (JSON)").setInputFiles(file);
    };
    const receipt = page.getByRole("region", { name: "Beleg" });

    // While it is checked, and where it cannot be, nothing is said that could be taken for true.
    await goTo("/receipt");
    let letThrough = (): void => undefined;
    const held = new Promise<void>((resolve) => (letThrough = resolve));
    await page.route("**/rpc", async (route) => {
      await held;
      await route.continue();
    });
    await choose(json);
    await receipt.getByText("Ihr Gerät prüft Signaturen, Rechnung und Zahlung …").waitFor();
    expect(await receipt.textContent()).to.not.match(/DEMO|kWh/);
    letThrough();
    await receipt.getByText("Von Ihrem Telefon geprüft").waitFor();
    const good = (await receipt.textContent()) ?? "";
    expect(good.indexOf("Von Ihrem Telefon geprüft")).to.be.below(good.search(/[0-9]\.[0-9]+ DEMO/));
    await isAccessible(page);
    await takePicture(page, "phone-receipt-good-german");

    await choose(json.replace('"energyWh":"7654.321"', '"energyWh":"6654.321"'));
    await receipt.getByText("Dieser Beleg ist nicht echt").waitFor();
    const bad = (await receipt.textContent()) ?? "";
    const places = [
      "Dieser Beleg ist nicht echt",
      "falsch Der Strom, bis zur letzten Stelle",
      "Was die Datei sagt, obwohl sie nicht echt ist",
      " DEMO",
    ].map((text) => bad.indexOf(text));
    expect(places)
      .to.deep.equal(places.toSorted((left, right) => left - right))
      .and.not.include(-1);
    await page.getByText(/^Alle [0-9]+ Prüfungen$/).click();
    const first = receipt.locator("details .check").first();
    expect(await first.textContent()).to.contain("falsch");
    await isAccessible(page);
    await takePicture(page, "phone-receipt-bad-german");
  });

  it("goes on after a reload and after the service was away, and shows what happened meanwhile", async function () {
    const { page, connect, open } = await arrive({ window: { viewport: desk, colorScheme: "dark" } });
    await connect();
    const sessionId = await open();
    await world.step(sessionId, "B", 0n, 0);
    await world.step(sessionId, "C", kwh, 300);
    await page.getByText("1.00 kWh", { exact: true }).waitFor();
    await page.reload();
    await page.getByText("1.00 kWh", { exact: true }).waitFor();

    await world.stopService();
    await page.getByText("The connection is lost.").waitFor();
    await takePicture(page, "desk-dark-connection-lost");
    await world.startService();
    await world.step(sessionId, "C", kwh, 600);
    await page.getByText("2.00 kWh", { exact: true }).waitFor();
    await page.getByText("The connection is lost.").waitFor({ state: "detached" });
    await isAccessible(page);
    await takePicture(page, "desk-dark-charging");
    await world.step(sessionId, "E", kwh, 900);
    await page.getByText("You paid", { exact: true }).waitFor();
    await page.getByText("Verified by your phone").waitFor();
    await isAccessible(page);
    await takePicture(page, "desk-dark-receipt");
  });

  it("shows one session in two tabs, and opens no second one", async function () {
    const { page, context, connect, open, wallet } = await arrive();
    await connect();
    await page.getByRole("button", { name: /^Sign and hold/ }).waitFor();
    const other = await context.newPage();
    await other.goto(`${world.url}/#/evse/${world.point.evse}`);
    await other.getByRole("button", { name: / and start$/ }).click();
    const signInOther = other.getByRole("button", { name: /^Sign and hold/ });
    await signInOther.waitFor();
    const sessionId = await open();
    await signInOther.click();
    await other.getByText("Nothing was held: you have a charge under way.").waitFor();
    await other.reload();
    await other.getByRole("link", { name: "Go to that charge" }).click();
    await world.step(sessionId, "B", 0n, 0);
    await world.step(sessionId, "C", 4n * kwh, 60);
    for (const tab of [page, other]) await tab.getByText("4.00 kWh", { exact: true }).waitFor();
    expect(wallet.requests.filter(({ method }) => method === "eth_signTypedData_v4")).to.have.lengthOf(2);
    await world.step(sessionId, "E", 0n, 120);
    for (const tab of [page, other]) await tab.getByText("You paid", { exact: true }).waitFor();
  });

  it("warns when the hold runs out, and charges no more than it", async function () {
    const { page, connect, chooseHold, open } = await arrive();
    await connect();
    await chooseHold("2");
    const sessionId = await open();
    await world.step(sessionId, "B", 0n, 0);
    await world.step(sessionId, "C", 3n * kwh, 100);
    await page.getByText("Nine tenths of your hold are used.").waitFor();
    await world.step(sessionId, "C", 3n * kwh, 200);
    await page.getByText("Your hold is used up.").waitFor();
    await isAccessible(page);
    await world.step(sessionId, "E", 0n, 300);
    await page.getByText("The price was above the hold, so you paid the hold.").waitFor();
  });

  it("says that a session is examined while a record is missing, and goes on when it comes", async function () {
    const { page, connect, open } = await arrive({ window: { viewport: phone } });
    await connect();
    const sessionId = await open();
    await world.step(sessionId, "B", 0n, 0);
    const missing = await world.signStep(sessionId, "C", kwh, 60);
    await world.step(sessionId, "E", kwh, 120);
    await page.getByText("Being looked at").waitFor();
    await page.getByText("OCMF_SESSION_PAGINATION_GAP").waitFor();
    await isAccessible(page);
    await takePicture(page, "phone-disputed");
    await world.postRecord(missing);
    await page.getByText("You paid", { exact: true }).waitFor();
  });

  it("says that nothing is paid when no energy flowed", async function () {
    const { page, connect, open } = await arrive();
    await connect();
    const sessionId = await open();
    await world.step(sessionId, "B", 0n, 0);
    await world.step(sessionId, "E", 0n, 60);
    await page.getByText("No energy flowed, so you pay nothing.").first().waitFor();
  });
});

async function downloaded(page: Page, button: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: button }).click(),
  ]);
  return readFile(await download.path(), "utf8");
}
