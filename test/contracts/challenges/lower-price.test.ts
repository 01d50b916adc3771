import { expect } from "chai";
import { TypedDataEncoder } from "ethers";

import { defaultRules } from "../../../scripts/deploy/contract-set.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { challengeOutcomeOf } from "../../helpers/challenge-fixture.ts";
import { activeMaker, vouchedMeter } from "../../helpers/meter-makers.ts";
import {
  callOf,
  meteredOf,
  meteredSessions,
  meteredUnder,
  type MeterSettlementFixture,
  RECORDED_PRICE,
  recordOf,
} from "../../helpers/meter-settlement-fixture.ts";
import { compactSignature, type LiveTerms } from "../../helpers/session-terms.ts";
import {
  CHALLENGE_WINDOW_SECONDS,
  DAY,
  EPOCH_SECONDS,
  openedAs,
  sessionIn,
  settleBatch,
  settlementGroup,
  termsOf,
} from "../../helpers/settlement-fixture.ts";

const LOWERED_PRICE_TYPES = {
  LoweredPrice: [
    { name: "sessionId", type: "bytes32" },
    { name: "priceMicro", type: "uint64" },
  ],
};
const LOWER = 3_000_000n;
const NO_BATCH = 2n ** 256n - 1n;

/** A session that its self-declared meter has settled. */
async function provenSession(): Promise<MeterSettlementFixture> {
  const fixture = await meteredSessions();
  await prove(fixture);
  return fixture;
}

async function prove(fixture: MeterSettlementFixture, terms = fixture.terms): Promise<void> {
  const { meterSettlement, relayer } = fixture;
  await meterSettlement.connect(relayer).settleWithMeter(callOf(meteredOf(terms, recordOf(fixture, terms))));
}

describe("Challenges.lowerPrice", () => {
  let fixture: MeterSettlementFixture;
  let terms: LiveTerms;
  let sessionId: string;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(provenSession);
    terms = fixture.terms;
    sessionId = sessionIn(fixture, terms);
  });

  async function signed(priceMicro: bigint, signers = fixture.oracles.slice(0, 2), id = sessionId) {
    const content = { sessionId: id, priceMicro };
    const { domain } = fixture;
    const signatures = await Promise.all(
      signers.map((signer) => signer.signTypedData(domain, LOWERED_PRICE_TYPES, content)),
    );
    return signatures.map(compactSignature);
  }

  async function lower(priceMicro: bigint, of = terms) {
    const { challenges, relayer } = fixture;
    const signatures = await signed(priceMicro, undefined, sessionIn(fixture, of));
    return await challenges.connect(relayer).lowerPrice(of, priceMicro, signatures);
  }

  it("gives the driver the difference at once, out of the operator's provisional credit", async () => {
    const { challenges, relayer } = fixture;
    const difference = RECORDED_PRICE - LOWER;

    expect(await challengeOutcomeOf(fixture, () => lower(LOWER))).to.deep.equal({
      proofs: [["ClaimChallenged", NO_BATCH, sessionId, relayer.address, RECORDED_PRICE, LOWER]],
      bonds: [],
      events: [["SessionCorrected", sessionId, relayer.address, difference]],
      changes: { "driver/0 free": difference, "operator provisional": -difference },
    });
    expect(await challenges.loweredTo(sessionId)).to.deep.equal([LOWER, true]);
  });

  it("lowers again, down to nothing, and never raises", async () => {
    const { challenges, settlement, operator } = fixture;
    await lower(LOWER);
    for (const [priceMicro, paidMicro] of [
      [LOWER, LOWER],
      [RECORDED_PRICE, LOWER],
    ] as const) {
      await expect(lower(priceMicro))
        .to.be.revertedWithCustomError(challenges, "NothingToCorrect")
        .withArgs(priceMicro, paidMicro);
    }
    await lower(0n);

    expect(await settlement.creditOf(operator.address, 0)).to.deep.equal([0n, 0n]);
    await expect(lower(0n)).to.be.revertedWithCustomError(challenges, "NothingToCorrect").withArgs(0n, 0n);
  });

  it("lowers in the epoch after the settlement's, until the last second of the window and no longer", async () => {
    const { challenges, settlement, operator } = fixture;
    const until = await challenges.lowerableUntil(sessionId);
    const nextEpoch = (until / EPOCH_SECONDS) * EPOCH_SECONDS;
    expect(until - nextEpoch < CHALLENGE_WINDOW_SECONDS).to.equal(true);
    const signatures = await signed(LOWER);
    const call = challenges.connect(fixture.relayer);
    const snapshot = await networkHelpers.takeSnapshot();
    await networkHelpers.time.setNextBlockTimestamp(until + 1n);
    await expect(call.lowerPrice(terms, LOWER, signatures))
      .to.be.revertedWithCustomError(challenges, "WindowPassed")
      .withArgs(until + 1n, until);
    await snapshot.restore();
    await networkHelpers.time.setNextBlockTimestamp(until);
    await call.lowerPrice(terms, LOWER, signatures);

    expect(await settlement.creditOf(operator.address, 0)).to.deep.equal([0n, LOWER]);
  });

  it("refuses what no quorum signed: one oracle, another price, another session", async () => {
    const { challenges, oracleCommittee, relayer } = fixture;
    const call = challenges.connect(relayer);

    await expect(call.lowerPrice(terms, LOWER, await signed(LOWER, fixture.oracles.slice(0, 1))))
      .to.be.revertedWithCustomError(oracleCommittee, "SignatureCountWrong")
      .withArgs(1n, 2n);
    for (const signatures of [
      await signed(LOWER + 1n),
      await signed(LOWER, undefined, sessionIn(fixture, fixture.otherTerms)),
    ]) {
      await expect(call.lowerPrice(terms, LOWER, signatures)).to.be.revert(ethers);
    }
  });

  it("says what oracles sign", async () => {
    const { challenges, domain } = fixture;

    expect(await challenges.loweringDigestOf(sessionId, LOWER)).to.equal(
      TypedDataEncoder.hash(domain, LOWERED_PRICE_TYPES, { sessionId, priceMicro: LOWER }),
    );
  });

  it("refuses a session that is live, one that oracles settled, and one of a meter for which a maker vouches", async () => {
    const { challenges, otherTerms, registryFixture, driver } = fixture;
    const refused = async (of: LiveTerms) => {
      await expect(lower(LOWER, of))
        .to.be.revertedWithCustomError(challenges, "PriceNotKept")
        .withArgs(sessionIn(fixture, of));
    };
    await refused(otherTerms);
    await settleBatch(fixture, [settlementGroup(otherTerms)]);
    await refused(otherTerms);

    await vouchedMeter(registryFixture, await activeMaker(registryFixture), { meter: 2n });
    const { nonce } = await fixture.settlement.accountOf(driver.address, 1);
    const expiresAt = BigInt(await networkHelpers.time.latest()) + DAY;
    const again = termsOf(fixture, { evse: 2n, meter: 2n, lane: 1n, nonce, expiresAt });
    const vouched = await openedAs(fixture, driver, again);
    await networkHelpers.time.increase(7_200n);
    await prove(fixture, vouched);
    await refused(vouched);
  });

  it("counts against what oracles may give back to the operator's drivers in the epoch", async () => {
    const limit = 1_000_000n;
    fixture = await meteredUnder({ ...defaultRules, epochReturnLimitMicro: limit });
    terms = fixture.terms;
    sessionId = sessionIn(fixture, terms);
    await prove(fixture);
    const { settlement } = fixture;

    await expect(lower(RECORDED_PRICE - limit - 1n))
      .to.be.revertedWithCustomError(settlement, "ReturnLimitReached")
      .withArgs(limit + 1n, limit);
    await lower(RECORDED_PRICE - limit);
    await expect(lower(RECORDED_PRICE - limit - 1n))
      .to.be.revertedWithCustomError(settlement, "ReturnLimitReached")
      .withArgs(1n, 0n);
  });

  it("lets the settlement alone keep a price", async () => {
    const { challenges, thief } = fixture;

    await expect(challenges.connect(thief).keepPrice(sessionId, 1n))
      .to.be.revertedWithCustomError(challenges, "NotSettlement")
      .withArgs(thief.address);
  });
});
