import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { deployedGuard, type GuardFixture } from "../../helpers/opening-guard-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";

describe("OpeningGuard.resumeOpening", () => {
  let fixture: GuardFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedGuard);
    await fixture.guard.connect(fixture.guardian).pauseOpening();
  });

  it("refuses everybody but guardian and owner", async () => {
    const { guard, thief, nextGuardian } = fixture;

    for (const caller of [nextGuardian, thief]) {
      await expect(guard.connect(caller).resumeOpening())
        .to.be.revertedWithCustomError(guard, "NotGuardian")
        .withArgs(caller.address);
    }
  });

  it("ends a pause by the guardian or by the owner", async () => {
    const { guard, guardian, owner } = fixture;

    for (const caller of [guardian, owner]) {
      const receipt = await (await guard.connect(caller).resumeOpening()).wait();

      expect(eventsOf(receipt, guard)).to.deep.equal([["OpeningResumed", caller.address]]);
      expect(await guard.isOpeningPaused()).to.equal(false);
      await guard.connect(guardian).pauseOpening();
    }
  });

  it("changes nothing when opening is not paused", async () => {
    const { guard, guardian, owner } = fixture;
    await guard.connect(guardian).resumeOpening();

    const receipt = await (await guard.connect(owner).resumeOpening()).wait();

    expect(eventsOf(receipt, guard)).to.deep.equal([]);
    expect(await guard.isOpeningPaused()).to.equal(false);
  });
});
