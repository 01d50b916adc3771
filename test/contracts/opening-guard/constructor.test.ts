import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { deployedGuard, type GuardFixture } from "../../helpers/opening-guard-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";

describe("OpeningGuard's constructor", () => {
  let fixture: GuardFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedGuard);
  });

  it("refuses to be without an owner", async () => {
    const { guard, guardian } = fixture;

    await expect(ethers.deployContract("OpeningGuard", [ZeroAddress, guardian.address]))
      .to.be.revertedWithCustomError(guard, "OwnableInvalidOwner")
      .withArgs(ZeroAddress);
  });

  it("names owner and guardian, and pauses nothing", async () => {
    const { guard, owner, guardian } = fixture;

    const receipt = (await guard.deploymentTransaction()?.wait()) ?? null;

    expect(eventsOf(receipt, guard)).to.deep.equal([
      ["OwnershipTransferred", ZeroAddress, owner.address],
      ["GuardianChanged", guardian.address],
    ]);
    expect([await guard.owner(), await guard.guardian(), await guard.isOpeningPaused()]).to.deep.equal([
      owner.address,
      guardian.address,
      false,
    ]);
  });
});
