import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import { deployedGuard, type GuardFixture } from "../../helpers/opening-guard-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";

describe("OpeningGuard.changeGuardian", () => {
  let fixture: GuardFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedGuard);
  });

  it("refuses everybody but the owner, the guardian too", async () => {
    const { guard, guardian, thief } = fixture;

    for (const caller of [guardian, thief]) {
      await expect(guard.connect(caller).changeGuardian(caller.address))
        .to.be.revertedWithCustomError(guard, "OwnableUnauthorizedAccount")
        .withArgs(caller.address);
    }
  });

  it("changes nothing for the guardian there is", async () => {
    const { guard, owner, guardian } = fixture;

    const receipt = await (await guard.connect(owner).changeGuardian(guardian.address)).wait();

    expect(eventsOf(receipt, guard)).to.deep.equal([]);
    expect(await guard.guardian()).to.equal(guardian.address);
  });

  it("gives the right to pause to another one and takes it from the old one", async () => {
    const { guard, owner, guardian, nextGuardian } = fixture;

    const receipt = await (await guard.connect(owner).changeGuardian(nextGuardian.address)).wait();

    expect(eventsOf(receipt, guard)).to.deep.equal([["GuardianChanged", nextGuardian.address]]);
    await expect(guard.connect(guardian).pauseOpening())
      .to.be.revertedWithCustomError(guard, "NotGuardian")
      .withArgs(guardian.address);
    await guard.connect(nextGuardian).pauseOpening();
    expect(await guard.isOpeningPaused()).to.equal(true);
  });

  it("keeps a pause, which the owner can end", async () => {
    const { guard, owner, guardian } = fixture;
    await guard.connect(guardian).pauseOpening();

    await guard.connect(owner).changeGuardian(ZeroAddress);

    expect([await guard.guardian(), await guard.isOpeningPaused()]).to.deep.equal([ZeroAddress, true]);
    await guard.connect(owner).resumeOpening();
    expect(await guard.isOpeningPaused()).to.equal(false);
  });
});
