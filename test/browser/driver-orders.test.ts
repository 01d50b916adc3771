import { expect } from "chai";
import { Signature } from "ethers";
import type { Browser } from "playwright-core";

import { accessibilityViolations } from "../helpers/axe.ts";
import { launchBrowser, phone, takePicture } from "../helpers/browser.ts";
import { openDriverWindow, sessionIdOf, type DriverWindow } from "../helpers/driver-window.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

describe("What a driver orders by signature alone", function () {
  let browser: Browser;
  let world: WebWorld;
  let driver: DriverWindow | undefined;

  before(async function () {
    world = await startWebWorld({}, { hasAuthorizationToken: true });
    browser = await launchBrowser();
  });
  after(async function () {
    await browser.close();
    await world.close();
  });
  afterEach(async function () {
    await driver?.context.close();
    driver = undefined;
  });

  async function arrive(options?: Parameters<typeof openDriverWindow>[2]): Promise<DriverWindow> {
    driver = await openDriverWindow(browser, world, options);
    return driver;
  }

  /** What the wallet was asked to sign or to send, in order. */
  function asked({ wallet }: DriverWindow): unknown[] {
    return wallet.requests
      .filter(({ method }) => /sign|send/i.test(method))
      .map(({ method, typedData }) => typedData?.primaryType ?? method);
  }

  async function chooseHold({ page }: DriverWindow, amount: string): Promise<void> {
    await page.getByLabel("Another amount").check();
    await page.getByLabel("Amount to hold (DEMO)").fill(amount);
  }

  async function moneyOf({ driver: { address } }: DriverWindow): Promise<{ free: bigint; wallet: bigint }> {
    const { chargingSettlement, erc20 } = world.chain.contracts;
    return {
      free: (await chargingSettlement.accountOf(address, 0)).freeMicro,
      wallet: await erc20.balanceOf(address),
    };
  }

  describe("paying in and opening at once", function () {
    const funds = { depositMicro: 1_000_000n, walletMicro: 30_000_000n };

    it("takes no more than the wallet holds", async function () {
      const window = await arrive({ funds });
      await window.connect();
      await chooseHold(window, "40");
      await window.page.getByText("Your wallet holds 30.00 DEMO, which is not enough for that.").waitFor();
      expect(await window.page.getByRole("button", { name: /^Pay in/ }).count()).to.equal(0);
    });

    it("takes exactly what is missing by a permit and the terms: two signatures, no transaction", async function () {
      const window = await arrive({ funds, window: { viewport: phone } });
      const { page, wallet, connect } = window;
      await connect();
      await chooseHold(window, "20");
      await page
        .getByText("19.00 DEMO goes from your wallet into your balance, and 20.00 DEMO of it is held")
        .waitFor();
      expect(await accessibilityViolations(page)).to.deep.equal([]);
      await takePicture(page, "phone-first-funding");
      wallet.decline("eth_signTypedData_v4");
      await page.getByRole("button", { name: "Pay in 19.00 DEMO with two signatures" }).click();
      await page.getByText("You declined in the wallet. Nothing was held and nothing was sent.").waitFor();
      await page.getByRole("button", { name: "Pay in 19.00 DEMO with two signatures" }).click();
      await page.getByText("Plug in your car").waitFor();
      expect(asked(window)).to.deep.equal(["Permit", "Permit", "SessionTerms"]);
      expect(wallet.requests.at(-1)?.method).to.not.equal("eth_sendTransaction");
      expect(await moneyOf(window)).to.deep.equal({ free: 0n, wallet: 11_000_000n });
      const spender = world.chain.deployment.contracts.authorizedFunding;
      expect(await world.chain.contracts.erc20.allowance(wallet.address, spender)).to.equal(0n);
    });

    it("takes exactly what is missing by a transfer for this session: one signature, no transaction", async function () {
      const window = await arrive({ funds });
      const { page, wallet, connect } = window;
      await connect();
      await chooseHold(window, "15");
      await page.getByRole("button", { name: "Pay in 14.00 DEMO with one signature" }).click();
      await page.getByText("Plug in your car").waitFor();
      expect(asked(window)).to.deep.equal(["ReceiveWithAuthorization"]);
      const signed = wallet.requests.find(({ typedData }) => typedData !== null)?.typedData?.message;
      expect(signed).to.deep.include({ nonce: sessionIdOf(page) });
      expect(await moneyOf(window)).to.deep.equal({ free: 0n, wallet: 16_000_000n });
    });

    it("opens once where somebody has sent the permit before", async function () {
      const window = await arrive({ funds });
      const { page, wallet, connect } = window;
      await connect();
      await chooseHold(window, "20");
      await page.route("**/v1/openings", async (route) => {
        const { permit } = route.request().postDataJSON() as PostedPermit;
        await sendPermit(world, wallet.address, permit);
        await route.continue();
      });
      await page.getByRole("button", { name: "Pay in 19.00 DEMO with two signatures" }).click();
      await page.getByText("Plug in your car").waitFor();
      expect(await moneyOf(window)).to.deep.equal({ free: 0n, wallet: 11_000_000n });
    });

    it("says that the service could not send it, and takes nothing", async function () {
      const window = await arrive({ funds });
      const { page, connect } = window;
      await connect();
      await chooseHold(window, "20");
      await page.route("**/v1/openings", (route) => route.abort());
      await page.getByRole("button", { name: "Pay in 19.00 DEMO with two signatures" }).click();
      await page.getByText("The service did not send it, or has not answered.").waitFor();
      expect(await moneyOf(window)).to.deep.equal({ free: 1_000_000n, wallet: 30_000_000n });
    });
  });
});

interface PostedPermit {
  readonly permit: { readonly value: string; readonly deadline: number; readonly signature: string };
}

/** A stranger takes the permit out of the pool and sends it first. */
async function sendPermit({ chain }: WebWorld, owner: string, { value, deadline, signature }: PostedPermit["permit"]) {
  const { erc20 } = chain.contracts;
  const { v, r, s } = Signature.from(signature);
  const spender = chain.deployment.contracts.authorizedFunding;
  const data = erc20.interface.encodeFunctionData("permit", [owner, spender, value, deadline, v, r, s]);
  await chain.sendAsStranger(await erc20.getAddress(), data);
}
