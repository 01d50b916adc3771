import { expect } from "chai";
import { id, ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  type ClaimsFixture,
  CONTRADICTION_SECONDS,
  madeClaim,
  signContradiction,
} from "../../helpers/energy-claims-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";

describe("EnergyClaims.releaseBond and withdraw", () => {
  let fixture: ClaimsFixture;
  let deadline: bigint;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(madeClaim);
    deadline = (await fixture.claims.claimOf(1)).claimedAt + CONTRADICTION_SECONDS;
  });

  it("refuses a claim that nobody made, and a bond that was lost", async () => {
    const { claims, relayer } = fixture;
    await expect(claims.connect(relayer).releaseBond(2)).to.be.revertedWithCustomError(claims, "NoBond").withArgs(2);
    const reasonHash = id("wrong");
    await claims.contradictByQuorum(1, reasonHash, await signContradiction(fixture, { claimId: 1n, reasonHash }));
    await networkHelpers.time.increaseTo(deadline + 1n);

    await expect(claims.connect(relayer).releaseBond(1)).to.be.revertedWithCustomError(claims, "NoBond").withArgs(1);
  });

  it("refuses a bond while the claim can be contradicted", async () => {
    const { claims, operator } = fixture;
    await networkHelpers.time.setNextBlockTimestamp(deadline);

    await expect(claims.connect(operator).releaseBond(1))
      .to.be.revertedWithCustomError(claims, "WindowOpen")
      .withArgs(deadline, deadline);
  });

  it("refuses to pay the zero address, and whom nothing is owed", async () => {
    const { claims, operator } = fixture;
    await expect(claims.connect(operator).withdraw(ZeroAddress)).to.be.revertedWithCustomError(claims, "AddressZero");
    await expect(claims.connect(operator).withdraw(operator.address))
      .to.be.revertedWithCustomError(claims, "NothingOwed")
      .withArgs(operator.address);
  });

  it("gives the bond back to its claimant once, also after the claim was sold, whoever calls", async () => {
    const { claims, erc20, operator, driver, relayer } = fixture;
    await claims.connect(operator).transferFrom(operator.address, driver.address, 1);
    await networkHelpers.time.increaseTo(deadline + 1n);

    const released = await (await claims.connect(relayer).releaseBond(1)).wait();
    expect(eventsOf(released, claims)).to.deep.equal([["BondReleased", 1n, operator.address, 780_000n]]);
    await expect(claims.connect(relayer).releaseBond(1)).to.be.revertedWithCustomError(claims, "NoBond");

    const paid = await (await claims.connect(operator).withdraw(relayer.address)).wait();
    expect(eventsOf(paid, claims)).to.deep.equal([["Withdrawn", operator.address, relayer.address, 780_000n]]);
    expect(await erc20.balanceOf(relayer.address)).to.equal(780_000n);
    expect(await erc20.balanceOf(await claims.getAddress())).to.equal(0n);
    expect(await claims.owedMicroOf(operator.address)).to.equal(0n);
  });
});
