import { expect } from "chai";

import type { HostileToken } from "../../../types/index.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { signTerms, signTopUp, signWithdrawal } from "../../helpers/orders.ts";
import { booksOf, outcomeOf } from "../../helpers/outcome.ts";
import { passEpochs } from "../../helpers/partners-fixture.ts";
import { ANY_EVIDENCE } from "../../helpers/claims.ts";
import { packMetering, packTerms } from "../../helpers/session-terms.ts";
import {
  DAY,
  hostileSettlementOfSixDecimals,
  openingGroup,
  signedOpeningOf,
  sessionIn,
  settleBatch,
  type SettlementFixture,
  settlementGroup,
  TARIFF,
  termsOf,
  USUAL,
  openingIn,
} from "../../helpers/settlement-fixture.ts";

type Fixture = SettlementFixture<HostileToken>;

/** The token is a driver, an operator and a bonded account itself, with money and credit in the contract. */
async function tokenInside(): Promise<Fixture> {
  const fixture = await hostileSettlementOfSixDecimals();
  const { erc20, settlement, tariffRegistry, driver } = fixture;
  const token = await erc20.getAddress();
  const target = await settlement.getAddress();
  const call = settlement.interface;

  await erc20.mint(token, 1_000_000_000n);
  await erc20.act(token, erc20.interface.encodeFunctionData("approve", [target, 2n ** 255n]));
  await erc20.act(target, call.encodeFunctionData("deposit", [token, 0, 300_000_000n]));
  await settlement.connect(driver).deposit(driver.address, 0, 100_000_000n);
  await settlement.connect(driver).deposit(driver.address, 1, 100_000_000n);

  const publish = tariffRegistry.interface.encodeFunctionData("publish", [
    await tariffRegistry.tariffOf(fixture.tariffId),
  ]);
  await erc20.act(await tariffRegistry.getAddress(), publish);
  await settlement.connect(driver).open(termsOf(fixture, { operator: token }));
  await settleBatch(fixture, [settlementGroup(termsOf(fixture, { operator: token }))]);
  await passEpochs();
  return { ...fixture, startedAt: BigInt(await networkHelpers.time.latest()) };
}

describe("ChargingSettlement and a token that calls back", () => {
  let fixture: Fixture;
  let token: string;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(tokenInside);
    token = await fixture.erc20.getAddress();
  });

  const orderOfDriver = () => ({
    driver: fixture.driver.address,
    lane: 0n,
    nonce: 1n,
    amount: 1_000n,
    recipient: fixture.driver.address,
    deadline: fixture.startedAt + DAY,
  });

  /** The calls that make the contract call the token's transfer functions. */
  const entries = {
    deposit: () => fixture.settlement.connect(fixture.driver).deposit(fixture.driver.address, 0, 1_000),
    withdraw: () => fixture.settlement.connect(fixture.driver).withdraw(0, 1_000, fixture.driver.address),
    withdrawSigned: async () =>
      await fixture.settlement
        .connect(fixture.relayer)
        .withdrawSigned(orderOfDriver(), await signWithdrawal(fixture, fixture.driver, orderOfDriver())),
    withdrawCredit: () =>
      fixture.erc20.act(
        fixture.settlement.getAddress(),
        fixture.settlement.interface.encodeFunctionData("withdrawCredit", [token, 0, 1_000, fixture.thief.address]),
      ),
  };

  /**
   * Every function that changes state, with arguments that succeed when the token calls it outside of a transfer; but
   * for those that only another of our contracts may call.
   */
  async function innerCalls(): Promise<Record<string, string>> {
    const { settlement, driver } = fixture;
    const call = settlement.interface;
    const ofToken = termsOf(fixture, { driver: token, operator: token });
    const ofDriver = termsOf(fixture, { lane: 1n });
    const opening = await openingIn(fixture, ofToken);
    const openingOfDriver = await openingIn(fixture, ofDriver);
    const order = { ...orderOfDriver(), amount: 500n };
    const proof = { driver: token, terms: packTerms(ofToken), metering: packMetering(USUAL) };
    return {
      deposit: call.encodeFunctionData("deposit", [token, 0, 1_000]),
      withdraw: call.encodeFunctionData("withdraw", [0, 1_000, token]),
      withdrawSigned: call.encodeFunctionData("withdrawSigned", [order, await signWithdrawal(fixture, driver, order)]),
      advanceNonce: call.encodeFunctionData("advanceNonce", [0]),
      open: call.encodeFunctionData("open", [ofToken]),
      openSigned: call.encodeFunctionData("openSigned", [ofDriver, await signTerms(fixture, driver, ofDriver)]),
      openAuthorized: call.encodeFunctionData("openAuthorized", [ofToken]),
      openBatch: call.encodeFunctionData("openBatch", [
        [openingGroup(ofDriver, [await signedOpeningOf(fixture, driver, ofDriver)])],
      ]),
      topUp: call.encodeFunctionData("topUp", [ofToken, opening, 0, 1_000]),
      topUpSigned: call.encodeFunctionData("topUpSigned", [
        ofDriver,
        openingOfDriver,
        0,
        1_000,
        await signTopUp(fixture, driver, ofDriver, 0n, 1_000n),
      ]),
      settleBatch: call.encodeFunctionData("settleBatch", [[], ANY_EVIDENCE, []]),
      settleProven: call.encodeFunctionData("settleProven", [
        sessionIn(fixture, ofToken),
        token,
        0,
        TARIFF,
        proof,
        true,
      ]),
      correct: call.encodeFunctionData("correct", [
        {
          sessionId: sessionIn(fixture, ofToken),
          driver: token,
          lane: 0,
          operator: token,
          agreement: 0,
          settledAt: 0,
          refundedMicro: 1_000,
          challenger: token,
          isByQuorum: false,
        },
      ]),
      expire: call.encodeFunctionData("expire", [ofToken, opening, 0]),
      withdrawCredit: call.encodeFunctionData("withdrawCredit", [token, 0, 1_000, token]),
      changeReleaser: call.encodeFunctionData("changeReleaser", [token, true]),
      release: call.encodeFunctionData("release", [ofToken, opening, 0]),
      settleAgreed: call.encodeFunctionData("settleAgreed", [ofToken, opening, 0, 0, "0x", "0x"]),
      refund: call.encodeFunctionData("refund", [ofToken, 1_000]),
    };
  }

  it("knows every function that changes state, and every one that moves tokens", async () => {
    const changing: string[] = [];
    fixture.settlement.interface.forEachFunction((fragment) => {
      if (!fragment.constant) changing.push(fragment.name);
    });
    const moving = changing.filter((name) => /^(deposit|withdraw)/.test(name));

    expect(Object.keys(await innerCalls()).sort()).to.deep.equal(changing.sort());
    expect(Object.keys(entries).sort()).to.deep.equal(moving.sort());
  });

  for (const [entry, enter] of Object.entries(entries)) {
    it(`invariant 17: is refused by every function during ${entry}, which itself does what it does without the calls`, async () => {
      const { settlement, erc20 } = fixture;
      const guard = settlement.interface.encodeErrorResult("ReentrancyGuardReentrantCall", []);
      const undisturbed = await outcomeOf(fixture, enter);
      for (const [name, data] of Object.entries(await innerCalls())) {
        fixture = await networkHelpers.loadFixture(tokenInside);
        await erc20.setHook(await settlement.getAddress(), data);

        expect(await outcomeOf(fixture, enter), name).to.deep.equal(undisturbed);

        expect([await erc20.hookRuns(), await erc20.hookSuccesses(), await erc20.hookAnswer()], name).to.deep.equal([
          2n,
          0n,
          guard,
        ]);
      }
    });

    it(`sees a solvent contract before and after the money moves in ${entry}`, async () => {
      const { settlement, erc20 } = fixture;
      const observe = erc20.interface.encodeFunctionData("observe", [await settlement.getAddress()]);
      await erc20.setHook(token, observe);

      await enter();

      expect([await erc20.observations(), await erc20.hookSuccesses(), await erc20.deficits()]).to.deep.equal([
        2n,
        2n,
        0n,
      ]);
    });
  }

  it("is refused the way through the contracts beside it", async () => {
    const { addresses, erc20, driver, operator, startedAt } = fixture;
    const consents = await ethers.getContractAt("VehicleConsents", addresses.VehicleConsents);
    const vehicle = new ethers.Wallet(`0x${"5a".repeat(32)}`);
    const consent = {
      driver: driver.address,
      lane: 1,
      vehicleKey: vehicle.address,
      operators: [operator.address],
      sessionCapMicro: 100_000_000n,
      periodCapMicro: 100_000_000n,
      periodSeconds: DAY,
      expiresAt: startedAt + DAY,
    };
    await consents.connect(driver).grant(consent);
    const terms = termsOf(fixture, { lane: 1n });
    const signature = vehicle.signingKey.sign(sessionIn(fixture, terms)).serialized;
    const data = consents.interface.encodeFunctionData("openByVehicle", [consent, terms, signature]);
    await erc20.setHook(addresses.VehicleConsents, data);

    await entries.deposit();

    expect([await erc20.hookRuns(), await erc20.hookSuccesses()]).to.deep.equal([2n, 0n]);
    expect(await consents.remainingOf(consent)).to.equal(100_000_000n);
    await erc20.setHook(ethers.ZeroAddress, "0x");
    await consents.openByVehicle(consent, terms, signature);
    expect(await consents.remainingOf(consent)).to.equal(70_000_000n);
  });

  it("can do outside of a transfer what it was refused within", async () => {
    const { settlement, erc20 } = fixture;
    const target = await settlement.getAddress();
    const before = await booksOf(fixture);

    for (const name of [
      "deposit",
      "withdraw",
      "open",
      "topUp",
      "refund",
      "withdrawCredit",
      "withdrawSigned",
      "openSigned",
      "topUpSigned",
      "changeReleaser",
    ]) {
      await erc20.act(target, (await innerCalls())[name] ?? "0x");
    }

    const account = await settlement.accountOf(token, 0);
    expect([account.freeMicro, account.nonce]).to.deep.equal([270_000_000n, 1n]);
    // Out went a thousand of credit and five hundred of the driver's.
    expect((await booksOf(fixture))["owed"]).to.equal((before["owed"] ?? 0n) - 1_500n);
  });
});
