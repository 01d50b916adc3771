import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  BOND,
  bondedSessions,
  challengeOf,
  challengeOutcomeOf,
  defaulted,
  demanded,
  DEPOSIT_FOR_DEMAND,
  LIABILITY_SECONDS,
  NOTHING,
  OVERCLAIMED,
  OVERCLAIMED_PRICE,
  REWARD,
  settledAs,
  UNDERCLAIMED,
  UNDERCLAIMED_PRICE,
} from "../../helpers/challenge-fixture.ts";
import { type MeterSettlementFixture, RECORDED_PRICE, recordOf } from "../../helpers/meter-settlement-fixture.ts";
import { beginReading, endReading } from "../../helpers/ocmf.ts";
import type { LiveTerms } from "../../helpers/session-terms.ts";
import { HOLD, HOUR, sessionIn, TARIFF } from "../../helpers/settlement-fixture.ts";

describe("Challenges.conclude", () => {
  let fixture: MeterSettlementFixture;
  let terms: LiveTerms;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(bondedSessions);
    ({ terms } = fixture);
  });

  it("refuses a session whose records nobody demanded, and one that can be answered, by a second", async () => {
    const { challenges } = fixture;
    const sessionId = sessionIn(fixture, terms);
    await expect(challenges.conclude(terms, TARIFF, []))
      .to.be.revertedWithCustomError(challenges, "DemandNotOpen")
      .withArgs(sessionId, 0n);
    const { answerableUntil } = await demanded(fixture, await settledAs(fixture, terms, NOTHING), terms);
    await networkHelpers.time.setNextBlockTimestamp(answerableUntil);

    await expect(challenges.conclude(terms, TARIFF, []))
      .to.be.revertedWithCustomError(challenges, "AnswerPending")
      .withArgs(answerableUntil, answerableUntil);
    await networkHelpers.time.setNextBlockTimestamp(answerableUntil + 1n);
    await challenges.conclude(terms, TARIFF, []);
  });

  it("owes the driver all that was charged without proof, half of it each signer, and the challenger the floor", async () => {
    const { challenges, relayer, oracles } = fixture;
    const settled = await settledAs(fixture, terms, OVERCLAIMED);
    const { answerableUntil } = await demanded(fixture, settled, terms);
    await networkHelpers.time.setNextBlockTimestamp(answerableUntil + 1n);
    const sessionId = sessionIn(fixture, terms);
    const [first, second] = oracles.map(({ address }) => address);
    const closesAt = answerableUntil + 1n + LIABILITY_SECONDS;
    const half = OVERCLAIMED_PRICE / 2n;

    expect(await challengeOutcomeOf(fixture, () => challenges.conclude(terms, TARIFF, []))).to.deep.equal({
      events: [],
      proofs: [["EvidenceMissing", sessionId, relayer.address, OVERCLAIMED_PRICE, 0n, REWARD]],
      bonds: [
        ["DepositCredited", relayer.address, DEPOSIT_FOR_DEMAND],
        ["CaseOpened", first, 1n, BOND, closesAt],
        ["CaseOpened", second, 1n, BOND, closesAt],
        ["LossClaimed", first, 1n, sessionId, half, 0n, REWARD / 2n],
        ["LossClaimed", second, 1n, sessionId, half, 0n, REWARD / 2n],
      ],
      changes: {
        "oracle 0 bond": -BOND,
        "oracle 1 bond": -BOND,
        "relayer bonds credit": DEPOSIT_FOR_DEMAND,
      },
    });
  });

  it("owes the driver only what a record has not given back before", async () => {
    const { challenges } = fixture;
    const settled = await settledAs(fixture, terms, OVERCLAIMED);
    await challenges.challenge(...challengeOf(fixture, settled, terms));

    await defaulted(fixture, settled, terms);

    const { oracleBonds, oracles } = fixture;
    const claim = await oracleBonds.claimOf(oracles[0]?.address ?? "", 1, terms.driver, 0);
    expect(claim.lossMicro).to.equal(RECORDED_PRICE / 2n);
  });

  it("owes the operator what its meter's records prove, then more by a better record, each time the share as reward", async () => {
    const { challenges, relayer } = fixture;
    // The better record's 70 kWh take three hours and a bit at the EVSE's power.
    await networkHelpers.time.increase(2n * HOUR);
    const settled = await settledAs(fixture, terms, UNDERCLAIMED);
    const { answerableUntil } = await demanded(fixture, settled, terms);
    await networkHelpers.time.increaseTo(answerableUntil + 1n);
    const sessionId = sessionIn(fixture, terms);
    const difference = RECORDED_PRICE - UNDERCLAIMED_PRICE;
    const conclude = async (records: ReturnType<typeof recordOf>[]) =>
      (await challengeOutcomeOf(fixture, () => challenges.conclude(terms, TARIFF, records))).proofs;

    expect(await conclude([recordOf(fixture, terms)])).to.deep.equal([
      ["EvidenceMissing", sessionId, relayer.address, UNDERCLAIMED_PRICE, difference, REWARD],
    ]);
    await expect(challenges.conclude(terms, TARIFF, [recordOf(fixture, terms)]))
      .to.be.revertedWithCustomError(challenges, "NothingToCompensate")
      .withArgs(RECORDED_PRICE, RECORDED_PRICE);
    await expect(challenges.conclude(terms, TARIFF, [])).to.be.revertedWithCustomError(
      challenges,
      "NothingToCompensate",
    );
    const dear = recordOf(fixture, terms, {
      readings: [beginReading, { ...endReading, RV: "170.000" }],
      header: { PG: '"T9"' },
    });
    const more = HOLD - RECORDED_PRICE;
    expect(await conclude([dear])).to.deep.equal([
      ["EvidenceMissing", sessionId, relayer.address, 0n, more, more / 10n],
    ]);
  });

  it("refuses another tariff with records, and records of another session", async () => {
    const { challenges, meterSettlement, otherTerms } = fixture;
    const { answerableUntil } = await demanded(fixture, await settledAs(fixture, terms, NOTHING), terms);
    await networkHelpers.time.increaseTo(answerableUntil + 1n);
    const records = [recordOf(fixture, terms)];

    await expect(challenges.conclude(terms, { ...TARIFF, flatFeeMicro: 1n }, records)).to.be.revertedWithCustomError(
      challenges,
      "TariffMismatch",
    );
    await expect(
      challenges.conclude(terms, TARIFF, [recordOf(fixture, terms, { header: { ID: '"NONE"' } })]),
    ).to.be.revertedWithCustomError(meterSettlement, "IdTagMissing");
    await expect(challenges.conclude(otherTerms, TARIFF, records)).to.be.revertedWithCustomError(
      challenges,
      "DemandNotOpen",
    );
  });

  it("pays nobody a reward where nobody committed, and corrects all the same", async () => {
    const settled = await settledAs(fixture, terms, OVERCLAIMED);
    const { answerableUntil } = await demanded(fixture, settled, terms, { salt: null });
    await networkHelpers.time.increaseTo(answerableUntil + 1n);
    const { proofs } = await challengeOutcomeOf(fixture, () => fixture.challenges.conclude(terms, TARIFF, []));

    expect(proofs).to.deep.equal([
      ["EvidenceMissing", sessionIn(fixture, terms), ZeroAddress, OVERCLAIMED_PRICE, 0n, 0n],
    ]);
  });
});
