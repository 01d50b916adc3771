import { expect } from "chai";
import { toBeHex, ZeroHash } from "ethers";

import { defaultRules } from "../../../scripts/deploy/contract-set.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import {
  bondedSessions,
  bondedUnder,
  challengeOf,
  OVERCLAIMED,
  settledAs,
  settledBatch,
  type SettledBatch,
  UNDERCLAIMED,
  UNDERCLAIMED_PRICE,
} from "../../helpers/challenge-fixture.ts";
import {
  type MeterSettlementFixture,
  RECORDED,
  RECORDED_PRICE,
  recordOf,
  tagIn,
} from "../../helpers/meter-settlement-fixture.ts";
import { type LiveTerms, packMetering } from "../../helpers/session-terms.ts";
import {
  CHALLENGE_WINDOW_SECONDS,
  sessionIn,
  settlementGroup,
  settlementOf,
  TARIFF,
  termsOf,
} from "../../helpers/settlement-fixture.ts";

async function ringOfOne(): Promise<MeterSettlementFixture> {
  return await bondedUnder({ ...defaultRules, challengeRingSize: 1 });
}

describe("Challenges.challenge refuses", () => {
  let fixture: MeterSettlementFixture;
  let terms: LiveTerms;
  let otherTerms: LiveTerms;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(bondedSessions);
    ({ terms, otherTerms } = fixture);
  });

  async function settleBoth(): Promise<SettledBatch> {
    const groups = [terms, otherTerms].map((one) => settlementGroup(one, [settlementOf(one, OVERCLAIMED)]));
    return await settledBatch(fixture, groups);
  }

  async function expectRefusal(
    call: ReturnType<typeof challengeOf>,
    error: string,
    parameters: readonly unknown[],
  ): Promise<void> {
    const { challenges, relayer } = fixture;
    const assertion = expect(challenges.connect(relayer).challenge(...call)).to.be.revertedWithCustomError(
      challenges,
      error,
    );
    await (parameters.length === 0 ? assertion : assertion.withArgs(...parameters));
  }

  it("a batch that is not known, or whose place another one took", async () => {
    const settled = await settledAs(fixture, terms, OVERCLAIMED);
    await expectRefusal(challengeOf(fixture, settled, terms, { batch: 1n }), "BatchUnknown", [1n]);

    fixture = await networkHelpers.loadFixture(ringOfOne);
    const first = await settledAs(fixture, terms, OVERCLAIMED);
    await networkHelpers.time.increase(CHALLENGE_WINDOW_SECONDS + 1n);
    await settledAs(fixture, otherTerms, OVERCLAIMED);
    await expectRefusal(challengeOf(fixture, first, terms), "BatchUnknown", [0n]);
  });

  it("whatever differs from the claim at its place", async () => {
    const settled = await settleBoth();
    const sessionId = sessionIn(fixture, terms);
    const { challenges } = fixture;
    const right = challengeOf(fixture, settled, terms)[0];
    for (const changes of [
      { index: 1n },
      { index: 2n },
      { index: 2n ** 256n - 1n },
      { count: 1n },
      { count: 3n },
      { count: 2n ** 256n - 1n },
      { proof: [] },
      { proof: [...right.proof, ZeroHash] },
      { proof: [ZeroHash] },
      { evidenceRoot: ZeroHash },
      { metering: packMetering(RECORDED, 0n, terms.opening) },
      { metering: packMetering(OVERCLAIMED, 0n, { ...terms.opening, openedAt: terms.opening.openedAt + 1n }) },
      { metering: packMetering(OVERCLAIMED, 0n, { ...terms.opening, salt: terms.opening.salt ^ 1n }) },
      { metering: right.metering ^ 1n },
      { isReadable: false },
    ]) {
      await expectRefusal(challengeOf(fixture, settled, terms, changes), "ClaimNotInBatch", [sessionId]);
    }
    const others = { ...terms, holdMicro: terms.holdMicro + 1n };
    const call = challengeOf(fixture, settled, terms);
    call[0] = { ...call[0], terms: others };
    await expect(challenges.challenge(...call))
      .to.be.revertedWithCustomError(challenges, "ClaimNotInBatch")
      .withArgs(sessionIn(fixture, others));
  });

  it("a session that the batch skipped, and a node of the tree as if it were a claim", async () => {
    const { challenges } = fixture;
    const never = { ...terms, nonce: 9n };
    const groups = [settlementGroup(terms, [settlementOf(terms, OVERCLAIMED), settlementOf(never, OVERCLAIMED)])];
    const settled = await settledBatch(fixture, groups);
    const zeroed = { ...settled, leaves: [settled.leaves[0] ?? "", ZeroHash] };

    await expectRefusal(challengeOf(fixture, settled, never), "ClaimNotInBatch", [sessionIn(fixture, never)]);
    await expectRefusal(challengeOf(fixture, zeroed, never), "ClaimNotInBatch", [sessionIn(fixture, never)]);
    await challenges.challenge(...challengeOf(fixture, zeroed, terms));
  });

  it("another tariff than the terms name", async () => {
    const settled = await settledAs(fixture, terms, OVERCLAIMED);
    const tariff = { ...TARIFF, flatFeeMicro: 1n };
    const tariffId = await fixture.tariffRegistry.tariffIdOf(tariff);

    await expectRefusal(challengeOf(fixture, settled, terms, { tariff }), "TariffMismatch", [tariffId, terms.tariffId]);
  });

  it("records that give what was paid, or more: they never cost a bond nor pay the operator", async () => {
    const { oracleBonds, oracles, settlement } = fixture;
    const truth = await settledAs(fixture, terms, RECORDED);
    await expectRefusal(challengeOf(fixture, truth, terms), "NothingToCorrect", [RECORDED_PRICE, RECORDED_PRICE]);
    const less = await settledAs(fixture, otherTerms, UNDERCLAIMED);
    const values = [RECORDED_PRICE, UNDERCLAIMED_PRICE];
    await expectRefusal(challengeOf(fixture, less, otherTerms), "NothingToCorrect", values);

    for (const { address } of oracles) expect(await oracleBonds.caseCountOf(address)).to.equal(0n);
    expect((await settlement.creditOf(terms.operator, 0)).finalMicro).to.equal(0n);
  });

  it("records that the contract does not take", async () => {
    const { meterSettlement, challenges, scanner } = fixture;
    const settled = await settledAs(fixture, terms, OVERCLAIMED);
    const call = challengeOf(fixture, settled, terms);
    const [record] = call[1];
    if (record === undefined) throw new Error("There is no record");

    await expect(challenges.challenge(call[0], [])).to.be.revertedWithCustomError(meterSettlement, "RecordCountWrong");
    const forged = { ...record, s: toBeHex(BigInt(record.s) ^ 1n, 32) };
    await expect(challenges.challenge(call[0], [forged])).to.be.revertedWithCustomError(
      meterSettlement,
      "RecordSignatureInvalid",
    );
    const ofAnother = recordOf(fixture, terms, { header: { ID: `"${tagIn(fixture, otherTerms)}"` } });
    await expect(challenges.challenge(call[0], [ofAnother]))
      .to.be.revertedWithCustomError(meterSettlement, "IdTagMissing")
      .withArgs(0n, tagIn(fixture, terms));
    const unreadable = recordOf(fixture, terms, { header: { PG: '"X"' } });
    await expect(challenges.challenge(call[0], [unreadable])).to.be.revertedWithCustomError(scanner, "RecordRefused");
  });

  it("a session of another batch, and lets a correct call to the ledger come from nobody else", async () => {
    const { settlement, thief } = fixture;
    const first = await settledAs(fixture, terms, OVERCLAIMED);
    const second = await settledAs(fixture, otherTerms, OVERCLAIMED);
    const sessionId = sessionIn(fixture, terms);
    await expectRefusal(challengeOf(fixture, first, terms, { batch: second.batch }), "ClaimNotInBatch", [sessionId]);

    const correction = {
      sessionId,
      driver: terms.driver,
      lane: terms.lane,
      operator: terms.operator,
      agreement: 0n,
      settledAt: first.settledAt,
      refundedMicro: 1n,
      challenger: thief.address,
      isByQuorum: false,
    };
    await expect(settlement.connect(thief).correct(correction))
      .to.be.revertedWithCustomError(settlement, "NotNeighbour")
      .withArgs(thief.address);
    expect(termsOf(fixture).driver).to.equal(await ethers.resolveAddress(terms.driver));
  });
});
