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
  readonly connect: () => Promise<void>;
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

  return {
    driver,
    wallet,
    context,
    page,
    complaints,
    goTo,
    async connect() {
      await page.getByRole("button", { name: "Connect Test Wallet" }).click();
    },
    async open() {
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
