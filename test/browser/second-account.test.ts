import { expect } from "chai";
import type { Browser } from "playwright-core";

import { idTagOf } from "../../services/domain/id-tag.ts";
import { accessibilityViolations } from "../helpers/axe.ts";
import { launchBrowser, phone, takePicture } from "../helpers/browser.ts";
import { openDriverWindow, sessionIdOf } from "../helpers/driver-window.ts";
import { addStation, post } from "../helpers/running-service.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

describe("A driver whose money is held at a charger that does not start", function () {
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

  it("charges at another charger meanwhile, from a second account, and has what is left paid out", async function () {
    const other = await world.chain.addChargingPoint();
    const station = await addStation(world.running.service.store, "CS-OTHER", [other.evse]);
    const driver = await openDriverWindow(browser, world, { window: { viewport: phone } });
    const { page } = driver;
    await driver.connect();
    const stuckId = await driver.open();

    // At the first charger nothing else can be opened.
    await driver.goTo(`/evse/${world.point.evse}`);
    await page.getByText("You are charging at this charger.").waitFor();
    expect(await page.getByRole("button", { name: /Charge here|and start|Sign and hold/ }).count()).to.equal(0);

    await driver.goTo(`/evse/${other.evse}`);
    await page.getByText("You are charging at another charger.").waitFor();
    expect(await page.getByRole("button", { name: /Sign and hold/ }).count()).to.equal(0);
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "phone-charge-beside");
    await driver.chooseHold("20");
    await page.getByRole("button", { name: /Pay in 20.00 DEMO with two signatures/ }).click();
    await page.getByText("Plug in your car").waitFor();
    const besideId = sessionIdOf(page);
    expect(besideId).to.not.equal(stuckId);

    const { chargingSettlement } = world.chain.contracts;
    const accountOf = (lane: number) => chargingSettlement.accountOf(driver.driver.address, lane);
    expect([(await accountOf(0)).commitment > 0n, (await accountOf(1)).commitment > 0n]).to.deep.equal([true, true]);

    const record = other.device.record({
      idTag: idTagOf(besideId, await world.chain.openingOf(besideId)),
      energyMicroWh: 3_000_000_000n,
      beginSeconds: 1_700_000_000,
      endSeconds: 1_700_000_900,
    });
    await world.chain.pass(900);
    expect((await post(world.url, station, record)).status).to.equal(200);
    await page.getByText("You paid", { exact: true }).waitFor();

    const { freeMicro } = await accountOf(1);
    expect(freeMicro > 0n && freeMicro < 20_000_000n).to.equal(true);
    await driver.goTo("/account");
    await page.getByRole("button", { name: "Withdraw", exact: true }).click();
    const second = page.getByRole("region", { name: "Withdraw from account 2" });
    await second.getByRole("button", { name: "All of it" }).click();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "phone-two-accounts");
    await second.getByRole("button", { name: "Withdraw now" }).click();
    await second.waitFor({ state: "detached" });
    expect((await accountOf(1)).freeMicro).to.equal(0n);
    expect((await accountOf(0)).commitment > 0n).to.equal(true);
    await driver.context.close();
  });
});
