import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import type { LiveTerms, Metering } from "../../helpers/session-terms.ts";
import {
  batchOf,
  CHANGE_DELAY_SECONDS,
  DAY,
  fundedSettlement,
  HOUR,
  isLive,
  openedAs,
  sessionIn,
  type SettlementFixture,
  settlementGroup,
  settlementOf,
  SettlementRefusal,
  type Signer,
  termsOf,
  USUAL,
  USUAL_PRICE,
} from "../../helpers/settlement-fixture.ts";

const NOTHING: Metering = { energyMicroWh: 0n, chargingSeconds: 0n, connectedSeconds: 0n };
const CENTURY = 2n ** 32n - 1n;

/** What a quorum can claim of a session is bounded by the time since it opened, which the account's commitment holds. */
describe("The time of a session's opening", () => {
  let fixture: SettlementFixture;
  let terms: LiveTerms;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(fundedSettlement);
    terms = await openedAs(fixture, fixture.driver, termsOf(fixture));
  });

  /** Settles so many seconds after the opening. */
  async function settle(claim: Metering, elapsedSeconds: bigint, named = terms, signers?: readonly Signer[]) {
    const { settlement, relayer } = fixture;
    const batch = await batchOf(fixture, [settlementGroup(named, [settlementOf(named, claim)])], signers);
    await networkHelpers.time.setNextBlockTimestamp(terms.opening.openedAt + elapsedSeconds);
    return await outcomeOf(fixture, () => settlement.connect(relayer).settleBatch(...batch));
  }

  function skipped(reason: bigint) {
    return { events: [["SettlementSkipped", sessionIn(fixture, terms), terms.driver, reason]], changes: {} };
  }

  it("refuses 136 years of time a second after the opening, whatever the energy", async () => {
    const claim = { energyMicroWh: 1n, chargingSeconds: CENTURY, connectedSeconds: CENTURY };

    expect(await settle(claim, 1n)).to.deep.equal(skipped(SettlementRefusal.TimeOutOfBounds));
    expect(await isLive(fixture, terms)).to.equal(true);
  });

  it("refuses a second more of connected time than has passed, and takes what has", async () => {
    const claim = { energyMicroWh: 1n, chargingSeconds: 0n, connectedSeconds: HOUR };

    expect(await settle(claim, HOUR - 1n)).to.deep.equal(skipped(SettlementRefusal.TimeOutOfBounds));
    const { events } = await settle(claim, HOUR);

    expect(events[0]?.[0]).to.equal("SessionSettled");
  });

  it("refuses a second more of charging time than of connected time", async () => {
    const claim = { energyMicroWh: 1n, chargingSeconds: 601n, connectedSeconds: 600n };

    expect(await settle(claim, HOUR)).to.deep.equal(skipped(SettlementRefusal.TimeOutOfBounds));
    expect((await settle({ ...claim, chargingSeconds: 600n }, HOUR + 1n)).events[0]?.[0]).to.equal("SessionSettled");
  });

  it("refuses a day of full power in the first seconds, however late the session expires", async () => {
    expect(await settle({ ...NOTHING, energyMicroWh: 528_000_000_000n }, 3n)).to.deep.equal(
      skipped(SettlementRefusal.EnergyAbovePower),
    );
  });

  it("takes nothing but nothing in the first second of another session", async () => {
    const { settlement, driver, relayer } = fixture;
    const next = termsOf(fixture, { lane: 1n });
    const opened = await openedAs(fixture, driver, next);
    const batch = await batchOf(fixture, [settlementGroup(opened, [settlementOf(opened, NOTHING)])]);
    await settlement.connect(relayer).settleBatch(...batch);

    expect(await isLive(fixture, opened)).to.equal(false);
  });

  it("takes the claim of a card that charged before its opening, no earlier than the opening and the time connected", async () => {
    // Plugged in and charging ten minutes before the session opened; done five minutes after it.
    const claim = { energyMicroWh: 5_000_000_000n, chargingSeconds: 900n, connectedSeconds: 900n };

    for (const early of [300n, 899n]) {
      expect(await settle(claim, early)).to.deep.equal(skipped(SettlementRefusal.TimeOutOfBounds));
    }
    expect((await settle(claim, 900n)).events[0]?.[0]).to.equal("SessionSettled");
  });

  it("cannot be claimed to be another: earlier, later, or of another salt", async () => {
    const { openedAt, salt } = terms.opening;
    for (const opening of [
      { openedAt: openedAt - DAY, salt },
      { openedAt: openedAt - 1n, salt },
      { openedAt: openedAt + 1n, salt },
      { openedAt: 2n ** 40n - 1n, salt },
      { openedAt: 1n, salt },
      { openedAt, salt: salt ^ 1n },
      { openedAt, salt: salt ^ (1n << 23n) },
    ]) {
      const snapshot = await networkHelpers.takeSnapshot();
      expect(await settle(USUAL, 2n * HOUR, { ...terms, opening })).to.deep.equal(
        skipped(SettlementRefusal.TermsMismatch),
      );
      await snapshot.restore();
    }
    expect((await settle(USUAL, 2n * HOUR)).changes["operator provisional"]).to.equal(USUAL_PRICE);
  });

  it("is that of the block that counts after a reorganisation, and no other", async () => {
    const next = termsOf(fixture, { lane: 1n });
    const snapshot = await networkHelpers.takeSnapshot();
    const orphaned = await openedAs(fixture, fixture.driver, next);
    await snapshot.restore();
    await networkHelpers.mine(2);
    const live = await openedAs(fixture, fixture.driver, next);
    expect(sessionIn(fixture, live)).to.equal(sessionIn(fixture, orphaned));
    expect(live.opening).to.not.deep.equal(orphaned.opening);
    const { settlement } = fixture;
    expect(await settlement.isLive(next, orphaned.opening, 0)).to.equal(false);

    const { events } = await settle(USUAL, 2n * HOUR, orphaned);
    expect(events[0]?.slice(0, 2)).to.deep.equal(["SettlementSkipped", sessionIn(fixture, next)]);
    expect(events[0]?.[3]).to.equal(SettlementRefusal.TermsMismatch);
    expect((await settle(USUAL, 2n * HOUR + 1n, live)).changes["operator provisional"]).to.equal(USUAL_PRICE);
  });

  describe("and a committee that was scheduled after it", () => {
    const NEXT_DELAY = 1n;

    /** The thief's committee, in force at the first second at which no quorum settles the session any more. */
    async function scheduleThief(): Promise<bigint> {
      const { oracleCommittee, owner, thief } = fixture;
      await networkHelpers.time.setNextBlockTimestamp(terms.opening.openedAt + NEXT_DELAY);
      await oracleCommittee.connect(owner).schedule([thief.address], 1);
      return NEXT_DELAY + CHANGE_DELAY_SECONDS;
    }

    it("cannot settle the session in any second, though nobody expired it", async () => {
      const inForce = await scheduleThief();
      const { thief, driver, settlement } = fixture;

      for (const elapsed of [inForce, inForce + DAY, inForce + 400n * DAY]) {
        expect(await settle(USUAL, elapsed, terms, [thief])).to.deep.equal(skipped(SettlementRefusal.QuorumTooLate));
      }
      expect(await isLive(fixture, terms)).to.equal(true);
      await settlement.connect(thief).expire(terms, terms.opening, 0);
      expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(100_000_000n);
    });

    it("leaves the old committee the last second before it, and not the next", async () => {
      await scheduleThief();
      const snapshot = await networkHelpers.takeSnapshot();

      expect(await settle(USUAL, CHANGE_DELAY_SECONDS)).to.deep.equal(skipped(SettlementRefusal.QuorumTooLate));
      await snapshot.restore();
      const { changes } = await settle(USUAL, CHANGE_DELAY_SECONDS - 1n);

      expect(changes["operator provisional"]).to.equal(USUAL_PRICE);
    });
  });
});
