import { expect } from "chai";

import { defaultRules } from "../../../scripts/deploy/contract-set.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import { AGREEMENT, partneredSettlement, type PartnersFixture } from "../../helpers/partners-fixture.ts";
import {
  packMetering,
  packTerms,
  settlementResultOf,
  type Terms,
  type LiveTerms,
} from "../../helpers/session-terms.ts";
import {
  HOLD,
  sessionIn,
  settleBatch,
  settlementGroup,
  SettlementRefusal,
  type SettlementFixture,
  type Signer,
  TARIFF,
  tariffWith,
  termsOf,
  USUAL,
  USUAL_PRICE,
  openingIn,
  commitmentIn,
  afterCharge,
  openedAs,
  CHALLENGE_WINDOW_SECONDS,
  DAY,
  EPOCH_SECONDS,
  fundedUnder,
  isLive,
} from "../../helpers/settlement-fixture.ts";

/** Whether a maker vouches for the meter. */
const VOUCHED = true;
const SELF_DECLARED = false;

describe("ChargingSettlement.settleProven", () => {
  let fixture: PartnersFixture;
  let terms: LiveTerms;
  let sessionId: string;
  let meters: Signer;

  async function openedSession(): Promise<PartnersFixture> {
    const opened = await partneredSettlement();
    await opened.settlement.connect(opened.driver).open(termsOf(opened));
    await afterCharge();
    return opened;
  }

  async function asContract(address: string): Promise<Signer> {
    await networkHelpers.impersonateAccount(address);
    await networkHelpers.setBalance(address, 10n ** 18n);
    return await ethers.getSigner(address);
  }

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(openedSession);
    terms = await liveOf(termsOf(fixture));
    sessionId = sessionIn(fixture, terms);
    meters = await asContract(fixture.addresses.MeterSettlement);
  });

  async function liveOf(named: Terms): Promise<LiveTerms> {
    return { ...named, opening: await openingIn(fixture, named) };
  }

  /** What the contract that verifies records asks for. */
  function proofOf(named: LiveTerms, metering = USUAL, toppedUpMicro = 0n) {
    return {
      driver: named.driver,
      terms: packTerms(named),
      metering: packMetering(metering, toppedUpMicro, named.opening),
    };
  }

  it("refuses everybody but the contract that verifies records, also the other contracts and a quorum's oracles", async () => {
    const { settlement, addresses, oracles, driver, operator, owner, thief } = fixture;
    const contracts = [addresses.Challenges, addresses.VehicleConsents, addresses.AuthorizedFunding];
    for (const caller of [
      ...oracles,
      driver,
      operator,
      owner,
      thief,
      ...(await Promise.all(contracts.map((address) => asContract(address)))),
    ]) {
      await expect(
        settlement.connect(caller).settleProven(sessionId, terms.operator, 0, TARIFF, proofOf(terms), VOUCHED),
      )
        .to.be.revertedWithCustomError(settlement, "NotNeighbour")
        .withArgs(caller.address);
    }
  });

  it("refuses an id that is not that of terms, operator, agreement and tariff", async () => {
    const { settlement, otherOperator } = fixture;
    const other = sessionIn(fixture, termsOf(fixture, { lane: 1n }));
    const call = settlement.connect(meters);
    for (const refused of [
      call.settleProven(other, terms.operator, 0, TARIFF, proofOf(terms), VOUCHED),
      call.settleProven(sessionId, otherOperator.address, 0, TARIFF, proofOf(terms), VOUCHED),
      call.settleProven(sessionId, terms.operator, AGREEMENT, TARIFF, proofOf(terms), VOUCHED),
      call.settleProven(
        sessionId,
        terms.operator,
        0,
        tariffWith({ priceNanoPerKwh: 450_000_001n }),
        proofOf(terms),
        VOUCHED,
      ),
      call.settleProven(sessionId, terms.operator, 0, TARIFF, proofOf({ ...terms, holdMicro: HOLD + 1n }), VOUCHED),
      call.settleProven(
        sessionId,
        terms.operator,
        0,
        TARIFF,
        proofOf({ ...terms, driver: otherOperator.address }),
        VOUCHED,
      ),
    ]) {
      await expect(refused)
        .to.be.revertedWithCustomError(settlement, "SettlementRefused")
        .withArgs((id: string) => [sessionId, other].includes(id), SettlementRefusal.TermsMismatch);
    }
  });

  it("refuses a session that is not live: never opened, settled, or expired", async () => {
    const { settlement, driver, thief } = fixture;
    const expectNotLive = async (named: LiveTerms) => {
      const id = sessionIn(fixture, named);
      await expect(settlement.connect(meters).settleProven(id, named.operator, 0, TARIFF, proofOf(named), VOUCHED))
        .to.be.revertedWithCustomError(settlement, "SettlementRefused")
        .withArgs(id, SettlementRefusal.NoLiveSession);
    };
    await expectNotLive(await liveOf(termsOf(fixture, { lane: 1n })));
    await settleBatch(fixture, [settlementGroup(terms)]);
    await expectNotLive(terms);

    const next = await openedAs(fixture, driver, termsOf(fixture, { nonce: 1n }));
    await networkHelpers.time.increaseTo(next.expiresAt + 1n);
    await settlement.connect(thief).expire(next, next.opening, 0);
    await expectNotLive(next);
  });

  it("refuses another sum of top-ups than the session's", async () => {
    const { settlement } = fixture;

    await expect(
      settlement.connect(meters).settleProven(sessionId, terms.operator, 0, TARIFF, proofOf(terms, USUAL, 1n), VOUCHED),
    )
      .to.be.revertedWithCustomError(settlement, "SettlementRefused")
      .withArgs(sessionId, SettlementRefusal.TermsMismatch);
  });

  it("credits the operator for good at once where a maker vouches for the meter, and anchors nothing that could be challenged", async () => {
    const { settlement, challenges, operator } = fixture;
    const outcome = await outcomeOf(fixture, () =>
      settlement.connect(meters).settleProven(sessionId, terms.operator, 0, TARIFF, proofOf(terms), VOUCHED),
    );

    const [settled, ...credited] = outcome.events;
    expect([settled?.[0], settled?.[1], settlementResultOf(BigInt(String(settled?.[2])))]).to.deep.equal([
      "SessionSettled",
      sessionId,
      { ...USUAL, chargedMicro: USUAL_PRICE, returnedMicro: HOLD - USUAL_PRICE },
    ]);
    expect(credited).to.deep.equal([["OperatorCredited", operator.address, 0n, terms.tariffId, USUAL_PRICE, true]]);
    expect(outcome.changes).to.deep.equal({
      "driver/0 commitment": -(await commitmentIn(fixture, terms)),
      "driver/0 free": HOLD - USUAL_PRICE,
      "operator final": USUAL_PRICE,
    });
    expect(await challenges.batchCount()).to.equal(0n);
    await settlement.connect(operator).withdrawCredit(operator.address, 0, USUAL_PRICE, operator.address);
  });

  it("shares under the agreement of the terms, beside what oracles credited provisionally", async () => {
    const { settlement, driver, operator, partners } = fixture;
    const shared = await openedAs(fixture, driver, termsOf(fixture, { lane: 1n, agreement: AGREEMENT }));
    const other = termsOf(fixture, { nonce: 1n, agreement: AGREEMENT });
    await settleBatch(fixture, [settlementGroup(terms)]);
    await settlement.connect(driver).open(other);
    await settleBatch(fixture, [settlementGroup(other)]);

    await settlement
      .connect(meters)
      .settleProven(sessionIn(fixture, shared), operator.address, AGREEMENT, TARIFF, proofOf(shared), VOUCHED);

    expect(await settlement.creditOf(operator.address, AGREEMENT)).to.deep.equal([USUAL_PRICE, USUAL_PRICE]);
    expect(await settlement.withdrawableOf(operator.address, AGREEMENT, partners[0].address)).to.equal(
      (USUAL_PRICE * 2_500n) / 10_000n,
    );
  });

  it("answers what it charged, also when that is nothing", async () => {
    const { settlement } = fixture;
    const call = settlement.connect(meters).settleProven;
    const nothing = { energyMicroWh: 0n, chargingSeconds: 60n, connectedSeconds: 60n };

    expect(await call.staticCall(sessionId, terms.operator, 0, TARIFF, proofOf(terms), VOUCHED)).to.equal(USUAL_PRICE);
    const outcome = await outcomeOf(fixture, () =>
      call(sessionId, terms.operator, 0, TARIFF, proofOf(terms, nothing), VOUCHED),
    );
    expect(outcome.events.map(([name]) => name)).to.deep.equal(["SessionSettled"]);
    expect(outcome.changes).to.deep.equal({
      "driver/0 commitment": -(await commitmentIn(fixture, terms)),
      "driver/0 free": HOLD,
    });
  });

  it("is bound by no epoch's limit where a maker vouches for the meter", async () => {
    const { settlement, driver, erc20 } = fixture;
    const all = 200_000_000_000n;
    await erc20.mint(driver.address, all);
    await erc20.connect(driver).approve(await settlement.getAddress(), all);
    await settlement.connect(driver).deposit(driver.address, 1, all);
    const maximumPowerW = 2n ** 24n - 1n;
    const large = await openedAs(fixture, driver, termsOf(fixture, { lane: 1n, holdMicro: all, maximumPowerW }));
    await networkHelpers.time.increase(DAY);
    // 402 MWh cost 196,000.
    const most = { ...USUAL, energyMicroWh: maximumPowerW * 24_000_000n };

    await settlement
      .connect(meters)
      .settleProven(sessionIn(fixture, large), large.operator, 0, TARIFF, proofOf(large, most), VOUCHED);

    expect((await settlement.creditOf(large.operator, 0)).finalMicro > (await settlement.epochLimitMicro())).to.equal(
      true,
    );
  });

  it("is bound by the time since the opening and by the power of the terms, to the second and the millionth", async () => {
    const { settlement } = fixture;
    const call = settlement.connect(meters);
    const { openedAt } = terms.opening;
    const most = (10_000n * 22_000n * 1_000_000n) / 3_600n;
    const exact = { energyMicroWh: most, chargingSeconds: 10_000n, connectedSeconds: 10_000n };
    for (const [claim, reason] of [
      [{ ...exact, connectedSeconds: 10_001n }, SettlementRefusal.TimeOutOfBounds],
      [{ ...exact, chargingSeconds: 10_001n }, SettlementRefusal.TimeOutOfBounds],
      [{ ...exact, energyMicroWh: most + 1n }, SettlementRefusal.EnergyAbovePower],
    ] as const) {
      const snapshot = await networkHelpers.takeSnapshot();
      await networkHelpers.time.setNextBlockTimestamp(openedAt + 10_000n);
      await expect(call.settleProven(sessionId, terms.operator, 0, TARIFF, proofOf(terms, claim), VOUCHED))
        .to.be.revertedWithCustomError(settlement, "SettlementRefused")
        .withArgs(sessionId, reason);
      await snapshot.restore();
    }
    await networkHelpers.time.setNextBlockTimestamp(openedAt + 10_000n);
    await call.settleProven(sessionId, terms.operator, 0, TARIFF, proofOf(terms, exact), VOUCHED);

    expect(await isLive(fixture, terms)).to.equal(false);
  });

  it("settles also when no quorum can any more", async () => {
    const { settlement } = fixture;
    await networkHelpers.time.increase(400n * DAY);

    await settlement.connect(meters).settleProven(sessionId, terms.operator, 0, TARIFF, proofOf(terms), VOUCHED);

    expect(await isLive(fixture, terms)).to.equal(false);
  });

  describe("of a meter for which no maker vouches", () => {
    async function settle(named: LiveTerms, metering = USUAL, at: SettlementFixture = fixture) {
      const by = await asContract(at.addresses.MeterSettlement);
      return await at.settlement
        .connect(by)
        .settleProven(sessionIn(at, named), named.operator, 0, TARIFF, proofOf(named, metering), SELF_DECLARED);
    }

    it("credits provisionally, and keeps the price for the challenge window", async () => {
      const { settlement, challenges, operator } = fixture;
      const outcome = await outcomeOf(fixture, () => settle(terms));
      const settledAt = BigInt(await networkHelpers.time.latest());

      expect(outcome.events.slice(1)).to.deep.equal([
        ["OperatorCredited", operator.address, 0n, terms.tariffId, USUAL_PRICE, false],
      ]);
      expect(outcome.changes).to.deep.equal({
        "driver/0 commitment": -(await commitmentIn(fixture, terms)),
        "driver/0 free": HOLD - USUAL_PRICE,
        "operator provisional": USUAL_PRICE,
      });
      expect(await challenges.lowerableUntil(sessionId)).to.equal(settledAt + CHALLENGE_WINDOW_SECONDS);
      await networkHelpers.time.increase(2n * EPOCH_SECONDS);
      expect(await settlement.creditOf(operator.address, 0)).to.deep.equal([USUAL_PRICE, 0n]);
    });

    it("keeps nothing of a session that costs nothing", async () => {
      const { challenges } = fixture;
      await settle(terms, { energyMicroWh: 0n, chargingSeconds: 60n, connectedSeconds: 60n });

      expect(await challenges.lowerableUntil(sessionId)).to.equal(0n);
    });

    it("shares the limit of the epoch with what oracles credit the operator, both ways", async () => {
      const narrow = await fundedUnder({ ...defaultRules, epochLimitMicro: 2n * USUAL_PRICE });
      const { settlement, payer, driver } = narrow;
      const opened: LiveTerms[] = [];
      for (const lane of [2n, 3n, 4n, 5n]) {
        await settlement.connect(payer).deposit(driver.address, lane, HOLD);
        opened.push(await openedAs(narrow, driver, termsOf(narrow, { lane })));
      }
      await afterCharge();
      const [first, second, third, fourth] = opened;
      if (first === undefined || second === undefined || third === undefined || fourth === undefined) {
        throw new Error("Too few sessions");
      }

      await settleBatch(narrow, [settlementGroup(first)]);
      await settle(second, USUAL, narrow);
      await expect(settle(third, USUAL, narrow))
        .to.be.revertedWithCustomError(settlement, "SettlementRefused")
        .withArgs(sessionIn(narrow, third), SettlementRefusal.EpochLimitReached);
      await settleBatch(narrow, [settlementGroup(fourth)]);
      expect(await isLive(narrow, fourth)).to.equal(true);
      await networkHelpers.time.increase(EPOCH_SECONDS);
      await settle(third, USUAL, narrow);
      expect(await isLive(narrow, third)).to.equal(false);
    });
  });
});
