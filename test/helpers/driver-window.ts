import type { Browser, BrowserContext, Page } from "playwright-core";

import { openWindow } from "./browser.ts";
import type { InjectedWallet } from "./injected-wallet.ts";
import type { TestDriver, WebWorld } from "./web-world.ts";

/** A driver with a wallet in a window of their own. */
export interface DriverWindow {
  readonly driver: TestDriver;
  readonly wallet: InjectedWallet;
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the browser complained about: errors of scripts, and what the content security policy stopped. */
  readonly complaints: readonly string[];
  /** Goes to an address of the page, behind `#`. */
  readonly goTo: (path: string) => Promise<void>;
  /** Chooses the wallet as the way to pay: at a charger in the sheet of its button, which stays open, else on the screen. */
  readonly connect: () => Promise<void>;
  /** Opens the sheet of the charger's button, where it is not open yet. */
  readonly openSheet: () => Promise<void>;
  /** At a charger: closes the sheet, and chooses another amount to hold. */
  readonly chooseHold: (amount: string) => Promise<void>;
  /** Signs at the charger with the hold that is chosen. @returns the session's id */
  readonly open: () => Promise<string>;
}

/** Opens the page for a new driver. */
export async function openDriverWindow(
  browser: Browser,
  world: WebWorld,
  options: {
    readonly window?: Parameters<typeof openWindow>[1];
    readonly funds?: Parameters<WebWorld["addDriver"]>[0];
    readonly path?: string;
  } = {},
): Promise<DriverWindow> {
  const driver = await world.addDriver(options.funds);
  const context = await openWindow(browser, options.window);
  const wallet = await world.wallet(context, driver);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    if (/Content Security Policy|Trusted|refused to/i.test(message.text())) complaints.push(message.text());
  });
  const goTo = async (path: string): Promise<void> => {
    await page.goto(`${world.url}/#${path}`);
  };
  await goTo(options.path ?? `/evse/${world.point.evse}`);

  const step = page.getByRole("button", { name: / and start$|^Charge here as well$/ });
  const dialog = page.getByRole("dialog");
  const pay = page.getByRole("button", { name: "Pay with Test Wallet" });
  const openSheet = async (): Promise<void> => {
    await step.or(dialog).first().waitFor();
    if (await dialog.isHidden()) await step.click();
    await dialog.waitFor();
  };

  return {
    driver,
    wallet,
    context,
    page,
    complaints,
    goTo,
    openSheet,
    async connect() {
      await step.or(pay).first().waitFor();
      if (await pay.isHidden()) await openSheet();
      await pay.click();
    },
    async chooseHold(amount) {
      if (await dialog.isVisible()) await page.keyboard.press("Escape");
      await page.getByLabel("Other", { exact: true }).check();
      await page.getByLabel("Amount to hold (DEMO)").fill(amount);
      await openSheet();
    },
    async open() {
      await openSheet();
      await page.getByRole("button", { name: /^Sign and hold/ }).click();
      await page.getByText("Plug in your car").waitFor();
      return sessionIdOf(page);
    },
  };
}

/** The session that the page shows. */
export function sessionIdOf(page: Page): string {
  const sessionId = /#\/session\/(0x[0-9a-f]{64})$/.exec(page.url())?.[1];
  if (sessionId === undefined) throw new Error(`The page is at ${page.url()}.`);
  return sessionId;
}
