import { expect } from "chai";
import type { Browser, BrowserContext, Page } from "playwright-core";

import { accessibilityViolations } from "../helpers/axe.ts";
import { launchBrowser, openWindow, phone, takePicture } from "../helpers/browser.ts";
import type { InjectedWallet } from "../helpers/injected-wallet.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

const kwh = 1_000_000_000n;

describe("Charging from the driver's page", function () {
  let browser: Browser;
  let world: WebWorld;
  let context: BrowserContext | undefined;

  before(async function () {
    world = await startWebWorld();
    browser = await launchBrowser();
  });
  after(async function () {
    await browser.close();
    await world.close();
  });
  afterEach(async function () {
    await context?.close();
    context = undefined;
  });

  /** A window with a wallet, at the charger. */
  async function arrive(
    options: Parameters<typeof openWindow>[1] = {},
    driverOptions: Parameters<WebWorld["addDriver"]>[0] = {},
  ): Promise<{ page: Page; wallet: InjectedWallet; context: BrowserContext }> {
    const driver = await world.addDriver(driverOptions);
    context = await openWindow(browser, options);
    const wallet = await world.wallet(context, driver);
    const page = await context.newPage();
    await page.goto(`${world.url}/#/evse/${world.point.evse}`);
    return { page, wallet, context };
  }

  async function connect(page: Page): Promise<void> {
    await page.getByRole("button", { name: "Connect Test Wallet" }).click();
  }

  async function sign(page: Page): Promise<string> {
    await page.getByRole("button", { name: /^Sign and hold/ }).click();
    await page.getByText("Plug in your car").waitFor();
    return sessionIdOf(page);
  }

  it("goes from the code on the charger to a receipt that the browser verified, by one signature", async function () {
    const { page, wallet } = await arrive({ viewport: phone });
    await page.getByText("0.49 DEMO per kWh").waitFor();
    await connect(page);
    await page.getByText("The most it can cost").first().waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "phone-1-charger");

    const sessionId = await sign(page);
    const asked = wallet.requests.filter(({ method }) => /sign|send/i.test(method));
    expect(asked.map(({ method }) => method)).to.deep.equal(["eth_signTypedData_v4"]);
    expect(asked[0]?.typedData).to.deep.include({ primaryType: "SessionTerms" });
    expect(asked[0]?.typedData?.message).to.deep.include({ driver: wallet.address.toLowerCase() });
    expect(await accessibilityViolations(page)).to.deep.equal([]);

    await world.step(sessionId, "B", 0n, 0);
    await page.getByText("Charging", { exact: true }).waitFor();
    await world.step(sessionId, "C", 2n * kwh, 600);
    await page.getByText("2.0 kWh", { exact: true }).waitFor();
    await world.step(sessionId, "C", 3n * kwh, 1_200);
    await page.getByText("5.0 kWh", { exact: true }).waitFor();
    await page.locator(".curve canvas").waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "phone-2-charging");

    await world.step(sessionId, "E", kwh, 1_800);
    await page.getByText("Settled", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Verify in this browser" }).click();
    await page.getByText("Everything holds.").waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "phone-3-receipt");
  });
});

function sessionIdOf(page: Page): string {
  const sessionId = /#\/session\/(0x[0-9a-f]{64})$/.exec(page.url())?.[1];
  if (sessionId === undefined) throw new Error(`The page is at ${page.url()}.`);
  return sessionId;
}
