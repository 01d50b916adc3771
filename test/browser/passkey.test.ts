import { expect } from "chai";
import type { Browser, BrowserContext, Page } from "playwright-core";

import { accessibilityViolations } from "../helpers/axe.ts";
import { launchBrowser, openWindow, phone, takePicture } from "../helpers/browser.ts";
import { sessionIdOf } from "../helpers/driver-window.ts";
import { addVirtualAuthenticator, type VirtualAuthenticator } from "../helpers/virtual-authenticator.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

const kwh = 1_000_000_000n;

describe("Paying with a passkey", function () {
  let browser: Browser;
  let world: WebWorld;
  let context: BrowserContext;
  let page: Page;
  let device: VirtualAuthenticator;
  let complaints: string[];

  before(async function () {
    world = await startWebWorld();
    browser = await launchBrowser();
  });
  beforeEach(async function () {
    context = await openWindow(browser, { viewport: phone });
    page = await context.newPage();
    complaints = [];
    page.on("pageerror", ({ message }) => complaints.push(message));
    device = await addVirtualAuthenticator(page);
  });
  afterEach(async function () {
    await context.close();
  });
  after(async function () {
    await browser.close();
    await world.close();
  });

  const localUrl = (): string => world.url.replace("127.0.0.1", "localhost");
  const step = () => page.getByRole("button", { name: / and start$/ });
  const create = () => page.getByRole("button", { name: "Pay with face, fingerprint or PIN" });
  const confirm = () => page.getByRole("button", { name: /^Sign and hold/ });

  /** At the charger, with a new passkey whose account has money and does not exist yet. @returns the account */
  async function arrive(walletMicro = 60_000_000n): Promise<string> {
    await page.goto(`${localUrl()}/#/evse/${world.point.evse}`);
    await step().click();
    await create().click();
    await page.getByText("Your wallet holds 0.00 DEMO, which is not enough for that.").waitFor();
    await page.goto(`${localUrl()}/#/account`);
    const account =
      (await page
        .getByText(/^0x[0-9a-fA-F]{40}$/)
        .first()
        .textContent()) ?? "";
    await world.chain.fundDriver(account, 0n, walletMicro);
    await page.goto(`${localUrl()}/#/evse/${world.point.evse}`);
    await step().click();
    return account;
  }

  it("goes from the charger to a verified receipt with one look at the device, and no wallet", async function () {
    const account = await arrive();
    await confirm().waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "phone-passkey-1-confirm");
    expect(await world.chain.request("eth_getCode", [account, "latest"])).to.equal("0x");

    await confirm().click();
    await page.getByText("Plug in your car").waitFor();

    const sessionId = sessionIdOf(page);
    expect([
      await device.countPasskeys(),
      String(await world.chain.request("eth_getCode", [account, "latest"])).length,
    ]).to.deep.equal([1, 92]);
    await world.step(sessionId, "B", 0n, 0);
    await world.step(sessionId, "C", 2n * kwh, 600);
    await world.step(sessionId, "E", 3n * kwh, 1_800);
    await page.getByText("You paid", { exact: true }).waitFor();
    await page.getByText("Verified by your phone").waitFor();
    await takePicture(page, "phone-passkey-2-receipt");
    expect(complaints).to.deep.equal([]);
  });

  it("holds nothing where the device does not recognise its owner", async function () {
    const account = await arrive();
    await confirm().waitFor();
    await device.verifyUser(false);

    await confirm().click();

    await page.getByText("You declined. Nothing was held and nothing was sent.").waitFor();
    expect(await world.chain.request("eth_getCode", [account, "latest"])).to.equal("0x");
  });

  it("says under which address it works, where the page is open under a number", async function () {
    await page.goto(`${world.url}/#/evse/${world.point.evse}`);
    await step().click();
    await page.getByText(`Passkeys work under ${localUrl()} only.`).waitFor();
    expect(await create().count()).to.equal(0);
    const link = page.getByRole("link", { name: "Open the page there" });
    expect(await link.getAttribute("href")).to.equal(`${localUrl()}/#/evse/${world.point.evse}`);
  });

  it("finds the account again on a device that knows the passkey alone, once it has paid", async function () {
    const account = await arrive();
    await confirm().click();
    await page.getByText("Plug in your car").waitFor();
    await page.evaluate("localStorage.clear()");

    await page.goto(`${localUrl()}/#/account`);
    await page.reload();
    await page.getByRole("button", { name: "I have a passkey from another device" }).click();

    await page.getByText(account).first().waitFor();
    await takePicture(page, "phone-passkey-3-account");
  });
});
