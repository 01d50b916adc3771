import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  bondedSessions,
  challenged,
  challengeOf,
  challengeOutcomeOf,
  OVERCLAIMED,
  OVERCLAIMED_PRICE,
  settledAs,
  UNDERCLAIMED,
} from "../../helpers/challenge-fixture.ts";
import {
  type MeterSettlementFixture,
  RECORDED,
  RECORDED_PRICE,
  recordOf,
  type SignedRecord,
} from "../../helpers/meter-settlement-fixture.ts";
import { beginReading, endReading } from "../../helpers/ocmf.ts";
import type { Terms } from "../../helpers/session-terms.ts";
import { sessionIn, TARIFF, tariffWith, HOUR } from "../../helpers/settlement-fixture.ts";
import { type LiveTerms } from "../../helpers/session-terms.ts";

describe("Challenges.answer", () => {
  let fixture: MeterSettlementFixture;
  let terms: LiveTerms;
  let sessionId: string;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(bondedSessions);
    ({ terms } = fixture);
    sessionId = sessionIn(fixture, terms);
  });

  /** Another record of the same session by the same meter, as a meter must not sign it. */
  function contradiction(session: Terms, endKwh: string): SignedRecord {
    return recordOf(fixture, session, { readings: [beginReading, { ...endReading, RV: endKwh }] });
  }

  function answer(session: Terms, ...records: SignedRecord[]) {
    const { challenges, relayer } = fixture;
    return challengeOutcomeOf(fixture, () => challenges.connect(relayer).answer(session, TARIFF, records));
  }

  it("refuses a session that nobody challenged", async () => {
    const { challenges } = fixture;
    await settledAs(fixture, terms, RECORDED);

    await expect(answer(terms, recordOf(fixture, terms)))
      .to.be.revertedWithCustomError(challenges, "DisputeUnknown")
      .withArgs(sessionId);
  });

  it("refuses terms of which nothing is disputed", async () => {
    await challenged(fixture, terms, OVERCLAIMED);
    const changed = { ...terms, holdMicro: 1n };

    await expect(answer(changed, recordOf(fixture, changed)))
      .to.be.revertedWithCustomError(fixture.challenges, "DisputeUnknown")
      .withArgs(sessionIn(fixture, changed));
  });

  it("refuses from the very second on at which the window is over", async () => {
    const { answerableUntil } = await challenged(fixture, terms, OVERCLAIMED);
    await networkHelpers.time.setNextBlockTimestamp(answerableUntil + 1n);

    await expect(answer(terms, contradiction(terms, "120.000")))
      .to.be.revertedWithCustomError(fixture.challenges, "AnswerTooLate")
      .withArgs(answerableUntil + 1n, answerableUntil);
  });

  it("refuses another tariff than the terms'", async () => {
    const { challenges, tariffRegistry } = fixture;
    await challenged(fixture, terms, OVERCLAIMED);
    const dearer = tariffWith({ priceNanoPerKwh: 900_000_000n });

    await expect(challenges.answer(terms, dearer, [contradiction(terms, "120.000")]))
      .to.be.revertedWithCustomError(challenges, "TariffMismatch")
      .withArgs(await tariffRegistry.tariffIdOf(dearer), terms.tariffId);
  });

  it("refuses records that give another price, the challenger's too", async () => {
    await challenged(fixture, terms, OVERCLAIMED);

    await expect(answer(terms, recordOf(fixture, terms)))
      .to.be.revertedWithCustomError(fixture.challenges, "AnswerDiffers")
      .withArgs(RECORDED_PRICE, OVERCLAIMED_PRICE);
  });

  it("refuses records that prove nothing of the session", async () => {
    const { meterSettlement, otherTerms } = fixture;
    await challenged(fixture, terms, OVERCLAIMED);

    await expect(answer(terms, contradiction(otherTerms, "120.000"))).to.be.revertedWithCustomError(
      meterSettlement,
      "RecordSignatureInvalid",
    );
  });

  it("keeps the bonds of oracles whose claim the meter had signed, also at the last second", async () => {
    const { challenges, relayer } = fixture;
    for (const [claimed, endKwh] of [
      [OVERCLAIMED, "120.000"],
      [UNDERCLAIMED, "102.000"],
    ] as const) {
      const snapshot = await networkHelpers.takeSnapshot();
      const { answerableUntil } = await challenged(fixture, terms, claimed);
      await networkHelpers.time.setNextBlockTimestamp(answerableUntil);

      const outcome = await answer(terms, contradiction(terms, endKwh));

      expect(outcome).to.deep.equal({
        proofs: [["ChallengeAnswered", sessionId, relayer.address]],
        events: [],
        changes: {},
      });
      expect((await challenges.disputeOf(sessionId)).answerableUntil).to.equal(0n);
      for (const again of [
        () => answer(terms, contradiction(terms, endKwh)),
        () => challenges.connect(relayer).conclude(terms),
      ]) {
        await expect(again()).to.be.revertedWithCustomError(challenges, "DisputeUnknown").withArgs(sessionId);
      }
      await snapshot.restore();
    }
  });

  it("cannot be prevented by an operator who revokes the meter after the challenge", async () => {
    const { meterRegistry, operator } = fixture;
    await challenged(fixture, terms, UNDERCLAIMED);
    await meterRegistry.connect(operator).revokeMeter(1);

    const { proofs } = await answer(terms, contradiction(terms, "102.000"));

    expect(proofs.map(([name]) => name)).to.deep.equal(["ChallengeAnswered"]);
  });

  it("goes by the whole hold of a session that was topped up", async () => {
    const { settlement, challenges, driver, relayer } = fixture;
    await settlement.connect(driver).topUp(terms, terms.opening, 0, 5_000_000n);
    await networkHelpers.time.increase(4n * HOUR);
    const claim = { energyMicroWh: 100_000_000_000n, chargingSeconds: 5_400n, connectedSeconds: 5_400n };
    const settled = await settledAs(fixture, terms, claim, 5_000_000n);
    await challenges.connect(relayer).challenge(challengeOf(fixture, settled, terms));

    const { proofs } = await answer(terms, contradiction(terms, "200.000"));

    expect(proofs.map(([name]) => name)).to.deep.equal(["ChallengeAnswered"]);
  });

  it("invariant 18: lets no operator take honest oracles' bonds by a meter that signs twice", async () => {
    // The operator has the meter's key, and shows the oracles 2 kWh and then the contract 40.
    const { challenges, operator, settlement, oracles } = fixture;
    const bonds = await Promise.all(oracles.map(({ address }) => settlement.bondOf(address)));
    const settled = await settledAs(fixture, terms, UNDERCLAIMED);
    const records = [contradiction(terms, "140.000")];
    await challenges.connect(operator).challenge(challengeOf(fixture, settled, terms, { records }));

    await answer(terms, contradiction(terms, "102.000"));

    await networkHelpers.time.increase(86_400n);
    await expect(challenges.connect(operator).conclude(terms)).to.be.revertedWithCustomError(
      challenges,
      "DisputeUnknown",
    );
    expect(await Promise.all(oracles.map(({ address }) => settlement.bondOf(address)))).to.deep.equal(bonds);
  });
});
