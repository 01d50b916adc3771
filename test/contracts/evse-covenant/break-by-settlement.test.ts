import { expect } from "chai";
import { id } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { claimIn, NOTHING, type SettledClaim, settledAs, settledBatch } from "../../helpers/challenge-fixture.ts";
import {
  COVENANT_BOND,
  COVENANT_REWARD,
  type CovenantFixture,
  CovenantStatus,
  type CovenantTerms,
  deployedCovenants,
  pledgedCovenant,
  sessionNow,
  settledNow,
} from "../../helpers/evse-covenant-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { AGREEMENT, issue, SHARE_COUNT, SharePhase } from "../../helpers/revenue-share-fixture.ts";
import {
  afterCharge,
  DAY,
  openingIn,
  sessionIn,
  settlementGroup,
  settlementOf,
  termsOf,
  USUAL,
} from "../../helpers/settlement-fixture.ts";

describe("EvseCovenant.breakBySettlement", () => {
  let fixture: CovenantFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(pledgedCovenant);
  });

  function show(claim: SettledClaim, { covenant = 1n, index = 1n, terms = fixture.pledged } = {}) {
    return fixture.covenants.connect(fixture.relayer).breakBySettlement(covenant, terms, index, claim);
  }

  async function expectRefusal(action: Promise<unknown>, error: string, ...details: unknown[]): Promise<void> {
    await expect(action)
      .to.be.revertedWithCustomError(fixture.covenants, error)
      .withArgs(...details);
  }

  it("refuses a covenant that nobody pledged, and one that was broken", async () => {
    const { claim } = await settledNow(fixture);
    await expectRefusal(show(claim, { covenant: 2n }), "CovenantNotActive", 2, CovenantStatus.None);
    await show(claim);
    await expectRefusal(show(claim), "CovenantNotActive", 1, CovenantStatus.Broken);
  });

  it("refuses other terms than were pledged", async () => {
    const { claim } = await settledNow(fixture);
    const { pledged, shares, operator, saleEndsAt } = fixture;
    const other = { name: "B", symbol: "B", shareBps: 1, shareCount: 1, priceMicro: 1, saleEndsAt };
    const share = await shares.connect(operator).create.staticCall(other);
    const changes: readonly Partial<CovenantTerms>[] = [
      { share },
      { endsAt: pledged.endsAt + 1n },
      { bondMicro: COVENANT_BOND + 1n },
      { evses: [2n, 2n] },
    ];
    for (const change of changes) {
      await expectRefusal(show(claim, { terms: { ...pledged, ...change } }), "TermsMismatch", 1);
    }
  });

  it("refuses before the share is issued, and takes the same session afterwards", async () => {
    fixture = await networkHelpers.loadFixture(deployedCovenants);
    const { covenants, operator, pledged, otherTerms, settlement } = fixture;
    await covenants.connect(operator).pledge(pledged);
    await settlement.connect(operator).release(otherTerms, otherTerms.opening, 0);
    const { claim } = await settledNow(fixture, { lane: 1n });
    await expect(show(claim)).to.be.revertedWithCustomError(fixture.share, "PhaseWrong").withArgs(SharePhase.Selling);
    await issue(fixture);
    await show(claim);
  });

  it("refuses an EVSE that the terms do not have at this place", async () => {
    const { claim } = await settledNow(fixture);
    await expectRefusal(show(claim, { index: 2n }), "EvseUnknown", 2, 2);
    await expectRefusal(show(claim, { index: 0n }), "EvseDiffers", 2, 1);
  });

  it("refuses a session of another operator", async () => {
    const { operator, otherOperator } = fixture;
    const { claim } = await settledNow(fixture);
    const terms = { ...claim.terms, operator: otherOperator.address };
    await expectRefusal(show({ ...claim, terms }), "OperatorDiffers", otherOperator.address, operator.address);
  });

  it("refuses a session under the agreement", async () => {
    const { claim } = await settledNow(fixture, { agreement: AGREEMENT });
    await expectRefusal(show(claim), "AgreementKept", AGREEMENT);
  });

  it("refuses a session that opened at the pledge or before, and one that opened at its end", async () => {
    const { covenants, operator, pledged } = fixture;
    const { session, claim } = await settledNow(fixture);
    const { openedAt } = session.opening;
    const again = await covenants.connect(operator).pledge(pledged);
    const pledgedAt = BigInt((await again.getBlock())?.timestamp ?? 0);
    await expectRefusal(show(claim, { covenant: 2n }), "OpenedOutside", openedAt, pledgedAt, pledged.endsAt);

    await networkHelpers.time.increaseTo(pledged.endsAt - 1n);
    const late = await settledNow(fixture);
    const first = (await covenants.covenantOf(1)).pledgedAt;
    expect(late.session.opening.openedAt).to.equal(pledged.endsAt);
    await expectRefusal(show(late.claim), "OpenedOutside", pledged.endsAt, first, pledged.endsAt);
  });

  it("refuses a session that opened in the block of the pledge", async () => {
    const { covenants, settlement, operator, driver, pledged } = fixture;
    const expiresAt = BigInt(await networkHelpers.time.latest()) + DAY;
    const terms = termsOf(fixture, { evse: 2n, meter: 2n, nonce: 1n, expiresAt });
    await ethers.provider.send("evm_setAutomine", [false]);
    await covenants.connect(operator).pledge(pledged);
    await settlement.connect(driver).open(terms);
    await ethers.provider.send("evm_setAutomine", [true]);
    await networkHelpers.mine();
    const session = { ...terms, opening: await openingIn(fixture, terms) };
    const { openedAt } = session.opening;
    expect((await covenants.covenantOf(2)).pledgedAt).to.equal(openedAt);
    await afterCharge();
    const claim = claimIn(fixture, await settledAs(fixture, session, USUAL), session);
    await expectRefusal(show(claim, { covenant: 2n }), "OpenedOutside", openedAt, openedAt, pledged.endsAt);
  });

  it("refuses what no batch has at this place", async () => {
    const { claim } = await settledNow(fixture);
    const sessionId = sessionIn(fixture, claim.terms);
    await expectRefusal(show({ ...claim, batch: claim.batch + 1n }), "BatchUnknown", claim.batch + 1n);
    const more = claim.metering + (1n << 64n);
    const changes: readonly Partial<SettledClaim>[] = [
      { evidenceRoot: id("another") },
      { isReadable: !claim.isReadable },
      { metering: more },
      { count: 2n },
      { index: 1n },
      { proof: [id("a sibling")] },
    ];
    for (const change of changes) await expectRefusal(show({ ...claim, ...change }), "ClaimNotInBatch", sessionId);
    const terms = { ...claim.terms, agreement: 7n };
    const otherId = sessionIn(fixture, terms);
    await expectRefusal(show({ ...claim, terms }), "ClaimNotInBatch", otherId);
  });

  it("refuses a session in which nothing was delivered: its driver alone can have opened it", async () => {
    const { claim } = await settledNow(fixture, {}, NOTHING);
    await expectRefusal(show(claim), "NothingDelivered", sessionIn(fixture, claim.terms));
  });

  it("refuses a session that the batch skipped", async () => {
    const { settlement, operator } = fixture;
    const kept = await sessionNow(fixture, { lane: 1n, evse: 1n, meter: 1n, agreement: AGREEMENT });
    const released = await sessionNow(fixture);
    await settlement.connect(operator).release(released, released.opening, 0);
    const groups = [kept, released].map((session) => settlementGroup(session, [settlementOf(session)]));
    const settled = await settledBatch(fixture, groups);
    await expectRefusal(show(claimIn(fixture, settled, released)), "ClaimNotInBatch", sessionIn(fixture, released));
  });

  it("pays a tenth of the bond to whoever shows it, and divides the rest among the holders", async () => {
    const { covenants, erc20, share, relayer, holder } = fixture;
    const { session, claim } = await settledNow(fixture);
    const balance = await erc20.balanceOf(relayer.address);
    const holders = COVENANT_BOND - COVENANT_REWARD;

    const receipt = await (await show(claim)).wait();

    expect(eventsOf(receipt, covenants)).to.deep.equal([
      ["CovenantBroken", 1n, sessionIn(fixture, session), relayer.address, 0n, COVENANT_REWARD, holders],
    ]);
    expect(eventsOf(receipt, share)).to.deep.equal([
      ["RevenueAdded", await covenants.getAddress(), holders, holders / SHARE_COUNT],
    ]);
    expect((await erc20.balanceOf(relayer.address)) - balance).to.equal(COVENANT_REWARD);
    expect(await erc20.balanceOf(covenants)).to.equal(0n);
    expect(await share.owedMicroOf(holder.address)).to.equal(75n * (holders / SHARE_COUNT));
    expect((await covenants.covenantOf(1)).status).to.equal(CovenantStatus.Broken);
  });

  it("takes a session anywhere in a batch, under another agreement of the operator", async () => {
    const { covenants, partnerAgreements, operator, thief } = fixture;
    await partnerAgreements.connect(operator).propose([{ partner: thief.address, shareBps: 10_000n }]);
    await partnerAgreements.connect(thief).sign(2);
    const kept = await sessionNow(fixture, { lane: 1n, evse: 1n, meter: 1n, agreement: AGREEMENT });
    const moved = await sessionNow(fixture, { agreement: 2n });
    const groups = [kept, moved].map((session) => settlementGroup(session, [settlementOf(session)]));
    const settled = await settledBatch(fixture, groups);
    await expectRefusal(show(claimIn(fixture, settled, kept), { index: 0n }), "AgreementKept", AGREEMENT);

    const receipt = await (await show(claimIn(fixture, settled, moved))).wait();

    expect(eventsOf(receipt, covenants)[0]?.slice(0, 5)).to.deep.equal([
      ...["CovenantBroken", 1n, sessionIn(fixture, moved), fixture.relayer.address, 2n],
    ]);
  });
});
