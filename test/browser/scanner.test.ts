import { expect } from "chai";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { create } from "qrcode";

import { accessibilityViolations } from "../helpers/axe.ts";
import { launchBrowser, openWindow, phone } from "../helpers/browser.ts";
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

/** A script that puts a picture of the code in the place of the camera. */
function cameraOf(code: string | null): string {
  const refused = `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));`;
  if (code === null) return refused;
  const { modules } = create(code);
  const dark = Array.from({ length: modules.size * modules.size }, (_, index) =>
    modules.get(Math.floor(index / modules.size), index % modules.size),
  );
  return `
    const dark = ${JSON.stringify(dark)}, size = ${modules.size}, modulePx = 10, marginPx = 40;
    navigator.mediaDevices.getUserMedia = async () => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = size * modulePx + 2 * marginPx;
      const context = canvas.getContext("2d");
      const draw = () => {
        context.fillStyle = "#fff";
        context.fillRect(0, 0, canvas.width, canvas.height);
        context.fillStyle = "#000";
        dark.forEach((isDark, index) => {
          if (isDark) context.fillRect(marginPx + (index % size) * modulePx, marginPx + Math.floor(index / size) * modulePx, modulePx, modulePx);
        });
      };
      setInterval(draw, 100);
      draw();
      return canvas.captureStream(10);
    };`;
}
