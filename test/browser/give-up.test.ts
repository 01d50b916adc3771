import { expect } from "chai";
import type { Browser } from "playwright-core";

import { accessibilityViolations } from "../helpers/axe.ts";
import { launchBrowser, phone, takePicture } from "../helpers/browser.ts";
import { openDriverWindow } from "../helpers/driver-window.ts";
import { registerStation } from "../helpers/ocpp-service.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

describe("A driver at a charger that is offline", function () {
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

  it("gives the session up on the page, has the hold back, and sees so", async function () {
    await world.chain.changeReleaser(world.relayer, true);
    const { page, connect, open } = await openDriverWindow(browser, world, { window: { viewport: phone } });
    await connect();
    await open();
    await registerStation(world.running.service.store, "CS-OFFLINE", { evses: [world.point.evse] });
    const button = page.getByRole("button", { name: "Do not charge after all" });
    await button.waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "phone-give-up");
    await button.click();
    await page.getByText("Given back", { exact: true }).waitFor();
    expect(await button.count()).to.equal(0);
  });
});
