import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  COVENANT_BOND,
  COVENANT_REWARD,
  type CovenantFixture,
  CovenantStatus,
  pledgedCovenant,
  sessionNow,
} from "../../helpers/evse-covenant-fixture.ts";
import { meteredOf, callOf, recordOf, type SignedRecord } from "../../helpers/meter-settlement-fixture.ts";
import { beginReading, endReading, testKey } from "../../helpers/ocmf.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { AGREEMENT } from "../../helpers/revenue-share-fixture.ts";
import type { LiveTerms, Opening } from "../../helpers/session-terms.ts";
import { sessionIn } from "../../helpers/settlement-fixture.ts";

describe("EvseCovenant.breakByRecords", () => {
  let fixture: CovenantFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(pledgedCovenant);
  });

  function show(
    session: LiveTerms,
    {
      records = [recordOf(fixture, session)],
      opening = session.opening,
      index = 1n,
    }: { readonly records?: SignedRecord[]; readonly opening?: Opening; readonly index?: bigint } = {},
  ) {
    const { covenants, relayer, pledged } = fixture;
    return covenants.connect(relayer).breakByRecords(1, pledged, index, session, opening, 0, records);
  }

  async function expectRefusal(action: Promise<unknown>, error: string, ...details: unknown[]): Promise<void> {
    await expect(action)
      .to.be.revertedWithCustomError(fixture.covenants, error)
      .withArgs(...details);
  }

  it("refuses what breaks nothing, as breakBySettlement does", async () => {
    const { otherTerms, covenants, pledged } = fixture;
    const kept = await sessionNow(fixture, { agreement: AGREEMENT });
    await expectRefusal(show(kept), "AgreementKept", AGREEMENT);
    await expectRefusal(show(kept, { index: 0n }), "EvseDiffers", 2, 1);
    const { pledgedAt } = await covenants.covenantOf(1);
    const { openedAt } = otherTerms.opening;
    await expectRefusal(show(otherTerms), "OpenedOutside", openedAt, pledgedAt, pledged.endsAt);
  });

  it("refuses records that the meter did not sign for this session", async () => {
    const { meterSettlement } = fixture;
    const session = await sessionNow(fixture);
    const forged = recordOf(fixture, session, { key: testKey("secp256r1") });
    await expect(show(session, { records: [forged] }))
      .to.be.revertedWithCustomError(meterSettlement, "RecordSignatureInvalid")
      .withArgs(0);
    // The tag stands for the opening, so that no other time passes for it.
    const opening = { ...session.opening, openedAt: session.opening.openedAt + 1n };
    await expect(show(session, { opening })).to.be.revertedWithCustomError(meterSettlement, "IdTagMissing");
    const moved = { ...session, agreement: 7n };
    const record = recordOf(fixture, session);
    await expect(show(moved, { records: [record] })).to.be.revertedWithCustomError(meterSettlement, "IdTagMissing");
    await expect(show(session, { records: [] })).to.be.revertedWithCustomError(meterSettlement, "RecordCountWrong");
  });

  it("refuses a session in which nothing was delivered", async () => {
    const session = await sessionNow(fixture);
    const record = recordOf(fixture, session, {
      readings: [beginReading, { ...endReading, RV: beginReading["RV"] ?? "" }],
    });
    await expectRefusal(show(session, { records: [record] }), "NothingDelivered", sessionIn(fixture, session));
  });

  it("takes a live session, and pays out the bond", async () => {
    const { covenants, erc20, relayer } = fixture;
    const session = await sessionNow(fixture);
    const balance = await erc20.balanceOf(relayer.address);

    const receipt = await (await show(session)).wait();

    const holders = COVENANT_BOND - COVENANT_REWARD;
    expect(eventsOf(receipt, covenants)).to.deep.equal([
      ["CovenantBroken", 1n, sessionIn(fixture, session), relayer.address, 0n, COVENANT_REWARD, holders],
    ]);
    expect((await erc20.balanceOf(relayer.address)) - balance).to.equal(COVENANT_REWARD);
    expect(await erc20.balanceOf(covenants)).to.equal(0n);
    await expectRefusal(show(session), "CovenantNotActive", 1, CovenantStatus.Broken);
  });

  it("takes a session that its meter settled, by the records of that call", async () => {
    const { meterSettlement, thief } = fixture;
    const session = await sessionNow(fixture);
    const record = recordOf(fixture, session);
    await meterSettlement.connect(thief).settleWithMeter(callOf(meteredOf(session, record)));
    await show(session, { records: [record] });
  });
});
