import { expect } from "chai";
import type { Browser } from "playwright-core";

import { sessionIdOf } from "../../services/domain/terms.ts";
import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { accessibilityViolations } from "../helpers/axe.ts";
import { launchBrowser, phone, takePicture } from "../helpers/browser.ts";
import { openDriverWindow, type DriverWindow } from "../helpers/driver-window.ts";
import { testMaximumPowerW, testTariff } from "../helpers/service-chain.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

const kwh = 1_000_000_000n;

describe("The driver's money on the page", function () {
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

  async function freeMicro(address: string): Promise<bigint> {
    return (await world.chain.contracts.chargingSettlement.accountOf(address, 0)).freeMicro;
  }

  it("refuses amounts that are none or too high, and takes a no for a no", async function () {
    const { page, wallet, connect } = await arrive({ path: "/account", funds: { walletMicro: 5_000_000n } });
    await connect();
    await page.getByRole("button", { name: "Pay in", exact: true }).click();
    await page.getByLabel("Amount to pay in (DEMO)").fill("x");
    await page.getByText("Type an amount above zero with at most six decimals.").waitFor();
    await page.getByLabel("Amount to pay in (DEMO)").fill("5.000001");
    await page.getByText("You have 5.00 DEMO.").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Withdraw", exact: true }).click();
    await page.getByLabel("Amount to withdraw (DEMO)").fill("50.1");
    await page.getByText("You have 50.00 DEMO.").waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await page.getByLabel("Amount to withdraw (DEMO)").fill("1");
    wallet.decline("eth_sendTransaction");
    await page.getByRole("button", { name: "Withdraw now" }).click();
    await page.getByText("You declined. Nothing was sent.").waitFor();
    expect(await freeMicro(wallet.address)).to.equal(50_000_000n);
  });

  it("is paid in with two confirmations, and allows exactly the amount", async function () {
    const { page, wallet, connect } = await arrive({ path: "/account" });
    await connect();
    await page.getByRole("button", { name: "Pay in", exact: true }).click();
    await page.getByLabel("Amount to pay in (DEMO)").fill("12,5");
    await page.getByRole("button", { name: "Pay in now" }).click();
    await page.getByText("Done.").waitFor();
    expect(await freeMicro(wallet.address)).to.equal(62_500_000n);
    expect(wallet.requests.filter(({ method }) => method === "eth_sendTransaction")).to.have.lengthOf(2);
    const { erc20, chargingSettlement } = world.chain.contracts;
    expect(await erc20.allowance(wallet.address, await chargingSettlement.getAddress())).to.equal(0n);
    await page.getByText("62.50 DEMO").first().waitFor();
    await takePicture(page, "desk-money");
  });

  it("moves with the service stopped: page, balance, history, receipt, withdrawal, reclaim", async function () {
    const { page, wallet, connect, open, goTo } = await arrive({
      window: { viewport: phone, serviceWorkers: "allow" },
    });
    await connect();
    const sessionId = await open();
    await world.step(sessionId, "B", 0n, 0);
    await world.step(sessionId, "E", 5n * kwh, 600);
    await page.getByText("You paid", { exact: true }).waitFor();
    await page.getByText("Verified by your phone").waitFor();
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)");

    // A session that nobody will settle, opened as the driver could with any other page.
    const { chainId, contracts } = world.chain.deployment;
    const nonce = Number((await world.chain.contracts.chargingSettlement.accountOf(wallet.address, 0)).nonce);
    const abandoned = {
      driver: wallet.address,
      lane: 0,
      nonce,
      operator: world.chain.operator,
      agreement: 0,
      evse: world.point.evse,
      meter: world.point.meter,
      maximumPowerW: testMaximumPowerW,
      tariffId: tariffIdOf(testTariff),
      holdMicro: 3_000_000n,
      expiresAt: (await world.chain.headSeconds()) + 3_600,
    };
    await world.chain.openAs(driver?.driver.privateKey ?? "", abandoned);
    const abandonedId = sessionIdOf(abandoned, { chainId, verifyingContract: contracts.chargingSettlement });

    await world.stopService();
    await goTo("/history");
    await page.reload();
    await page.getByText("Under way").first().waitFor();
    await page.getByText("5.00 kWh").first().waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "phone-history-without-service");

    await goTo(`/session/${sessionId}`);
    await page.getByText("Verified by your phone").waitFor();

    await goTo("/account");
    const before = await freeMicro(wallet.address);
    await page.getByRole("button", { name: "Withdraw", exact: true }).click();
    await page.getByLabel("Amount to withdraw (DEMO)").fill("2");
    await page.getByRole("button", { name: "Withdraw now" }).click();
    await page.getByText("Done.").waitFor();
    expect(await freeMicro(wallet.address)).to.equal(before - 2_000_000n);

    await goTo(`/session/${abandonedId}`);
    await page.getByText("If nobody charges you, everything is yours again on").waitFor();
    await world.chain.request("evm_increaseTime", [4_000]);
    await world.chain.request("evm_mine");
    await page.reload();
    await page.getByRole("button", { name: "Take back 3.00 DEMO" }).click();
    await page.getByText("The hold has ended", { exact: true }).waitFor();
    expect(await freeMicro(wallet.address)).to.equal(before - 2_000_000n + 3_000_000n);
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await world.startService();
  });
});
