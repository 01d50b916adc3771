import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { type ClaimsFixture, ClaimStatus, madeClaim } from "../../helpers/energy-claims-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";

describe("EnergyClaims.retire", () => {
  let fixture: ClaimsFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(madeClaim);
  });

  it("refuses a claim that nobody made", async () => {
    const { claims, operator } = fixture;
    await expect(claims.connect(operator).retire(2, "R"))
      .to.be.revertedWithCustomError(claims, "ClaimNotActive")
      .withArgs(2, ClaimStatus.None);
  });

  it("refuses everybody but the holder, the claimant too", async () => {
    const { claims, operator, driver } = fixture;
    await claims.connect(operator).transferFrom(operator.address, driver.address, 1);
    await expect(claims.connect(operator).retire(1, "R"))
      .to.be.revertedWithCustomError(claims, "NotHolder")
      .withArgs(operator.address, driver.address);
  });

  it("refuses a reference of nothing and one that is too long", async () => {
    const { claims, operator } = fixture;
    for (const length of [0, 129]) {
      await expect(claims.connect(operator).retire(1, "x".repeat(length)))
        .to.be.revertedWithCustomError(claims, "ReferenceLengthOutOfRange")
        .withArgs(length, 1, 128);
    }
  });

  it("uses a claim once and for good", async () => {
    const { claims, operator } = fixture;
    const receipt = await (await claims.connect(operator).retire(1, "NEa 2026/4711")).wait();

    expect(eventsOf(receipt, claims)).to.deep.equal([["ClaimRetired", 1n, operator.address, "NEa 2026/4711"]]);
    expect((await claims.claimOf(1)).status).to.equal(ClaimStatus.Retired);
    await expect(claims.connect(operator).retire(1, "NEa 2026/4712"))
      .to.be.revertedWithCustomError(claims, "ClaimNotActive")
      .withArgs(1, ClaimStatus.Retired);
  });
});
