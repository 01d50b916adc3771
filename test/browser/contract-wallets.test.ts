import { expect } from "chai";
import { JsonRpcProvider, Wallet } from "ethers";
import type { Browser, BrowserContext, Page } from "playwright-core";

import { deploySafeWallets, signAsSafe, wrapForNewWallet, type SafeWallets } from "../../scripts/gas/safe-wallets.ts";
import { launchBrowser, openWindow, phone, takePicture } from "../helpers/browser.ts";
import { sessionIdOf } from "../helpers/driver-window.ts";
import { injectWallet } from "../helpers/injected-wallet.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

const owners = [Wallet.createRandom(), Wallet.createRandom()] as const;
const addresses = owners.map(({ address }) => address);

describe("A driver whose wallet is a Safe of two owners", function () {
  let browser: Browser;
  let world: WebWorld;
  let provider: JsonRpcProvider;
  let safes: SafeWallets;
  let safe: string;
  let context: BrowserContext;
  let page: Page;

  before(async function () {
    world = await startWebWorld({}, { hasAuthorizationToken: true });
    browser = await launchBrowser();
    provider = new JsonRpcProvider(world.chain.rpcUrl, 31_337, { staticNetwork: true, cacheTimeout: -1 });
    safes = await deploySafeWallets(await provider.getSigner(0));
    safe = await safes.addressOf(addresses, 2);
  });
  beforeEach(async function () {
    context = await openWindow(browser, { viewport: phone });
    const sign = async (digest: string): Promise<string> => {
      const signature = await signAsSafe(digest, { chainId: 31_337, verifyingContract: safe }, owners);
      const isDeployed = (await provider.getCode(safe)) !== "0x";
      return isDeployed ? signature : wrapForNewWallet(safes.factory, safes.creationOf(addresses, 2), signature);
    };
    await injectWallet(context, {
      ...{ privateKey: owners[0].privateKey, rpcUrl: world.chain.rpcUrl },
      contract: { address: safe, sign },
    });
    page = await context.newPage();
  });
  afterEach(async function () {
    await context.close();
  });
  after(async function () {
    provider.destroy();
    await browser.close();
    await world.close();
  });

  async function arrive(): Promise<void> {
    await page.goto(`${world.url}/#/evse/${world.point.evse}`);
    await page.getByRole("button", { name: / and start$/ }).click();
    await page.getByRole("button", { name: "Pay with Test Wallet" }).click();
  }

  it("is not asked for what its token takes of keys alone, before it is deployed and after", async function () {
    await world.chain.fundDriver(safe, 0n, 60_000_000n);
    await arrive();
    await page.getByRole("button", { name: /^Pay in .* with one signature$/ }).click();
    await page.getByText("Here you have to pay in first.").waitFor();
    const signer = await provider.getSigner(0);
    const snapshot = await world.chain.request("evm_snapshot");
    await (await signer.sendTransaction({ to: safes.factory, data: safes.creationOf(addresses, 2) })).wait();
    await page.reload();
    await page.getByRole("button", { name: / and start$/ }).click();
    await page.getByText("Here you have to pay in first.").waitFor();
    expect(await page.getByRole("button", { name: /^Pay in/ }).count()).to.equal(0);
    await takePicture(page, "phone-safe-pay-in-first");
    await world.chain.request("evm_revert", [snapshot]);
    expect(await provider.getCode(safe)).to.equal("0x");
  });

  it("opens by what its owners have signed, and is deployed on the way", async function () {
    await world.chain.fundDriver(safe, 60_000_000n, 0n);
    await arrive();
    await page.getByRole("button", { name: /^Sign and hold/ }).click();
    await page.getByText("Plug in your car").waitFor();

    const opening = await world.chain.openingOf(sessionIdOf(page));
    expect([await provider.getCode(safe), opening.openedAt]).to.satisfy(
      ([code, openedAt]: [string, number]) => code.length > 2 && openedAt > 0,
    );
  });
});
