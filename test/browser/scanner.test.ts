import { expect } from "chai";
import type { Browser, BrowserContext, Page } from "playwright-core";

import { accessibilityViolations } from "../helpers/axe.ts";
import { launchBrowser, openWindow, phone } from "../helpers/browser.ts";
import { cameraOf } from "../helpers/camera.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

describe("Reading the code on a charger with the camera", function () {
  let world: WebWorld;
  let browser: Browser;
  const opened: BrowserContext[] = [];

  before(async function () {
    world = await startWebWorld();
    browser = await launchBrowser();
  });
  afterEach(async function () {
    await opened.pop()?.close();
  });
  after(async function () {
    await browser.close();
    await world.close();
  });

  /** Opens the page in front of a camera that sees this code; `null`: the driver refuses it. */
  async function lookAt(code: string | null): Promise<Page> {
    const context = await openWindow(browser, { viewport: phone });
    opened.push(context);
    // The browser of the tests has no camera: a canvas takes its place, and all behind it is the page's own.
    await context.addInitScript(cameraOf(code));
    const page = await context.newPage();
    await page.goto(`${world.url}/`);
    await page.getByRole("button", { name: "Scan the code on the charger" }).click();
    return page;
  }

  it("says so where the camera is refused", async function () {
    const page = await lookAt(null);
    await page.getByText("The page may not use the camera.").waitFor();
    expect(await accessibilityViolations(page)).to.deep.equal([]);
  });

  it("goes nowhere by a code that is none of a charger", async function () {
    const page = await lookAt("https://pay.example/#/session/1");
    await page.getByText("This code belongs to no charger here. Do not pay by it.").waitFor();
    expect(new URL(page.url()).hash).to.equal("");
  });

  it("goes to the charger that the code names, and stays on this page's own host", async function () {
    const page = await lookAt(`https://somewhere.example/#/evse/${world.point.evse}`);
    await page.getByRole("heading", { name: `Charger ${world.point.evse}` }).waitFor();
    expect(new URL(page.url()).origin).to.equal(new URL(world.url).origin);
  });
});
