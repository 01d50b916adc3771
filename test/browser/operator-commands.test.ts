import { createHash } from "node:crypto";

import { expect } from "chai";
import { HDNodeWallet, Mnemonic } from "ethers";
import type { Browser, BrowserContext, Page } from "playwright-core";

import type { OperatorRole } from "../../services/domain/operator-key.ts";
import { accessibilityViolations } from "../helpers/axe.ts";
import { desk, launchBrowser, openWindow, phone, takePicture } from "../helpers/browser.ts";
import { connectCharger, type Charger } from "../helpers/charger.ts";
import { injectWallet } from "../helpers/injected-wallet.ts";
import { registerStation } from "../helpers/ocpp-service.ts";
import type { ChargingPoint, OpenedSession } from "../helpers/service-chain.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

const configuredKey = "operator-key-of-the-tests-0123456789";
const keyOf = (role: OperatorRole): string => `key-of-somebody-who-may-${role}-0123456789`;
/** The second account of the node is the operator's. */
const operatorPath = "m/44'/60'/0'/0/1";
const mnemonic = Mnemonic.fromPhrase("test test test test test test test test test test test junk");
const kwh = 1_000_000_000n;

describe("Commands on the operator's page", function () {
  this.timeout(300_000);
  let browser: Browser;
  let world: WebWorld;
  let point: ChargingPoint;
  let charger: Charger;
  let charging: OpenedSession;
  let settled: OpenedSession;
  let context: BrowserContext | undefined;

  before(async function () {
    world = await startWebWorld({}, {}, { WATTPROOF_OPERATOR_KEY: configuredKey });
    browser = await launchBrowser();
    const { store } = world.running.service;
    for (const role of ["read", "operate", "money"] as const) {
      const keySha256 = createHash("sha256").update(keyOf(role)).digest("hex");
      await store.addOperatorKey({ name: `${role}er`, role, keySha256, addedAtMs: Date.now(), addedBy: "configured" });
    }
    point = await world.chain.addChargingPoint();
    await registerStation(store, "CS-OCPP", { evses: [point.evse] });
    charger = await connectCharger(world.url, "CS-OCPP", "ocpp1.6");
    charger.answers = ({ action }) => ({ status: action === "UnlockConnector" ? "Unlocked" : "Accepted" });
    await charger.call("StatusNotification", { connectorId: 1, status: "Charging", errorCode: "NoError" });

    settled = await world.chain.openSession(world.point);
    await until(async () => (await stateOf(settled)) === "opened");
    await world.step(settled.sessionId, "B", 0n, 0);
    await world.step(settled.sessionId, "E", 5n * kwh, 900);
    await until(async () => (await stateOf(settled)) === "settled");

    charging = await world.chain.openSession(point);
    await until(async () => (await stateOf(charging)) === "opened");
    const timestamp = new Date().toISOString();
    await charger.call("StartTransaction", { connectorId: 1, idTag: charging.idTag, meterStart: 0, timestamp });
    await until(async () => (await stateOf(charging)) === "charging");
  });
  after(async function () {
    await browser.close();
    await charger.close();
    await world.close();
  });
  afterEach(async function () {
    await context?.close();
    context = undefined;
  });

  async function stateOf({ sessionId }: OpenedSession): Promise<string | undefined> {
    return (await world.running.service.store.findSession(sessionId))?.state.status;
  }

  async function arrive(role: OperatorRole, hash: string, options?: Parameters<typeof openWindow>[1]): Promise<Page> {
    context ??= await openWindow(browser, options);
    const page = await context.newPage();
    await page.goto(`${world.url}/operator/${hash}`);
    await page.locator("#operator-key").fill(keyOf(role));
    await page.keyboard.press("Enter");
    return page;
  }

  async function isAccessible(page: Page): Promise<void> {
    expect(await accessibilityViolations(page)).to.deep.equal([]);
  }

  const callsOf = (action: string): number => charger.taken.filter((call) => call.action === action).length;

  it("are closed to a key that may look alone, with the reason", async function () {
    const page = await arrive("read", "#/charger/CS-OCPP", { viewport: phone, colorScheme: "dark" });
    const restart = page.getByRole("button", { name: "Restart the charger" });
    await restart.waitFor();
    expect(await restart.isDisabled()).to.equal(true);
    await page.getByText("Your key does not allow this. It takes one that may operate.").first().waitFor();
    await isAccessible(page);
    expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).to.equal(true);
    await takePicture(page, "operator-phone-charger-dark");
  });

  it("ask once more and say what they do to money; leaving it has the focus and does nothing", async function () {
    const page = await arrive("operate", "#/charger/CS-OCPP");
    await page.getByRole("button", { name: "Unlock connector 1.1" }).click();
    const dialog = page.getByRole("dialog", { name: "Unlock connector 1.1" });
    await dialog.getByText("No money moves by that.").waitFor();
    await isAccessible(page);
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "detached" });
    expect(callsOf("UnlockConnector")).to.equal(0);

    await page.getByRole("button", { name: "Unlock connector 1.1" }).click();
    await dialog.waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(callsOf("UnlockConnector")).to.equal(0);

    await page.getByRole("button", { name: "Unlock connector 1.1" }).click();
    await dialog.getByRole("button", { name: "Unlock connector 1.1" }).click();
    await page.getByText("The charger answered: Unlocked.").waitFor();
    expect(callsOf("UnlockConnector")).to.equal(1);
    const row = page.getByRole("row").filter({ hasText: "station-command" }).first();
    await row.getByText("operateer").waitFor();
    await row.getByText('{"command":"UnlockConnector","status":"Unlocked"}').waitFor();
    await isAccessible(page);
  });

  it("end a charge at the charger, and restart it", async function () {
    const page = await arrive("operate", "#/charger/CS-OCPP", { viewport: desk });
    const name = `End the charge at ${point.evse}`;
    await page.getByRole("button", { name }).click();
    const dialog = page.getByRole("dialog", { name });
    await dialog.getByText(/at most the hold of .* DEMO; the rest is the driver's again/).waitFor();
    await takePicture(page, "operator-desk-stop");
    await dialog.getByRole("button", { name }).click();
    await page.getByText("The charger answered: Accepted.").waitFor();
    expect(callsOf("RemoteStopTransaction")).to.equal(1);

    await page.getByRole("button", { name: "Restart the charger" }).click();
    const restart = page.getByRole("dialog", { name: "Restart the charger" });
    await restart.getByText("Charges running now: 1.").waitFor();
    await restart.getByRole("button", { name: "Restart the charger" }).click();
    await page.getByText("The charger answered: Accepted.").nth(1).waitFor();
    expect(charger.taken.find(({ action }) => action === "Reset")?.payload).to.deep.equal({ type: "Soft" });
    await takePicture(page, "operator-desk-charger");
  });

  it("say the code where the charger cannot be asked, and show who tried what to everybody", async function () {
    charger.answers = () => null;
    const page = await arrive("operate", "#/charger/CS-OCPP");
    await page.getByRole("button", { name: "Unlock connector 1.1" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Unlock connector 1.1" }).click();
    await page.getByText("It was not done: STATION_TIMEOUT. No money moved.").waitFor({ timeout: 60_000 });
    charger.answers = ({ action }) => ({ status: action === "UnlockConnector" ? "Unlocked" : "Accepted" });

    await page.getByRole("link", { name: "People" }).click();
    const refused = page.getByRole("row").filter({ hasText: "STATION_TIMEOUT" });
    await refused.getByText("operateer").waitFor();
    const keys = page.getByRole("region", { name: "Keys" });
    await keys.getByRole("row").filter({ hasText: "moneyer" }).getByText("decide about money").waitFor();
    await isAccessible(page);
    await takePicture(page, "operator-desk-people");
  });

  it("give money back through the operator's own wallet, up to what was paid", async function () {
    context = await openWindow(browser, { viewport: desk });
    const { privateKey } = HDNodeWallet.fromMnemonic(mnemonic, operatorPath);
    const wallet = await injectWallet(context, { privateKey, rpcUrl: world.chain.rpcUrl });
    expect(wallet.address).to.equal(world.chain.operator);
    const page = await arrive("money", `#/session/${settled.sessionId}`);
    const amount = page.getByLabel(/^Give back, of/);
    await amount.fill("1000");
    await page.getByText(/^An amount up to/).waitFor();
    expect(await page.getByRole("button", { name: /^Give back/ }).count()).to.equal(0);
    await isAccessible(page);

    await amount.fill("0.5");
    const button = page.getByRole("button", { name: "Give back 0.50 DEMO" });
    wallet.decline("eth_sendTransaction");
    await button.click();
    await page.getByRole("dialog").getByText("from your final credit to the driver's balance").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Give back 0.50 DEMO" }).click();
    await page.getByText("The wallet said no. Nothing was given back.").waitFor();

    // What oracles credited is final when the epoch after its own is over.
    await world.chain.request("evm_increaseTime", [3 * 86_400]);
    await world.chain.request("evm_mine");
    const before = await world.chain.readFree(settled);
    await button.click();
    await page.getByRole("dialog").getByRole("button", { name: "Give back 0.50 DEMO" }).click();
    await page.getByText(/^0\.50 DEMO was given back: 0x/).waitFor();
    expect(await world.chain.readFree(settled)).to.equal(before + 500_000n);
    await page.getByRole("row").filter({ hasText: "refund-prepared" }).first().getByText("moneyer").waitFor();
    await isAccessible(page);
    await takePicture(page, "operator-desk-refund");
  });

  it("lead from an alert to what to do about it", async function () {
    const page = await arrive("read", "");
    await page.goto(`${world.url}/operator/runbook.html#session-disputed`);
    const heading = page.getByRole("heading", { name: "session-disputed" });
    await heading.waitFor();
    expect(await page.evaluate("document.querySelector(':target')?.id")).to.equal("session-disputed");
    await isAccessible(page);
    await page.setViewportSize(phone);
    expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).to.equal(true);
    await takePicture(page, "operator-phone-runbook");
  });

  it("are not offered for a charger that is not connected", async function () {
    await charger.close();
    const page = await arrive("operate", "#/charger/CS-OCPP");
    await page.getByText("The charger is not connected, so it takes no commands.").waitFor();
    expect(await page.getByRole("button", { name: "Restart the charger" }).count()).to.equal(0);
  });
});

/** Asks until it is so; the test's own limit ends it otherwise. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 200; round += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("It did not come about.");
}
