import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import { deployedGuard, type GuardFixture } from "../../helpers/opening-guard-fixture.ts";

describe("OpeningGuard ownership", () => {
  let fixture: GuardFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedGuard);
  });

  it("is transferred by nobody but the owner", async () => {
    const { guard, guardian } = fixture;

    await expect(guard.connect(guardian).transferOwnership(guardian.address))
      .to.be.revertedWithCustomError(guard, "OwnableUnauthorizedAccount")
      .withArgs(guardian.address);
    await expect(guard.connect(guardian).acceptOwnership())
      .to.be.revertedWithCustomError(guard, "OwnableUnauthorizedAccount")
      .withArgs(guardian.address);
  });

  it("stays with the owner until the next one accepts it", async () => {
    const { guard, owner, nextGuardian } = fixture;
    await guard.connect(owner).transferOwnership(nextGuardian.address);
    expect([await guard.owner(), await guard.pendingOwner()]).to.deep.equal([owner.address, nextGuardian.address]);

    await guard.connect(nextGuardian).acceptOwnership();

    expect([await guard.owner(), await guard.pendingOwner()]).to.deep.equal([nextGuardian.address, ZeroAddress]);
  });
});
