import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import { type CommitteeFixture, deployedCommittee } from "../../helpers/committee-fixture.ts";

describe("OracleCommittee ownership", () => {
  let fixture: CommitteeFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedCommittee);
  });

  it("is transferred by nobody but the owner", async () => {
    const { committee, thief } = fixture;

    await expect(committee.connect(thief).transferOwnership(thief.address))
      .to.be.revertedWithCustomError(committee, "OwnableUnauthorizedAccount")
      .withArgs(thief.address);
    await expect(committee.connect(thief).acceptOwnership())
      .to.be.revertedWithCustomError(committee, "OwnableUnauthorizedAccount")
      .withArgs(thief.address);
  });

  it("stays with the owner until the next one accepts it", async () => {
    const { committee, owner, members } = fixture;
    const [next] = members;
    await committee.connect(owner).transferOwnership(next.address);
    expect([await committee.owner(), await committee.pendingOwner()]).to.deep.equal([owner.address, next.address]);

    await committee.connect(next).acceptOwnership();

    expect([await committee.owner(), await committee.pendingOwner()]).to.deep.equal([next.address, ZeroAddress]);
  });
});
