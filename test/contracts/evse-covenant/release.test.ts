import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  COVENANT_BOND,
  type CovenantFixture,
  CovenantStatus,
  deployedCovenants,
  pledgedCovenant,
  PROOF_SECONDS,
  settledNow,
} from "../../helpers/evse-covenant-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";

describe("EvseCovenant.release", () => {
  let fixture: CovenantFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(pledgedCovenant);
  });

  async function expectRefusal(action: Promise<unknown>, error: string, ...details: unknown[]): Promise<void> {
    await expect(action)
      .to.be.revertedWithCustomError(fixture.covenants, error)
      .withArgs(...details);
  }

  it("refuses a covenant that is not active, and other terms", async () => {
    const { covenants, pledged } = fixture;
    await expectRefusal(covenants.release(2, pledged), "CovenantNotActive", 2, CovenantStatus.None);
    await expectRefusal(covenants.release(1, { ...pledged, endsAt: pledged.endsAt - 1n }), "TermsMismatch", 1);
  });

  it("refuses while a breach can still be shown", async () => {
    const { covenants, pledged } = fixture;
    const deadline = pledged.endsAt + PROOF_SECONDS;
    await networkHelpers.time.setNextBlockTimestamp(deadline);
    await expectRefusal(covenants.release(1, pledged), "ProofTimeOpen", deadline, deadline);
  });

  it("gives the operator the bond back afterwards, whoever sends it", async () => {
    const { covenants, erc20, operator, thief, pledged } = fixture;
    const balance = await erc20.balanceOf(operator.address);
    await networkHelpers.time.setNextBlockTimestamp(pledged.endsAt + PROOF_SECONDS + 1n);

    const receipt = await (await covenants.connect(thief).release(1, pledged)).wait();

    expect(eventsOf(receipt, covenants)).to.deep.equal([["CovenantReleased", 1n, operator.address, COVENANT_BOND]]);
    expect((await erc20.balanceOf(operator.address)) - balance).to.equal(COVENANT_BOND);
    expect((await covenants.covenantOf(1)).status).to.equal(CovenantStatus.Kept);
    await expectRefusal(covenants.release(1, pledged), "CovenantNotActive", 1, CovenantStatus.Kept);
  });

  it("gives it back at once where the share has failed", async () => {
    fixture = await networkHelpers.loadFixture(deployedCovenants);
    const { covenants, erc20, operator, pledged, saleEndsAt } = fixture;
    await covenants.connect(operator).pledge(pledged);
    await networkHelpers.time.increaseTo(saleEndsAt);

    await covenants.release(1, pledged);

    expect(await erc20.balanceOf(covenants)).to.equal(0n);
  });

  it("gives nothing back of a covenant that was broken", async () => {
    const { covenants, pledged } = fixture;
    const { claim } = await settledNow(fixture);
    await covenants.breakBySettlement(1, pledged, 1, claim);
    await networkHelpers.time.increaseTo(pledged.endsAt + PROOF_SECONDS + 1n);
    await expectRefusal(covenants.release(1, pledged), "CovenantNotActive", 1, CovenantStatus.Broken);
  });
});
