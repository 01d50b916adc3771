import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import { AGREEMENT, partneredSettlement, type PartnersFixture } from "../../helpers/partners-fixture.ts";
import type { Metering, Terms } from "../../helpers/session-terms.ts";
import {
  batchOf,
  DAY,
  DEPOSIT,
  EPOCH_SECONDS,
  type Group,
  HOLD,
  sessionIn,
  settlementGroup,
  settlementOf,
  SettlementRefusal,
  termsOf,
  THRESHOLD,
  USUAL,
  USUAL_PRICE,
  isLive,
  HOUR,
  afterCharge,
  openingIn,
  commitmentIn,
} from "../../helpers/settlement-fixture.ts";

/** Free in 30 hold-sized sessions: more than an epoch's limit of three holds and a half. */
const SESSIONS = 8;
const EPOCH_LIMIT = 100_000_000_000n;
const LARGE_HOLD = EPOCH_LIMIT / 3n - 1n;
const POWER_W = 2n ** 24n - 1n;
/** The most that this power gives in the time since the sessions of a test opened: 84 MWh cost 40,800. */
const OPEN_SECONDS = 5n * HOUR;
const EVERYTHING: Metering = {
  energyMicroWh: POWER_W * 1_000_000n * 5n,
  chargingSeconds: OPEN_SECONDS,
  connectedSeconds: OPEN_SECONDS,
};

/**
 * A thief has the keys of a quorum and signs whatever pays best. What it can take is bounded by what drivers hold, by the
 * power of the EVSE, and by the limit of an epoch; and it waits for the challenge window before anybody has it.
 */
describe("A stolen quorum", () => {
  let fixture: PartnersFixture;

  /** Large sessions of the driver on lanes 0 to 7, half of them under the agreement; one more with another operator. */
  async function largeSessions(): Promise<PartnersFixture> {
    const opened = await partneredSettlement();
    const { settlement, erc20, driver } = opened;
    const amount = BigInt(SESSIONS + 1) * LARGE_HOLD;
    await erc20.mint(driver.address, amount);
    await erc20.connect(driver).approve(await settlement.getAddress(), amount);
    for (const terms of [...Array.from({ length: SESSIONS }, (_, lane) => largeTerms(opened, lane)), foreign(opened)]) {
      await settlement.connect(driver).deposit(driver.address, terms.lane, LARGE_HOLD);
      await settlement.connect(driver).open(terms);
    }
    await networkHelpers.time.increase(OPEN_SECONDS);
    return opened;
  }

  function largeTerms(of: PartnersFixture, lane: number): Terms {
    return termsOf(of, {
      lane: BigInt(lane + 2),
      holdMicro: LARGE_HOLD,
      maximumPowerW: POWER_W,
      agreement: lane % 2 === 0 ? 0n : AGREEMENT,
      expiresAt: of.startedAt + 2n * DAY - 3_600n,
    });
  }

  function foreign(of: PartnersFixture): Terms {
    return { ...largeTerms(of, SESSIONS), agreement: 0n, operator: of.otherOperator.address };
  }

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(largeSessions);
  });

  const steal = async (...groups: Group[]) => {
    const { settlement, thief, oracles } = fixture;
    const batch = await batchOf(fixture, groups, oracles.slice(0, THRESHOLD));
    return await outcomeOf(fixture, () => settlement.connect(thief).settleBatch(...batch));
  };

  const robbed = (terms: Terms, metering = EVERYTHING) => settlementGroup(terms, [settlementOf(terms, metering)]);

  const skippedFor = (events: readonly (readonly unknown[])[]) =>
    events.filter(([name]) => name === "SettlementSkipped").map(([, , , reason]) => reason);

  async function creditedTo(operator: string): Promise<bigint> {
    const { settlement } = fixture;
    let sum = 0n;
    for (const agreement of [0n, AGREEMENT]) {
      const { finalMicro, provisionalMicro } = await settlement.creditOf(operator, agreement);
      sum += finalMicro + provisionalMicro;
    }
    return sum;
  }

  it("invariant 18: takes of each session no more than its hold, and nothing of a free balance", async () => {
    const { settlement, driver, otherDriver } = fixture;
    const terms = largeTerms(fixture, 0);

    const { changes } = await steal(robbed(terms));

    expect(changes).to.deep.equal({ "operator provisional": LARGE_HOLD });
    expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(DEPOSIT);
    expect((await settlement.accountOf(otherDriver.address, 0)).freeMicro).to.equal(DEPOSIT);
  });

  it("invariant 18: pays nobody but the operator whom the driver named", async () => {
    const { thief, operator } = fixture;
    const terms = largeTerms(fixture, 0);

    const { events } = await steal(robbed({ ...terms, operator: thief.address }));

    expect(events).to.deep.equal([
      [
        "SettlementSkipped",
        sessionIn(fixture, { ...terms, operator: thief.address }),
        terms.driver,
        SettlementRefusal.TermsMismatch,
      ],
    ]);
    expect(await creditedTo(operator.address)).to.equal(0n);
    expect(await isLive(fixture, terms)).to.equal(true);
  });

  it("invariant 18: credits an operator with no more than the epoch's limit, across groups and agreements of one batch", async () => {
    const { settlement, operator } = fixture;
    const all = Array.from({ length: SESSIONS }, (_, lane) => robbed(largeTerms(fixture, lane)));

    const { events } = await steal(...all);

    expect(skippedFor(events)).to.deep.equal(Array(SESSIONS - 3).fill(SettlementRefusal.EpochLimitReached));
    expect(await creditedTo(operator.address)).to.equal(3n * LARGE_HOLD);
    expect(await settlement.epochLimitMicro()).to.equal(EPOCH_LIMIT);
  });

  it("invariant 18: credits no more in several batches of an epoch, nor in one group", async () => {
    const { operator } = fixture;
    const inOne = [0, 2, 4, 6].map((lane) => settlementOf(largeTerms(fixture, lane), EVERYTHING));
    const first = await steal(settlementGroup(largeTerms(fixture, 0), inOne));
    expect(skippedFor(first.events)).to.deep.equal([SettlementRefusal.EpochLimitReached]);

    for (const lane of [1, 3, 5, 6, 7]) {
      const { events, changes } = await steal(robbed(largeTerms(fixture, lane)));
      expect(skippedFor(events)).to.deep.equal([SettlementRefusal.EpochLimitReached]);
      expect(changes).to.deep.equal({});
    }
    expect(await creditedTo(operator.address)).to.equal(3n * LARGE_HOLD);
  });

  it("lets smaller sessions settle that still fit, to the last millionth of the limit", async () => {
    const { settlement, driver, operator } = fixture;
    const rest = EPOCH_LIMIT - 3n * LARGE_HOLD;
    const exact = termsOf(fixture, { holdMicro: rest, maximumPowerW: POWER_W });
    const above = termsOf(fixture, { lane: 1n, holdMicro: 1n, maximumPowerW: POWER_W });
    await settlement.connect(driver).open(exact);
    await settlement.connect(driver).open(above);
    await networkHelpers.time.increase(OPEN_SECONDS);

    const { events } = await steal(
      ...[0, 1, 2, 3].map((lane) => robbed(largeTerms(fixture, lane))),
      robbed(exact),
      robbed(above),
    );

    expect(skippedFor(events)).to.deep.equal([
      SettlementRefusal.EpochLimitReached,
      SettlementRefusal.EpochLimitReached,
    ]);
    expect(await creditedTo(operator.address)).to.equal(EPOCH_LIMIT);
  });

  it("closes a session free of charge when the limit is reached: drivers are not stuck with it", async () => {
    await steal(...[0, 1, 2].map((lane) => robbed(largeTerms(fixture, lane))));
    const nothing = { energyMicroWh: 0n, chargingSeconds: 0n, connectedSeconds: 0n };

    await steal(robbed(largeTerms(fixture, 3), nothing));

    expect(await isLive(fixture, largeTerms(fixture, 3))).to.equal(false);
  });

  it("has a limit for each operator of its own", async () => {
    const { otherOperator, operator } = fixture;

    await steal(...[0, 1, 2, 3].map((lane) => robbed(largeTerms(fixture, lane))), robbed(foreign(fixture)));

    expect([await creditedTo(operator.address), await creditedTo(otherOperator.address)]).to.deep.equal([
      3n * LARGE_HOLD,
      LARGE_HOLD,
    ]);
  });

  it("has another limit from the first second of the next epoch, and not one second earlier", async () => {
    const { startedAt, settlement, operator } = fixture;
    const nextEpoch = (startedAt / EPOCH_SECONDS + 1n) * EPOCH_SECONDS;
    const { thief, oracles } = fixture;
    const take = async (lanes: readonly number[]) => {
      const groups = lanes.map((lane) => robbed(largeTerms(fixture, lane)));
      await settlement.connect(thief).settleBatch(...(await batchOf(fixture, groups, oracles.slice(0, THRESHOLD))));
    };
    await networkHelpers.time.setNextBlockTimestamp(nextEpoch - 2n);
    await take([0, 1, 2, 3]);
    await networkHelpers.time.setNextBlockTimestamp(nextEpoch - 1n);
    await take([4]);
    expect(await creditedTo(operator.address)).to.equal(3n * LARGE_HOLD);

    await networkHelpers.time.setNextBlockTimestamp(nextEpoch);
    await take([4, 5, 6, 7]);

    // Two limits around the border of two epochs, and not one millionth more.
    expect(await creditedTo(operator.address)).to.equal(6n * LARGE_HOLD);
  });

  it("has nothing of it before the window is over, and a quorum's committee is replaced only after that", async () => {
    const { settlement, operator, oracleCommittee, challenges } = fixture;
    await steal(robbed(largeTerms(fixture, 0)));
    const settledAt = BigInt(await networkHelpers.time.latest());
    await networkHelpers.time.increaseTo(settledAt + (await challenges.challengeWindowSeconds()));

    await expect(settlement.connect(operator).withdrawCredit(operator.address, 0, 1, operator.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(1, 0);
    expect((await oracleCommittee.liabilitySeconds()) > (await challenges.challengeWindowSeconds())).to.equal(true);
  });

  describe("that claims energy", () => {
    const usual = () => termsOf(fixture);

    beforeEach(async () => {
      await fixture.settlement.connect(fixture.driver).open(usual());
    });

    /** What 22 kW give in so many seconds. */
    function mostEnergy(elapsedSeconds: bigint): bigint {
      return (elapsedSeconds * 22_000n * 1_000_000n) / 3_600n;
    }

    async function claim(energyMicroWh: bigint, elapsedSeconds: bigint) {
      const { openedAt } = await openingIn(fixture, usual());
      await networkHelpers.time.setNextBlockTimestamp(openedAt + elapsedSeconds);
      return await steal(robbed(usual(), { energyMicroWh, chargingSeconds: 0n, connectedSeconds: 0n }));
    }

    it("has an item skipped with a millionth of a watt-hour more than the EVSE's power gives since the opening", async () => {
      const most = mostEnergy(10_001n);

      expect(await claim(most + 1n, 10_001n)).to.deep.equal({
        events: [
          ["SettlementSkipped", sessionIn(fixture, usual()), usual().driver, SettlementRefusal.EnergyAbovePower],
        ],
        changes: {},
      });
      expect(await isLive(fixture, usual())).to.equal(true);
    });

    it("settles exactly what the EVSE's power gives since the opening, and more as time goes by", async () => {
      // 61 kWh, which cost less than the hold, and then what costs more than it.
      const most = mostEnergy(10_000n);
      const snapshot = await networkHelpers.takeSnapshot();
      const exact = await claim(most, 10_000n);
      expect(exact.changes["driver/0 commitment"]).to.equal(-(await commitmentIn(fixture, usual())));
      await snapshot.restore();

      expect((await claim(mostEnergy(20_000n), 19_999n)).changes).to.deep.equal({});
      const { changes } = await claim(mostEnergy(20_000n), 20_000n);

      expect(changes["operator provisional"]).to.equal(HOLD);
    });

    it("settles none at all where the terms name no power, and zero energy all the same", async () => {
      const { settlement, driver } = fixture;
      const none = termsOf(fixture, { lane: 1n, maximumPowerW: 0n });
      await settlement.connect(driver).open(none);
      await afterCharge();
      const { events } = await steal(robbed(none, { ...USUAL, energyMicroWh: 1n }));
      expect(skippedFor(events)).to.deep.equal([SettlementRefusal.EnergyAbovePower]);

      await steal(robbed(none, { ...USUAL, energyMicroWh: 0n }));

      expect(await isLive(fixture, none)).to.equal(false);
    });

    it("stops no other item of the batch with one that is too high", async () => {
      const { settlement, driver } = fixture;
      const second = termsOf(fixture, { lane: 1n });
      await settlement.connect(driver).open(second);
      await afterCharge();

      const { changes } = await steal(robbed(usual()), robbed(second, USUAL));

      expect(changes["operator provisional"]).to.equal(USUAL_PRICE);
    });
  });
});
