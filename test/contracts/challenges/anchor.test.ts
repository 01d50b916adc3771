import { expect } from "chai";
import { AbiCoder, keccak256, ZeroHash } from "ethers";

import { defaultRules } from "../../../scripts/deploy/contract-set.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import {
  BOND,
  bondedSessions,
  bondedUnder,
  challengeOf,
  OVERCLAIMED,
  settledAs,
  settledBatch,
} from "../../helpers/challenge-fixture.ts";
import { ANY_EVIDENCE, leafOf, rootOf } from "../../helpers/claims.ts";
import { type MeterSettlementFixture, RECORDED_PRICE } from "../../helpers/meter-settlement-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import {
  afterCharge,
  batchOf,
  CHALLENGE_WINDOW_SECONDS,
  claimsOf,
  settleBatch,
  settlementGroup,
  settlementOf,
  termsOf,
  USUAL,
  DAY,
  openedAs,
} from "../../helpers/settlement-fixture.ts";
import { type LiveTerms } from "../../helpers/session-terms.ts";

async function ringOfTwo(): Promise<MeterSettlementFixture> {
  return await bondedUnder({ ...defaultRules, challengeRingSize: 2 });
}

/** What is kept of a batch: the first 160 bits of the hash over its two roots and its size. */
function anchorOf(leaves: readonly string[]): bigint {
  const values = [rootOf(leaves), ANY_EVIDENCE, leaves.length];
  return BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes32", "uint256"], values))) >> 96n;
}

describe("Challenges.anchor", () => {
  let fixture: MeterSettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(bondedSessions);
  });

  async function openedAgain(lane = 0n): Promise<LiveTerms> {
    const { settlement, driver } = fixture;
    const { nonce } = await settlement.accountOf(driver.address, lane);
    const expiresAt = BigInt(await networkHelpers.time.latest()) + DAY;
    const terms = termsOf(fixture, { lane, nonce, expiresAt, evse: 1n, meter: 1n });
    return await openedAs(fixture, driver, terms);
  }

  it("refuses everybody but the settlement, oracles too", async () => {
    const { challenges, owner, operator, oracles, thief } = fixture;

    for (const caller of [owner, operator, thief, ...oracles]) {
      await expect(challenges.connect(caller).anchor(ZeroHash, ZeroHash, 1, 1, 3))
        .to.be.revertedWithCustomError(challenges, "NotSettlement")
        .withArgs(caller.address);
    }
  });

  it("keeps one word over a batch's sessions and evidence, when it was settled, by which committee and which of its members", async () => {
    const { challenges, terms, otherTerms, relayer, settlement, oracles } = fixture;
    const groups = [settlementGroup(terms), settlementGroup(otherTerms)];
    const signers = [oracles[0], oracles[2]].flatMap((oracle) => oracle ?? []);
    const batch = await batchOf(fixture, groups, signers);
    const settledAt = BigInt(await networkHelpers.time.latest()) + 100n;
    await networkHelpers.time.setNextBlockTimestamp(settledAt);

    const receipt = await (await settlement.connect(relayer).settleBatch(...batch)).wait();

    const leaves = (await claimsOf(fixture, groups)).map(leafOf);
    expect(eventsOf(receipt, challenges)).to.deep.equal([
      ["BatchAnchored", 0n, rootOf(leaves), ANY_EVIDENCE, 2n, 1n, 0b101n],
    ]);
    expect([...(await challenges.batchOf(0))]).to.deep.equal([anchorOf(leaves), settledAt, 1n, 0b101n]);
    expect(await challenges.batchCount()).to.equal(1n);
  });

  it("has zero leaves for whatever was skipped before, between and after", async () => {
    const { challenges, terms, otherTerms } = fixture;
    const never = { ...terms, nonce: 9n };
    const groups = [
      settlementGroup(
        terms,
        [never, terms, never, otherTerms, never].map((session) => settlementOf(session)),
      ),
    ];

    const receipt = await (await settleBatch(fixture, groups)).wait();

    const leaves = (await claimsOf(fixture, groups)).map((claim, place) =>
      place % 2 === 0 ? ZeroHash : leafOf(claim),
    );
    expect(eventsOf(receipt, challenges)).to.deep.equal([
      ["BatchAnchored", 0n, rootOf(leaves), ANY_EVIDENCE, 5n, 1n, 0b011n],
    ]);
  });

  it("refuses a batch of which a signer has less than the least bond, by a millionth, and of no other member", async () => {
    const { challenges, oracleBonds, oracleCommittee, owner, oracles, payer, thief, terms } = fixture;
    await oracleCommittee.connect(owner).schedule([oracles[0]?.address ?? "", thief.address], 2);
    await fixture.erc20.connect(payer).approve(await oracleBonds.getAddress(), BOND);
    await oracleBonds.connect(payer).postBond(thief.address, BOND - 1n);
    await networkHelpers.time.increaseTo((await oracleCommittee.scheduledVersion()).activeFrom);
    const next = { ...terms, lane: 2n, nonce: 0n, expiresAt: BigInt(await networkHelpers.time.latest()) + DAY };
    await fixture.settlement.connect(payer).deposit(next.driver, 2, next.holdMicro);
    const later = await openedAs(fixture, fixture.driver, next);
    await afterCharge();
    const batch = await batchOf(
      fixture,
      [settlementGroup(later)],
      [oracles[0], thief].flatMap((one) => one ?? []),
    );

    await expect(fixture.settlement.settleBatch(...batch))
      .to.be.revertedWithCustomError(oracleBonds, "BondTooLow")
      .withArgs(thief.address, BOND - 1n, BOND);
    await oracleBonds.connect(payer).postBond(thief.address, 1n);
    await fixture.settlement.settleBatch(...batch);

    expect(await challenges.batchCount()).to.equal(1n);
  });

  it("takes no room for a batch in which nothing was settled, nor for an empty one", async () => {
    const { challenges, terms } = fixture;

    await settleBatch(fixture, []);
    await settleBatch(fixture, [settlementGroup({ ...terms, nonce: 9n })]);
    await settleBatch(fixture, [settlementGroup(terms)]);
    await settleBatch(fixture, [settlementGroup(terms)]);

    expect(await challenges.batchCount()).to.equal(1n);
  });

  it("anchors a session in one batch only, however often the batch is sent", async () => {
    const { challenges, settlement, relayer, terms, otherTerms } = fixture;
    const batch = await batchOf(fixture, [settlementGroup(terms), settlementGroup(otherTerms)]);
    await settlement.connect(relayer).settleBatch(...batch);
    const anchored = [...(await challenges.batchOf(0))];

    await settlement.connect(relayer).settleBatch(...batch);

    expect(await challenges.batchCount()).to.equal(1n);
    expect([...(await challenges.batchOf(0))]).to.deep.equal(anchored);
  });

  it("knows nothing of a batch that was not settled", async () => {
    const { challenges, terms } = fixture;
    await settledAs(fixture, terms, USUAL);

    for (const batch of [1n, 2n ** 256n - 1n]) {
      expect([...(await challenges.batchOf(batch))]).to.deep.equal([0n, 0n, 0n, 0n]);
    }
  });

  describe("with a ring of two", () => {
    beforeEach(async () => {
      fixture = await networkHelpers.loadFixture(ringOfTwo);
    });

    it("keeps what comes while its places are taken beside them, and everything can be challenged", async () => {
      const { challenges, terms, otherTerms } = fixture;
      const settled = [await settledAs(fixture, terms, USUAL), await settledAs(fixture, otherTerms, USUAL)];
      const anchored = [[...(await challenges.batchOf(0))], [...(await challenges.batchOf(1))]];
      for (const lane of [0n, 1n, 0n]) {
        settled.push(await settledBatch(fixture, [settlementGroup(await openedAgain(lane))]));
      }

      expect(await challenges.batchCount()).to.equal(5n);
      for (const [number, { leaves, settledAt }] of settled.entries()) {
        const root = anchorOf(leaves);
        expect([...(await challenges.batchOf(number))], String(number)).to.deep.equal([root, settledAt, 1n, 0b011n]);
      }
      expect([[...(await challenges.batchOf(0))], [...(await challenges.batchOf(1))]]).to.deep.equal(anchored);
    });

    it("corrects a session of a batch that had no place in the ring", async () => {
      const { challenges, terms, otherTerms, settlement, relayer } = fixture;
      await settledAs(fixture, terms, USUAL);
      await settledAs(fixture, otherTerms, USUAL);
      const third = await openedAgain();
      const content = challengeOf(fixture, await settledAs(fixture, third, OVERCLAIMED), third);

      await challenges.connect(relayer).challenge(...content);

      expect((await challenges.loweredTo(await settlement.sessionIdOf(third))).paidMicro).to.equal(RECORDED_PRICE);
    });

    it("gives a place away in the second after its window, not in its last", async () => {
      const { challenges, terms, otherTerms, settlement, relayer } = fixture;
      const first = await settledAs(fixture, terms, USUAL);
      await settledAs(fixture, otherTerms, USUAL);
      const third = await batchOf(fixture, [settlementGroup(await openedAgain())]);
      const lastSecond = first.settledAt + CHALLENGE_WINDOW_SECONDS;
      const snapshot = await networkHelpers.takeSnapshot();
      for (const [timestamp, isKept] of [
        [lastSecond, true],
        [lastSecond + 1n, false],
      ] as const) {
        await snapshot.restore();
        await networkHelpers.time.setNextBlockTimestamp(timestamp);
        await settlement.connect(relayer).settleBatch(...third);

        expect((await challenges.batchOf(0)).settledAt, String(timestamp)).to.equal(isKept ? first.settledAt : 0n);
        expect((await challenges.batchOf(2)).settledAt).to.equal(timestamp);
      }
    });

    it("uses the places again, and forgets what was in them", async () => {
      const { challenges, terms, otherTerms } = fixture;
      await settledAs(fixture, terms, USUAL);
      await settledAs(fixture, otherTerms, USUAL);
      await networkHelpers.time.increase(CHALLENGE_WINDOW_SECONDS + 1n);
      const third = await openedAgain();

      const settled = await settledBatch(fixture, [settlementGroup(third)]);

      expect(settled.batch).to.equal(2n);
      expect([...(await challenges.batchOf(0))]).to.deep.equal([0n, 0n, 0n, 0n]);
      expect((await challenges.batchOf(1)).root).to.not.equal(0n);
      expect((await challenges.batchOf(2)).root).to.equal(anchorOf(settled.leaves));
    });
  });
});
