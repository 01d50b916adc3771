import { expect } from "chai";

import type { HostileToken } from "../../../types/index.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { booksOf, outcomeOf } from "../../helpers/outcome.ts";
import { packTerms } from "../../helpers/session-terms.ts";
import {
  hostileSettlementOfSixDecimals,
  openingGroup,
  openingOf,
  sessionIn,
  type SettlementFixture,
  settlementGroup,
  settlementOf,
  TARIFF,
  termsOf,
  settleBatch,
} from "../../helpers/settlement-fixture.ts";

type Fixture = SettlementFixture<HostileToken>;

/** The token is a driver, an operator and an oracle itself, with money and a session in the contract. */
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
  return fixture;
}

describe("ChargingSettlement and a token that calls back", () => {
  let fixture: Fixture;
  let token: string;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(tokenInside);
    token = await fixture.erc20.getAddress();
  });

  /** The three calls that make the contract call the token's transfer functions. */
  const entries = {
    deposit: () => fixture.settlement.connect(fixture.driver).deposit(fixture.driver.address, 0, 1_000),
    withdraw: () => fixture.settlement.connect(fixture.driver).withdraw(0, 1_000, fixture.driver.address),
    withdrawCredit: () =>
      fixture.erc20.act(
        fixture.settlement.getAddress(),
        fixture.settlement.interface.encodeFunctionData("withdrawCredit", [1_000, fixture.thief.address]),
      ),
  };

  /**
   * Every function that changes state, with arguments that succeed when the token calls it outside of a transfer; but
   * for `settleProven`, which only the contract that verifies meters' signatures may call.
   */
  async function innerCalls(): Promise<Record<string, string>> {
    const { settlement, driver } = fixture;
    const call = settlement.interface;
    const ofToken = termsOf(fixture, { driver: token });
    const ofDriver = termsOf(fixture, { lane: 1n });
    return {
      deposit: call.encodeFunctionData("deposit", [token, 0, 1_000]),
      withdraw: call.encodeFunctionData("withdraw", [0, 1_000, token]),
      advanceNonce: call.encodeFunctionData("advanceNonce", [0]),
      open: call.encodeFunctionData("open", [ofToken]),
      openBatch: call.encodeFunctionData("openBatch", [
        [openingGroup(ofDriver, [await openingOf(fixture, driver, ofDriver)])],
      ]),
      settleBatch: call.encodeFunctionData("settleBatch", [[]]),
      settleProven: call.encodeFunctionData("settleProven", [
        sessionIn(fixture, ofToken),
        token,
        TARIFF,
        settlementOf(ofToken),
      ]),
      expire: call.encodeFunctionData("expire", [ofToken]),
      withdrawCredit: call.encodeFunctionData("withdrawCredit", [1_000, token]),
    };
  }

  it("knows every function that changes state", async () => {
    const changing: string[] = [];
    fixture.settlement.interface.forEachFunction((fragment) => {
      if (!fragment.constant) changing.push(fragment.name);
    });

    expect(Object.keys(await innerCalls()).sort()).to.deep.equal(changing.sort());
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

  it("can do outside of a transfer what it was refused within", async () => {
    const { settlement, erc20 } = fixture;
    const target = await settlement.getAddress();
    const { deposit, withdraw, open, withdrawCredit } = await innerCalls();
    const before = await booksOf(fixture);

    for (const data of [deposit, withdraw, open, withdrawCredit]) await erc20.act(target, data ?? "0x");

    const account = await settlement.accountOf(token, 0);
    expect([account.freeMicro, account.nonce]).to.deep.equal([270_000_000n, 1n]);
    expect((await booksOf(fixture))["owed"]).to.equal((before["owed"] ?? 0n) - 1_000n);
    expect(packTerms(termsOf(fixture, { driver: token }))).to.not.equal(0n);
  });
});
