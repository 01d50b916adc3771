import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import type { Browser, Page } from "playwright-core";

import { launchBrowser, openWindow, phone, takePicture } from "../helpers/browser.ts";
import {
  freePorts,
  isShownLine,
  openTutorialShell,
  readTutorial,
  type TutorialShell,
  type TutorialStep,
} from "../helpers/tutorial.ts";

const folder = "docs/tutorials";
const actionTimeoutMs = 60_000;

/** Puts a tutorial's ports and folder where no other test has its own. */
async function relocate(steps: readonly TutorialStep[], home: string): Promise<(text: string) => string> {
  const all = steps.map((step) => (step.kind === "run" ? step.commands : "")).join("\n");
  const named = [...new Set(all.match(/\b8\d{3}\b/gu) ?? [])];
  const free = await freePorts(named.length);
  return (text) =>
    named.reduce(
      (moved, port, index) => moved.replaceAll(port, `${free[index] ?? 0}`),
      text.replaceAll(/\btry\//gu, `${home}/`),
    );
}

describe("The tutorials", function () {
  this.timeout(600_000);
  let home: string;
  let shell: TutorialShell;
  let browser: Browser | undefined;

  beforeEach(function () {
    home = mkdtempSync(join(tmpdir(), "wattproof-tutorial-"));
    shell = openTutorialShell();
  });
  afterEach(async function () {
    await browser?.close();
    browser = undefined;
    await shell.close();
    rmSync(home, { recursive: true, force: true });
  });

  async function openPage(url: string): Promise<Page> {
    browser = await launchBrowser();
    const context = await openWindow(browser, { viewport: phone });
    context.setDefaultTimeout(actionTimeoutMs);
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  for (const name of readdirSync(folder).sort()) {
    it(`${name} can be followed step by step, and shows what it says`, async function () {
      const path = join(folder, name);
      const steps = readTutorial(path);
      const move = await relocate(steps, home);
      const address = /<(http:[^>]+)>/u.exec(readFileSync(path, "utf8"))?.[1];
      let page: Page | undefined;
      for (const step of steps) {
        if (step.kind === "run") {
          if (step.isBackground) await shell.startInBackground(move(step.commands));
          else shows(await shell.run(move(step.commands)), step.shown.map(move));
        } else {
          page ??= await openPage(move(address ?? ""));
          await follow(page, step);
        }
      }
      if (page !== undefined) await takePicture(page, "tutorial-end");
    });
  }

  function shows(output: string, shown: readonly string[]): void {
    const lines = output.split("\n");
    const missing = shown.filter((expected) => !lines.some((line) => isShownLine(expected, line)));
    expect(missing, output).to.deep.equal([]);
  }

  async function follow(page: Page, step: Exclude<TutorialStep, { kind: "run" }>): Promise<void> {
    if (step.kind === "read") await page.getByText(step.text, { exact: true }).first().waitFor();
    else if (step.kind === "fill") await page.getByLabel(step.field).fill(step.text);
    else await page.getByRole("button", { name: step.name }).or(page.getByLabel(step.name)).first().click();
  }
});

describe("A tutorial", function () {
  it("has its lines compared with what commands write, with … for anything", function () {
    expect(isShownLine("session 0x… is open", "session 0xab is open")).to.equal(true);
    expect(isShownLine("a   b", "  a b ")).to.equal(true);
    expect(isShownLine("session 0x… is open", "session 0xab is opened")).to.equal(false);
    expect(isShownLine("done.", "donee")).to.equal(false);
  });
});
