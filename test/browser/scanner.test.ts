import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { create } from "qrcode";

import { accessibilityViolations } from "../helpers/axe.ts";
import { launchBrowser, openWindow, phone } from "../helpers/browser.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

const widthPx = 480;

describe("Reading the code on a charger with the camera", function () {
  const folder = mkdtempSync(join(tmpdir(), "wattproof-camera-"));
  let world: WebWorld;
  let browser: Browser | undefined;

  before(async function () {
    world = await startWebWorld();
  });
  afterEach(async function () {
    await browser?.close();
  });
  after(async function () {
    rmSync(folder, { recursive: true, force: true });
    await world.close();
  });

  /** Opens the page in front of a camera that sees this code. */
  async function lookAt(code: string, permissions: readonly string[] = ["camera"]): Promise<Page> {
    const path = join(folder, "camera.y4m");
    writeFileSync(path, pictureOf(code));
    browser = await launchBrowser(["--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${path}`]);
    const context = await openWindow(browser, { viewport: phone });
    await context.grantPermissions([...permissions]);
    const page = await context.newPage();
    await page.goto(`${world.url}/`);
    await page.getByRole("button", { name: "Scan the code on the charger" }).click();
    return page;
  }

  it("says so where the camera is refused", async function () {
    const page = await lookAt("1", []);
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

/** One picture of a code, dark on light, in the raw form that Chromium takes for a camera (YUV4MPEG2). */
function pictureOf(code: string): Buffer {
  const { modules } = create(code);
  const modulePx = Math.floor(widthPx / (modules.size + 8));
  const marginPx = Math.floor((widthPx - modulePx * modules.size) / 2);
  const light = Buffer.alloc(widthPx * widthPx, 235);
  for (let row = 0; row < modulePx * modules.size; row += 1) {
    for (let column = 0; column < modulePx * modules.size; column += 1) {
      const isDark = modules.get(Math.floor(row / modulePx), Math.floor(column / modulePx)) === 1;
      if (isDark) light[(row + marginPx) * widthPx + column + marginPx] = 16;
    }
  }
  const colour = Buffer.alloc((widthPx * widthPx) / 2, 128);
  const head = `YUV4MPEG2 W${widthPx} H${widthPx} F10:1 Ip C420jpeg\nFRAME\n`;
  return Buffer.concat([Buffer.from(head), light, colour]);
}
