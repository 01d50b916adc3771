import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { deployedGuard, type GuardFixture } from "../../helpers/opening-guard-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";

describe("OpeningGuard.pauseOpening", () => {
  let fixture: GuardFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedGuard);
  });

  it("refuses everybody but the guardian, the owner too", async () => {
    const { guard, owner, thief } = fixture;

    for (const caller of [owner, thief]) {
      await expect(guard.connect(caller).pauseOpening())
        .to.be.revertedWithCustomError(guard, "NotGuardian")
        .withArgs(caller.address);
    }
  });

  it("pauses opening when the guardian asks for it", async () => {
    const { guard, guardian } = fixture;

    const receipt = await (await guard.connect(guardian).pauseOpening()).wait();

    expect(eventsOf(receipt, guard)).to.deep.equal([["OpeningPaused", guardian.address]]);
    expect(await guard.isOpeningPaused()).to.equal(true);
  });

  it("changes nothing when opening is paused", async () => {
    const { guard, guardian } = fixture;
    await guard.connect(guardian).pauseOpening();

    const receipt = await (await guard.connect(guardian).pauseOpening()).wait();

    expect(eventsOf(receipt, guard)).to.deep.equal([]);
    expect(await guard.isOpeningPaused()).to.equal(true);
  });
});
