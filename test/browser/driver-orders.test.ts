import { expect } from "chai";
import { Signature, Wallet, ZeroHash } from "ethers";
import type { Browser } from "playwright-core";
import { z } from "zod";

import { signAsQuorum } from "../../scripts/local-world/registration.ts";
import { claimsOf, encodeSettlement } from "../../services/chain/settlement-call.ts";
import { batchDigestOf } from "../../services/domain/claims.ts";
import { priceOf } from "../../services/domain/tariff.ts";
import { formatMoney } from "../../services/web/page/text/money.ts";
import { idTagOf } from "../../services/domain/id-tag.ts";
import { accessibilityViolations } from "../helpers/axe.ts";
import { launchBrowser, phone, takePicture } from "../helpers/browser.ts";
import { connectCharger } from "../helpers/charger.ts";
import { openDriverWindow, sessionIdOf, type DriverWindow } from "../helpers/driver-window.ts";
import { registerStation } from "../helpers/ocpp-service.ts";
import { addStation, post, type Answer } from "../helpers/running-service.ts";
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
      await window.chooseHold("40");
      await window.page.getByText("Your wallet holds 30.00 DEMO, which is not enough for that.").waitFor();
      expect(await window.page.getByRole("button", { name: /^Pay in/ }).count()).to.equal(0);
    });

    it("takes exactly what is missing by a permit and the terms: two signatures, no transaction", async function () {
      const window = await arrive({ funds, window: { viewport: phone } });
      const { page, wallet, connect } = window;
      await connect();
      await window.chooseHold("20");
      await page.getByText("19.00 DEMO is paid in and 20.00 DEMO held").waitFor();
      expect(await accessibilityViolations(page)).to.deep.equal([]);
      await takePicture(page, "phone-first-funding");
      wallet.decline("eth_signTypedData_v4");
      await page.getByRole("button", { name: "Pay in 19.00 DEMO with two signatures" }).click();
      await page.getByText("You declined. Nothing was held and nothing was sent.").waitFor();
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
      await window.chooseHold("15");
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
      await window.chooseHold("20");
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
      await window.chooseHold("20");
      await page.route("**/v1/openings", (route) => route.abort());
      await page.getByRole("button", { name: "Pay in 19.00 DEMO with two signatures" }).click();
      await page.getByText("The service did not send it, or has not answered.").waitFor();
      expect(await moneyOf(window)).to.deep.equal({ free: 1_000_000n, wallet: 30_000_000n });
    });
  });

  describe("raising the hold while it charges", function () {
    it("takes one signature, or a transaction where the relay is away", async function () {
      const window = await arrive({ window: { viewport: phone } });
      const { page, connect, open, wallet } = window;
      await connect();
      await window.chooseHold("5");
      const sessionId = await open();
      await world.step(sessionId, "B", 0n, 0);
      await page.getByText("Charging", { exact: true }).waitFor();
      await page.getByRole("button", { name: "Add to hold" }).click();
      await page.getByLabel("Add (DEMO)").fill("46");
      await page.getByText("You have 45.00 DEMO.").waitFor();
      await page.getByLabel("Add (DEMO)").fill("7");
      expect(await accessibilityViolations(page)).to.deep.equal([]);
      await takePicture(page, "phone-top-up");
      await page.getByRole("button", { name: "Sign and add" }).click();
      await page.getByText("of 12.00 DEMO held").or(page.getByText("12.00 DEMO is held")).waitFor();
      expect(asked(window)).to.deep.equal(["SessionTerms", "TopUp"]);
      const signed = wallet.requests.find(({ typedData }) => typedData?.primaryType === "TopUp")?.typedData?.message;
      expect(signed).to.deep.equal({ sessionId, toppedUpMicro: "0", amountMicro: "7000000" });

      await page.route("**/v1/driver-orders", (route) => route.abort());
      await page.getByRole("button", { name: "Add to hold" }).click();
      await page.getByLabel("Add (DEMO)").fill("1.5");
      await page.getByRole("button", { name: "Sign and add" }).click();
      await page.getByRole("button", { name: "Send it from my wallet" }).click();
      await page.getByText("of 13.50 DEMO held").or(page.getByText("13.50 DEMO is held")).waitFor();
      expect((await moneyOf(window)).free).to.equal(36_500_000n);

      await world.step(sessionId, "E", 12n * 1_000_000_000n, 600);
      await page.getByText("You paid", { exact: true }).waitFor();
      expect((await moneyOf(window)).free).to.be.greaterThan(36_500_000n);
    });
  });

  describe("having money paid to another address", function () {
    const elsewhere = Wallet.createRandom().address;

    it("is offered when the usual withdrawal fails, and takes one signature", async function () {
      const window = await arrive({ path: "/account", window: { viewport: phone } });
      const { page, connect, driver: account } = window;
      await connect();
      await world.chain.request("hardhat_setBalance", [account.address, "0x0"]);
      await page.getByRole("button", { name: "Withdraw", exact: true }).click();
      await page.getByLabel("Amount to withdraw (DEMO)").fill("50");
      await page.getByRole("button", { name: "Withdraw now" }).click();
      await page.getByLabel("Address of the recipient").fill(elsewhere.replace("0x", "0x0"));
      await page.getByText("Nothing can be paid to this address.").waitFor();
      await page.getByLabel("Address of the recipient").fill(world.chain.deployment.contracts.chargingSettlement);
      await page.getByText("Nothing can be paid to this address.").waitFor();
      await page.getByLabel("Address of the recipient").fill(elsewhere);
      await page.getByLabel("Amount to pay out there (DEMO)").fill("50");
      expect(await accessibilityViolations(page)).to.deep.equal([]);
      await takePicture(page, "phone-withdraw-elsewhere");
      await page.getByRole("button", { name: "Sign and pay out" }).click();
      await page.getByText("Done.", { exact: true }).waitFor();
      expect(asked(window)).to.deep.equal(["eth_sendTransaction", "Withdrawal"]);
      expect(await world.chain.contracts.erc20.balanceOf(elsewhere)).to.equal(50_000_000n);
    });
  });

  describe("while only the charger tells what flows", function () {
    it("shows energy and power as the charger says them, marked as not signed", async function () {
      const { chain, running, url } = world;
      const point = await chain.addChargingPoint();
      await registerStation(running.service.store, "CS-LIVE", { evses: [point.evse] });
      const charger = await connectCharger(url, "CS-LIVE", "ocpp1.6");
      try {
        // How a charge goes on is shown to its driver, who opens it here.
        const { page, connect, open } = await arrive({ path: `/evse/${point.evse}`, window: { viewport: phone } });
        await connect();
        const sessionId = await open();
        const idTag = idTagOf(sessionId, await world.chain.openingOf(sessionId));
        const beganMs = Date.now() - 600_000;
        const at = (seconds: number): string => new Date(beganMs + seconds * 1_000).toISOString();
        const start = { connectorId: 1, idTag, meterStart: 1_000, timestamp: at(0) };
        const { transactionId } = await charger.call("StartTransaction", start);
        for (const [seconds, value] of [
          [60, "1200"],
          [120, "1400"],
        ] as const) {
          const meterValue = [{ timestamp: at(seconds), sampledValue: [{ value }] }];
          await charger.call("MeterValues", { connectorId: 1, transactionId, meterValue });
          await page.getByText(seconds === 60 ? "0.20 kWh" : "0.40 kWh", { exact: true }).waitFor();
        }
        await page.getByText("12.0 kW", { exact: true }).waitFor();
        await page.getByText("said by the charger", { exact: true }).waitFor();
        await page.getByText("This meter signs at the end.").waitFor();
        expect(await page.getByText("signed by the meter", { exact: true }).count()).to.equal(0);
        // An estimate of the cost instead of zeros, and parts that add up to the hold.
        const shown = (await page.getByRole("region", { name: "Charging" }).textContent()) ?? "";
        const amountAt = (pattern: RegExp): bigint => BigInt((pattern.exec(shown)?.[1] ?? "0").replace(".", ""));
        const cost = amountAt(/([0-9]+\.[0-9]{2}) DEMOsaid by the charger/);
        const left = amountAt(/Comes back([0-9]+\.[0-9]{2}) DEMO/);
        const hold = amountAt(/of ([0-9]+\.[0-9]{2}) DEMO held/);
        expect(cost > 0n, shown).to.equal(true);
        expect(cost + left, shown).to.equal(hold);
        expect(await accessibilityViolations(page)).to.deep.equal([]);
        await takePicture(page, "phone-unsigned-readings");
      } finally {
        await charger.close();
      }
    });
  });

  describe("when the settlement was wrong", function () {
    const settled = { chargingSeconds: 3_600, connectedSeconds: 3_600, toppedUpMicro: 0n, isReadable: true };

    it("shows what was charged, what the meter's records show, and what came back", async function () {
      const { chain } = world;
      const [oracle] = chain.oracles;
      if (oracle === undefined) expect.fail("There is no oracle.");
      const point = await chain.addChargingPoint("secp256r1", { isProven: true });
      const session = await chain.openSession(point);
      const claim = {
        terms: session.terms,
        opening: session.opening,
        tariff: chain.tariff,
        energyMicroWh: 20_000_000_000n,
        ...settled,
      };
      const settlement = chain.contracts.chargingSettlement;
      const domain = { chainId: 31_337, verifyingContract: await settlement.getAddress() };
      const signatures = signAsQuorum(
        [oracle],
        batchDigestOf({ claims: claimsOf([claim], domain), evidenceRoot: ZeroHash }, domain),
      );
      const signed = signatures.map((signature) => ({ signer: oracle.address, ...signature }));
      await chain.sendAsStranger(
        domain.verifyingContract,
        encodeSettlement(settlement.interface, [claim], ZeroHash, signed),
      );

      const { page } = await arrive({ path: `/session/${session.sessionId}`, window: { viewport: phone } });
      await page.getByText("You paid", { exact: true }).waitFor();
      const station = await addStation(world.running.service.store, "CS-WRONG", [point.evse]);
      const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_003_600 };
      const record = point.device.record({ idTag: session.idTag, energyMicroWh: 7_000_000_000n, ...times });
      await expectAccepted(() => post(world.url, station, record));
      await page.getByText("You were charged too much, and got it back").waitFor();
      await page.getByText("The difference is in your account.").waitFor();
      const { paidMicro } = await chain.contracts.challenges.loweredTo(session.sessionId);
      const { grossMicro } = priceOf(chain.tariff, 20_000_000_000n, 3_600, 0);
      const { holdMicro } = session.terms;
      const chargedMicro = grossMicro < holdMicro ? grossMicro : holdMicro;
      const money = (micro: bigint): string => formatMoney(micro, { symbol: "DEMO", currency: null }, "en");
      for (const micro of [chargedMicro, paidMicro, chargedMicro - paidMicro]) {
        await page.getByText(money(micro), { exact: true }).first().waitFor();
      }
      expect(await accessibilityViolations(page)).to.deep.equal([]);
      await takePicture(page, "phone-challenged");
    });
  });

  describe("where the operator shares with partners", function () {
    async function sendAs(from: string, data: string): Promise<void> {
      const { partnerAgreements } = world.chain.contracts;
      await world.chain.request("eth_sendTransaction", [{ from, to: await partnerAgreements.getAddress(), data }]);
    }

    it("signs terms of the newest agreement that binds on the chain", async function () {
      const { chain } = world;
      const { operator, contracts } = chain;
      const abi = contracts.partnerAgreements.interface;
      const partner = z.array(z.string()).parse(await chain.request("eth_accounts"))[5] ?? "";
      for (const shareBps of [1_000, 2_000]) {
        await sendAs(operator, abi.encodeFunctionData("propose", [[{ partner, shareBps }]]));
      }
      await sendAs(partner, abi.encodeFunctionData("sign", [1]));
      const window = await arrive({ path: "/" });
      const { page, wallet, connect, open, goTo } = window;
      await page.route("**/configuration.json", async (route) => {
        const settings = z.record(z.string(), z.unknown()).parse(await (await route.fetch()).json());
        await route.fulfill({ json: { ...settings, partnerAgreement: 2 } });
      });
      await page.reload();
      await goTo(`/evse/${world.point.evse}`);
      await connect();
      await page.getByRole("button", { name: /^Sign and hold/ }).click();
      await page.getByText("The service names agreement 2 with the operator's partners").waitFor();
      expect(asked(window)).to.deep.equal([]);
      await page.unroute("**/configuration.json");
      await page.reload();
      await open();
      const terms = wallet.requests.find(({ typedData }) => typedData?.primaryType === "SessionTerms");
      expect(terms?.typedData?.message).to.deep.include({ agreement: "1" });
    });
  });
});

/** The service knows the session once it has read its block. */
async function expectAccepted(send: () => Promise<Answer>): Promise<void> {
  let answer = await send();
  for (let tries = 0; tries < 50 && answer.status !== 200; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    answer = await send();
  }
  expect(answer.status).to.equal(200);
}

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
