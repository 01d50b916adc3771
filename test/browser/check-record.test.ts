import { expect } from "chai";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { toBuffer } from "qrcode";

import { signedSamples } from "../../scripts/simulator/formats/signed-samples.ts";
import { accessibilityViolations } from "../helpers/axe.ts";
import { launchBrowser, openWindow, overflowPx, phone, takePicture } from "../helpers/browser.ts";
import { cameraOf } from "../helpers/camera.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

describe("Signed meter values that somebody brings to the page", function () {
  let world: WebWorld;
  let browser: Browser;
  const opened: BrowserContext[] = [];
  const sample = signedSamples().find(({ format }) => format === "ALFEN") ?? expect.fail("There is a sample of Alfen.");
  const record = Buffer.from(sample.file).toString();

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

  async function openCheck(seen: string | null = null): Promise<Page> {
    const context = await openWindow(browser, { viewport: phone });
    opened.push(context);
    await context.addInitScript(cameraOf(seen));
    const page = await context.newPage();
    await page.goto(`${world.url}/#/receipt`);
    await page.getByRole("heading", { name: "Check a receipt" }).waitFor();
    return page;
  }
  const isGood = (page: Page): Promise<void> => page.getByText("The signature is good: 12345 Wh.").waitFor();

  it("are checked as a text that is pasted, which may be none", async function () {
    const page = await openCheck();
    const check = page.getByRole("button", { name: "Check the text" });
    expect(await check.isDisabled()).to.equal(true);
    await page.getByLabel("Or the text itself").fill("nothing of the kind");
    await check.click();
    await page.getByText("This file is no receipt.").waitFor();
    await page.getByLabel("Or the text itself").fill(record);
    await check.click();
    await isGood(page);
    await page.getByLabel("Or the text itself").fill(record.replace(/A([^A]*)$/u, "B$1"));
    await check.click();
    await page.getByText("Not good").first().waitFor();
    const lines = await page.locator("section .notice").allTextContents();
    expect(lines[0]).to.match(/^Charging session 1.*Not good/u);
    expect(await overflowPx(page)).to.equal(0);
    // Each value alone may be good still; what they would prove together is not said.
    expect(await page.getByText("12345 Wh").count()).to.equal(0);
    expect(await accessibilityViolations(page)).to.deep.equal([]);
    await takePicture(page, "phone-check-record");
  });

  it("are checked as a file that is dropped", async function () {
    const page = await openCheck();
    const dropped = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([${JSON.stringify(record)}], "record.txt", { type: "text/plain" }));
      return transfer;
    })()`);
    const place = page.locator(".drop");
    await place.dispatchEvent("dragover", { dataTransfer: dropped });
    expect(await place.getAttribute("class")).to.contain("over");
    await place.dispatchEvent("drop", { dataTransfer: dropped });
    await isGood(page);
    expect(await place.getAttribute("class")).to.not.contain("over");
  });

  it("are checked as a picture of a code, which may show none", async function () {
    const page = await openCheck();
    const choose = (buffer: Buffer): Promise<void> =>
      page.getByLabel("Receipt file (JSON)").setInputFiles({ name: "code.png", mimeType: "image/png", buffer });
    for (const picture of [await toBuffer("x".repeat(8), { scale: 1, margin: 0 }), Buffer.from("no picture")]) {
      await choose(picture.subarray(0, 60));
      await page.getByText("There is no code in this picture that can be read.").waitFor();
    }
    await choose(await toBuffer(record, { scale: 4 }));
    await isGood(page);
    expect(await page.getByText("There is no code in this picture").count()).to.equal(0);
  });

  it("are checked as a code in front of the camera", async function () {
    const page = await openCheck(record);
    await page.getByRole("button", { name: "Scan a code with signed values" }).click();
    await isGood(page);
    expect(await page.getByLabel("Picture of the camera").count()).to.equal(0);
  });

  it("are asked for otherwise where the camera is refused", async function () {
    const page = await openCheck();
    await page.getByRole("button", { name: "Scan a code with signed values" }).click();
    await page.getByText("The page may not use the camera.").waitFor();
  });
});
