import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  BOND,
  bondedSessions,
  challengeOf,
  claimIn,
  commitmentTo,
  defaulted,
  DEPOSIT_FOR_DEMAND,
  LIABILITY_SECONDS,
  NOTHING,
  settledBatch,
} from "../../helpers/challenge-fixture.ts";
import { activeMeter } from "../../helpers/meter-registry-fixture.ts";
import { type MeterSettlementFixture, RECORDED_PRICE, recordOf } from "../../helpers/meter-settlement-fixture.ts";
import { beginReading, createTestKey, endReading } from "../../helpers/ocmf.ts";
import type { Terms } from "../../helpers/session-terms.ts";
import {
  DAY,
  DEPOSIT,
  EPOCH_SECONDS,
  HOLD,
  HOUR,
  isLive,
  openedAs,
  settlementGroup,
  settlementOf,
  TARIFF,
  termsOf,
} from "../../helpers/settlement-fixture.ts";

/** More than any hold pays for, and what the EVSE's power allows in four hours. */
const INVENTED = { energyMicroWh: 88_000_000_000n, chargingSeconds: 0n, connectedSeconds: 0n };
const SALT = `0x${"05".repeat(32)}`;

describe("A quorum that was stolen", () => {
  let fixture: MeterSettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(bondedSessions);
    await networkHelpers.time.increase(2n * HOUR);
  });

  async function expectSolvent(): Promise<void> {
    const { erc20, settlement, oracleBonds } = fixture;
    expect(await erc20.balanceOf(await settlement.getAddress())).to.equal(await settlement.owedMicro());
    const kept = (await oracleBonds.owedMicro()) + (await oracleBonds.burntMicro());
    expect(await erc20.balanceOf(await oracleBonds.getAddress())).to.equal(kept);
  }

  async function closeCases(): Promise<void> {
    const { oracleBonds, oracles } = fixture;
    await networkHelpers.time.increase(LIABILITY_SECONDS + 1n);
    for (const { address } of oracles.slice(0, 2)) await oracleBonds.closeCase(address, 1);
  }

  it("takes the hold with an operator's help, and a stranger who has the meter's record undoes it (invariant 18)", async () => {
    const { terms, otherTerms, settlement, challenges, operator, driver, relayer, thief } = fixture;
    const items = [terms, otherTerms].map((session) => settlementOf(session, INVENTED));

    // The thief has the keys of two oracles and settles both sessions at their whole holds.
    const settled = await settledBatch(fixture, [settlementGroup(terms, items)]);
    expect([...(await settlement.creditOf(operator.address, 0))]).to.deep.equal([0n, 2n * HOLD]);
    await expect(settlement.connect(operator).withdrawCredit(operator.address, 0, 1, thief.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(1n, 0n);

    // A stranger found the records, at the last seconds.
    await networkHelpers.time.setNextBlockTimestamp(settled.settledAt + DAY - 1n);
    await challenges.connect(relayer).challenge(...challengeOf(fixture, settled, terms));
    await networkHelpers.time.setNextBlockTimestamp(settled.settledAt + DAY);
    await challenges.connect(relayer).challenge(...challengeOf(fixture, settled, otherTerms));

    for (const lane of [0, 1]) {
      expect((await settlement.accountOf(driver.address, lane)).freeMicro).to.equal(DEPOSIT - RECORDED_PRICE);
    }
    expect([...(await settlement.creditOf(operator.address, 0))]).to.deep.equal([0n, 2n * RECORDED_PRICE]);
    await networkHelpers.time.increase(2n * EPOCH_SECONDS);
    await settlement.connect(operator).withdrawCredit(operator.address, 0, 2n * RECORDED_PRICE, operator.address);
    await expectSolvent();
  });

  it("cannot show records that it never had, and pays the driver twice what a record would have given back", async () => {
    const { terms, oracleBonds, oracles, relayer, driver } = fixture;
    const settled = await settledBatch(fixture, [settlementGroup(terms, [settlementOf(terms, INVENTED)])]);

    await defaulted(fixture, settled, terms);
    await closeCases();
    for (const { address } of oracles.slice(0, 2)) {
      await oracleBonds.collect(address, 1, driver.address, 0);
    }

    // 40 in the pools, 35 claimed at twice its cost: 20 paid, all of it to the driver, 20 burnt, nothing to rewards.
    expect(await oracleBonds.creditOf(driver.address, 0)).to.equal(BOND);
    expect(await oracleBonds.burntMicro()).to.equal(BOND);
    expect(await oracleBonds.creditOf(relayer.address, 0)).to.equal(DEPOSIT_FOR_DEMAND);
    await oracleBonds.connect(driver).withdrawCredit(driver.address, 0, BOND, driver.address);
    await expectSolvent();
  });

  it("gives sessions away, and the operator and its partners get their due from the bonds of those who signed", async () => {
    const { terms, settlement, oracleBonds, operator, oracles, driver } = fixture;
    const settled = await settledBatch(fixture, [settlementGroup(terms, [settlementOf(terms, NOTHING)])]);
    await settlement.connect(driver).withdraw(0, DEPOSIT, driver.address);

    await defaulted(fixture, settled, terms, [recordOf(fixture, terms)], operator);
    await closeCases();
    for (const { address } of oracles.slice(0, 2)) await oracleBonds.collect(address, 1, operator.address, 0);

    // Both halves round down; the floor of the reward is 5.
    const lossMicro = (RECORDED_PRICE / 2n) * 2n;
    expect(await oracleBonds.creditOf(operator.address, 0)).to.equal(DEPOSIT_FOR_DEMAND + lossMicro + 5_000_000n);
    expect(await oracleBonds.burntMicro()).to.equal(lossMicro + 5_000_000n);
    const left = BOND - RECORDED_PRICE / 2n - 2_500_000n - (RECORDED_PRICE / 2n + 2_500_000n);
    for (const { address } of oracles.slice(0, 2)) expect(await oracleBonds.bondOf(address)).to.equal(left);
    await expectSolvent();
  });

  it("challenges itself first, and neither outruns its victim nor leaves with more than half (what it was before: all)", async () => {
    const { challenges, meterRegistry, registryFixture, oracleBonds, tariffRegistry } = fixture;
    const { thief, otherDriver, operator, oracles, terms, erc20 } = fixture;
    // The thief, who has the quorum, is an operator with a meter of its own making, and a driver.
    await tariffRegistry.connect(thief).publish(TARIFF);
    await meterRegistry.connect(thief).registerEvse("XX*THF*E1", 800_000n);
    const key = createTestKey("secp256r1");
    const meter = await activeMeter(registryFixture, { evse: 4n, key, by: thief });
    const next = termsOf(fixture, {
      ...{ driver: otherDriver.address, operator: thief.address, evse: 4n, meter },
      maximumPowerW: 800_000n,
      holdMicro: DEPOSIT,
    });
    const own = await openedAs(fixture, otherDriver, next);
    const settled = await settledBatch(fixture, [
      settlementGroup(own, [settlementOf(own, NOTHING)]),
      settlementGroup(terms, [settlementOf(terms, NOTHING)]),
    ]);
    const dear = recordOf(fixture, own, { key, readings: [beginReading, { ...endReading, RV: "900.000" }] });

    const victims = async (session: Terms, by: typeof thief): Promise<void> => {
      const claim = claimIn(fixture, settled, session);
      await challenges.connect(by).commit(commitmentTo(by, claim, SALT));
      await challenges.connect(by).demandEvidence(claim, SALT);
    };
    await victims(own, thief);
    await victims(terms, operator);
    await networkHelpers.time.increase(12n * HOUR + 2n);
    await challenges.connect(thief).conclude(own, TARIFF, [dear]);
    await challenges.connect(operator).conclude(terms, TARIFF, [recordOf(fixture, terms)]);
    const bonded = oracles.slice(0, 2);
    for (const { address } of bonded) {
      await expect(oracleBonds.collect(address, 1, thief.address, 0)).to.be.revertedWithCustomError(
        oracleBonds,
        "CaseStillOpen",
      );
    }
    await closeCases();
    for (const { address } of bonded) {
      for (const account of [thief, operator]) await oracleBonds.collect(address, 1, account.address, 0);
    }

    const thiefs = (await oracleBonds.creditOf(thief.address, 0)) - DEPOSIT_FOR_DEMAND;
    const victimsMicro = (await oracleBonds.creditOf(operator.address, 0)) - DEPOSIT_FOR_DEMAND;
    // 40 staked: 20 is burnt; of the other 20 the victim has its part of 108.49 that were lost in all.
    expect(await oracleBonds.burntMicro()).to.equal(BOND);
    expect(thiefs < BOND).to.equal(true);
    expect(victimsMicro).to.equal(
      (2n * ((RECORDED_PRICE / 2n) * (BOND / 2n))) / (DEPOSIT / 2n + RECORDED_PRICE / 2n) / 1n,
    );
    for (const { address } of bonded) expect(await oracleBonds.bondOf(address)).to.equal(0n);
    await oracleBonds.connect(thief).withdrawCredit(thief.address, 0, thiefs, thief.address);
    expect(await erc20.balanceOf(thief.address)).to.equal(thiefs + 9n * DEPOSIT_FOR_DEMAND);
    await expectSolvent();
  });

  it("is final where nobody shows a record or demands one within the window, and no later", async () => {
    const { terms, settlement, challenges, operator, relayer } = fixture;
    const settled = await settledBatch(fixture, [settlementGroup(terms, [settlementOf(terms, INVENTED)])]);
    await networkHelpers.time.setNextBlockTimestamp(settled.settledAt + DAY + 1n);

    await expect(challenges.challenge(...challengeOf(fixture, settled, terms))).to.be.revertedWithCustomError(
      challenges,
      "WindowPassed",
    );
    await expect(
      challenges.connect(relayer).demandEvidence(claimIn(fixture, settled, terms), SALT),
    ).to.be.revertedWithCustomError(challenges, "WindowPassed");
    await networkHelpers.time.increaseTo(settled.settledAt + 2n * EPOCH_SECONDS);
    await settlement.connect(operator).withdrawCredit(operator.address, 0, HOLD, operator.address);
    expect(await isLive(fixture, terms)).to.equal(false);
    await expectSolvent();
  });
});
