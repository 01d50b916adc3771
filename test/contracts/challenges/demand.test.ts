import { expect } from "chai";
import { hexlify, id, ZeroHash } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  bondedSessions,
  challengeOf,
  challengeOutcomeOf,
  claimIn,
  commitmentTo,
  demanded,
  DEPOSIT_FOR_DEMAND,
  documentsOf,
  evidenceLeaves,
  evidenceOf,
  NOTHING,
  OVERCLAIMED,
  settledAs,
  settledBatch,
  settledBy,
  type SettledBatch,
} from "../../helpers/challenge-fixture.ts";
import { proofOf, rootOf } from "../../helpers/claims.ts";
import { type MeterSettlementFixture, RECORDED, recordOf, recordPair } from "../../helpers/meter-settlement-fixture.ts";
import { beginReading, bytesOf, endReading } from "../../helpers/ocmf.ts";
import type { Terms } from "../../helpers/session-terms.ts";
import {
  CHALLENGE_WINDOW_SECONDS,
  HOUR,
  sessionIn,
  settlementGroup,
  settlementOf,
  TARIFF,
} from "../../helpers/settlement-fixture.ts";

const SALT = id("salt");

describe("Challenges.demandEvidence", () => {
  let fixture: MeterSettlementFixture;
  let terms: Terms;
  let settled: SettledBatch;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(bondedSessions);
    ({ terms } = fixture);
    settled = await settledAs(fixture, terms, NOTHING);
  });

  it("refuses a claim that is not in the batch, another tariff, and who has not allowed the deposit", async () => {
    const { challenges, relayer, erc20, oracleBonds } = fixture;
    const demand = (changes: Parameters<typeof claimIn>[3]) =>
      challenges.connect(relayer).demandEvidence(claimIn(fixture, settled, terms, changes), ZeroHash);
    await expect(demand({ count: 2n })).to.be.revertedWithCustomError(challenges, "ClaimNotInBatch");
    await expect(demand({ batch: 9n })).to.be.revertedWithCustomError(challenges, "BatchUnknown");
    await expect(demand({ tariff: { ...TARIFF, flatFeeMicro: 1n } })).to.be.revertedWithCustomError(
      challenges,
      "TariffMismatch",
    );
    await erc20.connect(relayer).approve(await oracleBonds.getAddress(), 0);
    await expect(demand({})).to.be.revertedWithCustomError(erc20, "ERC20InsufficientAllowance");
  });

  it("refuses one after the window, by a second", async () => {
    const { challenges, relayer } = fixture;
    const deadline = settled.settledAt + CHALLENGE_WINDOW_SECONDS;
    const claim = claimIn(fixture, settled, terms);
    await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);

    await expect(challenges.connect(relayer).demandEvidence(claim, ZeroHash))
      .to.be.revertedWithCustomError(challenges, "WindowPassed")
      .withArgs(deadline + 1n, deadline);
  });

  it("takes the deposit and keeps what an answer needs; without a commitment nobody is rewarded", async () => {
    const { challenges, relayer } = fixture;
    const claim = claimIn(fixture, settled, terms);
    const sessionId = sessionIn(fixture, terms);
    const until = (await networkHelpers.time.latest()) + 1 + 43_200;

    const outcome = await challengeOutcomeOf(fixture, () =>
      challenges.connect(relayer).demandEvidence(claim, ZeroHash),
    );

    expect(outcome).to.deep.equal({
      events: [],
      bonds: [["DepositTaken", relayer.address, DEPOSIT_FOR_DEMAND]],
      proofs: [
        [
          ...["EvidenceDemanded", 0n, sessionId, relayer.address, `0x${"00".repeat(20)}`],
          ...[settled.evidenceRoot, 0n, BigInt(until)],
        ],
      ],
      changes: {
        "relayer tokens": -DEPOSIT_FOR_DEMAND,
        "bonds tokens": DEPOSIT_FOR_DEMAND,
        "bonds owed": DEPOSIT_FOR_DEMAND,
      },
    });
    await expect(challenges.connect(relayer).demandEvidence(claim, ZeroHash))
      .to.be.revertedWithCustomError(challenges, "AlreadyDemanded")
      .withArgs(sessionId);
  });

  it("rewards who committed a block before, not who copies it, and the older of two commitments", async () => {
    const { challenges, relayer, thief, operator } = fixture;
    const claim = claimIn(fixture, settled, terms);
    const sessionId = sessionIn(fixture, terms);
    await challenges.connect(operator).commit(commitmentTo(operator, claim, SALT));
    await challenges.connect(relayer).commit(commitmentTo(relayer, claim, SALT));

    // The thief saw the relayer's call: the same salt is none of its own.
    await challenges.connect(thief).demandEvidence(claim, SALT);
    expect((await challenges.demandOf(sessionId)).rewarded).to.equal(`0x${"00".repeat(20)}`);
    await challenges.connect(relayer).demandEvidence(claim, SALT);
    expect((await challenges.demandOf(sessionId)).rewarded).to.equal(relayer.address);
    const taken = await challengeOutcomeOf(fixture, () => challenges.connect(operator).demandEvidence(claim, SALT));

    expect(taken.bonds).to.deep.equal([]);
    const demand = await challenges.demandOf(sessionId);
    expect([demand.rewarded, demand.demander]).to.deep.equal([operator.address, thief.address]);
    await expect(challenges.connect(relayer).demandEvidence(claim, SALT)).to.be.revertedWithCustomError(
      challenges,
      "AlreadyDemanded",
    );
  });

  it("counts a commitment from the next block on, for an hour, and once", async () => {
    const { challenges, relayer } = fixture;
    const claim = claimIn(fixture, settled, terms);
    const commitment = commitmentTo(relayer, claim, SALT);
    await challenges.connect(relayer).commit(commitment);
    const committedAt = BigInt(await networkHelpers.time.latest());
    await expect(challenges.connect(relayer).commit(commitment))
      .to.be.revertedWithCustomError(challenges, "AlreadyCommitted")
      .withArgs(commitment);
    const snapshot = await networkHelpers.takeSnapshot();
    for (const [wait, rewarded] of [
      [HOUR, relayer.address],
      [HOUR + 1n, `0x${"00".repeat(20)}`],
    ] as const) {
      await snapshot.restore();
      await networkHelpers.time.setNextBlockTimestamp(committedAt + wait);
      await challenges.connect(relayer).demandEvidence(claim, SALT);
      expect((await challenges.demandOf(sessionIn(fixture, terms))).rewarded).to.equal(rewarded);
    }
  });
});

describe("Challenges.showRecords and showDocuments", () => {
  let fixture: MeterSettlementFixture;
  let terms: Terms;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(bondedSessions);
    ({ terms } = fixture);
  });

  it("pays the deposit to whoever shows the records that were signed and give the claim, and no bond is touched", async () => {
    const { challenges, thief } = fixture;
    const records = [recordOf(fixture, terms)];
    const settled = await settledBy(fixture, terms, RECORDED, evidenceOf(fixture, terms, records));
    await demanded(fixture, settled, terms);

    const outcome = await challengeOutcomeOf(fixture, () => challenges.connect(thief).showRecords(terms, records, []));

    expect(outcome).to.deep.equal({
      events: [],
      bonds: [["DepositCredited", thief.address, DEPOSIT_FOR_DEMAND]],
      proofs: [["EvidenceShown", sessionIn(fixture, terms), thief.address]],
      changes: { "thief bonds credit": DEPOSIT_FOR_DEMAND },
    });
    await fixture.oracleBonds.connect(thief).withdrawCredit(thief.address, 0, DEPOSIT_FOR_DEMAND, thief.address);
    await networkHelpers.time.increase(12n * HOUR + 1n);
    await expect(challenges.conclude(terms, TARIFF, []))
      .to.be.revertedWithCustomError(challenges, "DemandNotOpen")
      .withArgs(sessionIn(fixture, terms), 2n);
    await expect(demanded(fixture, settled, terms, { salt: id("again") })).to.be.revertedWithCustomError(
      challenges,
      "DemandNotOpen",
    );
  });

  it("finds the evidence of one session among those of its batch, skipped ones included", async () => {
    const { challenges, otherTerms, relayer } = fixture;
    const never = { ...terms, nonce: 9n };
    const pair = [...recordPair(fixture, otherTerms)];
    const evidence = [
      evidenceOf(fixture, terms, [recordOf(fixture, terms)]),
      evidenceOf(fixture, never, []),
      evidenceOf(fixture, otherTerms, pair),
    ];
    const leaves = evidenceLeaves(evidence);
    const items = [terms, never, otherTerms].map((one) => settlementOf(one, RECORDED));
    const whole = await settledBatch(fixture, [settlementGroup(terms, items)], rootOf(leaves));
    const settled = { ...whole, leaves: whole.leaves.map((leaf, place) => (place === 1 ? ZeroHash : leaf)) };
    await demanded(fixture, settled, otherTerms);

    await expect(challenges.showRecords(otherTerms, pair, proofOf(leaves, 0)))
      .to.be.revertedWithCustomError(challenges, "EvidenceDiffers")
      .withArgs(settled.evidenceRoot);
    await challenges.connect(relayer).showRecords(otherTerms, pair, proofOf(leaves, 2));

    expect((await challenges.demandOf(sessionIn(fixture, otherTerms))).status).to.equal(2n);
  });

  it("refuses records that give another claim, also if they were signed for", async () => {
    const { challenges } = fixture;
    const records = [recordOf(fixture, terms)];
    const settled = await settledBy(fixture, terms, OVERCLAIMED, evidenceOf(fixture, terms, records));
    await demanded(fixture, settled, terms);

    await expect(challenges.showRecords(terms, records, [])).to.be.revertedWithCustomError(
      challenges,
      "MeasureDiffers",
    );
  });

  it("refuses other records that give the claim but were not signed for", async () => {
    const { challenges } = fixture;
    const records = [recordOf(fixture, terms)];
    const settled = await settledBy(fixture, terms, RECORDED, evidenceOf(fixture, terms, records));
    await demanded(fixture, settled, terms);
    const twin = recordOf(fixture, terms, { readings: [beginReading, endReading], header: { PG: '"T99"' } });

    await expect(challenges.showRecords(terms, [twin], [])).to.be.revertedWithCustomError(
      challenges,
      "EvidenceDiffers",
    );
  });

  it("takes bytes that the contract cannot read where the quorum said so, and only there", async () => {
    const { challenges, relayer, otherTerms } = fixture;
    const documents = [hexlify(bytesOf("OCMF|{}|{}"))];
    const settled = await settledBy(fixture, terms, RECORDED, documentsOf(fixture, terms, documents));
    await demanded(fixture, settled, terms);
    await expect(challenges.showRecords(terms, [recordOf(fixture, terms)], []))
      .to.be.revertedWithCustomError(challenges, "DemandNotOpen")
      .withArgs(sessionIn(fixture, terms), 1n);
    await expect(challenges.showDocuments(terms, ["0x00"], [])).to.be.revertedWithCustomError(
      challenges,
      "EvidenceDiffers",
    );
    await challenges.connect(relayer).showDocuments(terms, documents, []);

    const readable = evidenceOf(fixture, otherTerms, [recordOf(fixture, otherTerms)]);
    const other = await settledBy(fixture, otherTerms, RECORDED, readable);
    await demanded(fixture, other, otherTerms, { salt: SALT });
    await expect(challenges.showDocuments(otherTerms, documents, [])).to.be.revertedWithCustomError(
      challenges,
      "DemandNotOpen",
    );
  });

  it("takes an answer in the last second, and none after it", async () => {
    const { challenges } = fixture;
    const records = [recordOf(fixture, terms)];
    const settled = await settledBy(fixture, terms, RECORDED, evidenceOf(fixture, terms, records));
    const { answerableUntil } = await demanded(fixture, settled, terms);
    const snapshot = await networkHelpers.takeSnapshot();

    await networkHelpers.time.setNextBlockTimestamp(answerableUntil + 1n);
    await expect(challenges.showRecords(terms, records, []))
      .to.be.revertedWithCustomError(challenges, "AnswerTooLate")
      .withArgs(answerableUntil + 1n, answerableUntil);
    await snapshot.restore();
    await networkHelpers.time.setNextBlockTimestamp(answerableUntil);
    await challenges.showRecords(terms, records, []);
  });

  it("lets honest oracles keep their bonds, whatever second record the meter's holder has", async () => {
    const { challenges, oracleBonds, oracles, thief } = fixture;
    const records = [recordOf(fixture, terms)];
    const settled = await settledBy(fixture, terms, RECORDED, evidenceOf(fixture, terms, records));
    const dear = recordOf(fixture, terms, {
      readings: [beginReading, { ...endReading, RV: "130.000" }],
      header: { PG: '"T9"' },
    });
    await expect(
      challenges.connect(thief).challenge(...challengeOf(fixture, settled, terms, { records: [dear] })),
    ).to.be.revertedWithCustomError(challenges, "NothingToCorrect");
    await demanded(fixture, settled, terms, { by: thief });
    await challenges.showRecords(terms, records, []);

    await networkHelpers.time.increase(13n * HOUR);
    await expect(challenges.connect(thief).conclude(terms, TARIFF, [dear])).to.be.revertedWithCustomError(
      challenges,
      "DemandNotOpen",
    );
    for (const { address } of oracles) expect(await oracleBonds.caseCountOf(address)).to.equal(0n);
  });
});
