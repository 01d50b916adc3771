import { expect } from "chai";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import {
  claim,
  claimableMeters,
  type ClaimsFixture,
  ClaimStatus,
  madeClaim,
  purposeOf,
  signContradiction,
} from "../../helpers/energy-claims-fixture.ts";
import { CHANGE_DELAY_SECONDS } from "../../helpers/settlement-fixture.ts";

describe("The transfer of an energy claim", () => {
  it("refuses whoever neither holds it nor may move it", async () => {
    const { claims, operator, thief } = await networkHelpers.loadFixture(madeClaim);

    await expect(claims.connect(thief).transferFrom(operator.address, thief.address, 1)).to.be.revertedWithCustomError(
      claims,
      "ERC721InsufficientApproval",
    );
  });

  it("refuses a claim that was retired", async () => {
    const { claims, operator, driver } = await networkHelpers.loadFixture(madeClaim);
    await claims.connect(operator).retire(1, "NEa 2026/4711");

    await expect(claims.connect(operator).transferFrom(operator.address, driver.address, 1))
      .to.be.revertedWithCustomError(claims, "ClaimNotActive")
      .withArgs(1, ClaimStatus.Retired);
  });

  it("refuses a claim that was contradicted", async () => {
    const fixture: ClaimsFixture = await networkHelpers.loadFixture(madeClaim);
    const { claims, operator, driver, relayer } = fixture;
    const reasonHash = ethers.id("corrected session");
    const signatures = await signContradiction(fixture, { claimId: 1n, reasonHash });
    await claims.connect(relayer).contradictByQuorum(1, reasonHash, signatures);

    await expect(claims.connect(operator).transferFrom(operator.address, driver.address, 1))
      .to.be.revertedWithCustomError(claims, "ClaimNotActive")
      .withArgs(1, ClaimStatus.Contradicted);
  });

  it("asks the purpose's rules, and nobody where there are none", async () => {
    const fixture: ClaimsFixture = await networkHelpers.loadFixture(claimableMeters);
    const { claims, owner, operator, driver, otherDriver } = fixture;
    const rules = await ethers.deployContract("ClaimAllowList", [driver.address]);
    const transferRules = await rules.getAddress();
    await claims.connect(owner).addPurpose(purposeOf(fixture, { transferRules, name: "DE-THG-2026" }));
    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);
    await claim(fixture, { purpose: 4n });

    await expect(claims.connect(operator).transferFrom(operator.address, otherDriver.address, 1))
      .to.be.revertedWithCustomError(claims, "TransferRefused")
      .withArgs(1, operator.address, otherDriver.address);
    await claims.connect(operator).transferFrom(operator.address, driver.address, 1);
    expect(await claims.ownerOf(1)).to.equal(driver.address);
  });

  it("hands on a claim without rules to anybody, and leaves the bond with its claimant", async () => {
    const { claims, operator, driver } = await networkHelpers.loadFixture(madeClaim);

    await claims.connect(operator).transferFrom(operator.address, driver.address, 1);

    expect(await claims.ownerOf(1)).to.equal(driver.address);
    expect((await claims.claimOf(1)).claimant).to.equal(operator.address);
  });
});
