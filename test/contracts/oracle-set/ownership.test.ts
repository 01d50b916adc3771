import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import { deployedSettlement, type SettlementFixture } from "../../helpers/settlement-fixture.ts";

describe("OracleSet ownership", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedSettlement);
  });

  it("is transferred by nobody but the owner", async () => {
    const { oracleSet, thief } = fixture;

    await expect(oracleSet.connect(thief).transferOwnership(thief.address))
      .to.be.revertedWithCustomError(oracleSet, "OwnableUnauthorizedAccount")
      .withArgs(thief.address);
    await expect(oracleSet.connect(thief).acceptOwnership())
      .to.be.revertedWithCustomError(oracleSet, "OwnableUnauthorizedAccount")
      .withArgs(thief.address);
  });

  it("stays with the owner until the next one accepts it", async () => {
    const { oracleSet, owner, relayer } = fixture;
    await oracleSet.connect(owner).transferOwnership(relayer.address);
    expect([await oracleSet.owner(), await oracleSet.pendingOwner()]).to.deep.equal([owner.address, relayer.address]);

    await oracleSet.connect(relayer).acceptOwnership();

    expect([await oracleSet.owner(), await oracleSet.pendingOwner()]).to.deep.equal([relayer.address, ZeroAddress]);
  });
});
