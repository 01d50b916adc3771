import { existsSync, mkdirSync, statSync } from "node:fs";
import { env } from "node:process";
import { fileURLToPath } from "node:url";

import type { Browser, BrowserContext, Page } from "playwright-core";
import { build } from "vite";

const configFile = fileURLToPath(new URL("../../services/web/vite.config.ts", import.meta.url));
const builtPage = fileURLToPath(new URL("../../services/web/dist/index.html", import.meta.url));
const pictures = fileURLToPath(new URL("../../docs/pictures/", import.meta.url));
/** Pictures stay in the history for ever, and README shows one. */
const mostPictureBytes = 150_000;
const screenshots = fileURLToPath(new URL("../browser/screenshots/", import.meta.url));

/** `npm test` has built the page; a file that is run alone builds it where it is missing. */
export async function ensureBuiltPage(): Promise<void> {
  if (!existsSync(builtPage)) await build({ configFile });
}

/** Chromium from npm. */
export async function launchBrowser(): Promise<Browser> {
  // Without this the package takes the libraries of the machine, which need not be there.
  env["AWS_LAMBDA_JS_RUNTIME"] ??= "nodejs22.x";
  const { default: chromium } = await import("@sparticuz/chromium");
  const { chromium: playwright } = await import("playwright-core");
  return playwright.launch({ executablePath: await chromium.executablePath(), args: ["--headless=shell"] });
}

export const phone = { width: 390, height: 844 };
export const desk = { width: 1280, height: 900 };

/** A window of its own, in English and light unless said otherwise. */
export async function openWindow(
  browser: Browser,
  options: {
    readonly viewport?: { readonly width: number; readonly height: number };
    readonly locale?: string;
    readonly colorScheme?: "light" | "dark";
    readonly serviceWorkers?: "allow" | "block";
  } = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: options.viewport ?? desk,
    locale: options.locale ?? "en-GB",
    colorScheme: options.colorScheme ?? "light",
    reducedMotion: "reduce",
    serviceWorkers: options.serviceWorkers ?? "block",
  });
  context.setDefaultTimeout(60_000);
  return context;
}

/** A picture of the whole page, kept for people to look at. */
export async function takePicture(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: `${screenshots}${name}.png`, fullPage: true });
}

/** Whether this run also writes the pictures of the documentation. */
export const isWritingPictures = env["WATTPROOF_WRITE_PICTURES"] === "1";

/** A picture of the page's upper part for the documentation, where this run writes them. */
export async function writePicture(page: Page, name: string, heightPx: number): Promise<void> {
  if (!isWritingPictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.evaluate("window.scrollTo(0, 0)");
  const path = `${pictures}${name}.png`;
  const width = page.viewportSize()?.width ?? 0;
  await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width, height: heightPx } });
  const { size } = statSync(path);
  if (size > mostPictureBytes) throw new RangeError(`${name}.png has ${size} bytes; at most ${mostPictureBytes}.`);
}

/** By how many pixels the page is wider than the window; 0 where nothing has to be moved sideways. */
export async function overflowPx(page: Page): Promise<number> {
  return Number(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
}
