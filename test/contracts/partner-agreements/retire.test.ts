import { expect } from "chai";

import { type AgreementsFixture, contentOf, proposedAgreement, usualShares } from "../../helpers/agreements-fixture.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { eventsOf } from "../../helpers/outcome.ts";

describe("PartnerAgreements.retire", () => {
  let fixture: AgreementsFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(proposedAgreement);
  });

  it("refuses an agreement that does not exist", async () => {
    const { agreements, operator } = fixture;

    await expect(agreements.connect(operator).retire(2))
      .to.be.revertedWithCustomError(agreements, "AgreementUnknown")
      .withArgs(2);
  });

  it("refuses everybody but its operator, partners too", async () => {
    const { agreements, operator, otherOperator, host } = fixture;

    for (const caller of [otherOperator, host]) {
      await expect(agreements.connect(caller).retire(1))
        .to.be.revertedWithCustomError(agreements, "NotOperator")
        .withArgs(caller.address, operator.address);
    }
  });

  it("refuses an agreement that was retired", async () => {
    const { agreements, operator } = fixture;
    await agreements.connect(operator).retire(1);

    await expect(agreements.connect(operator).retire(1))
      .to.be.revertedWithCustomError(agreements, "AlreadyRetired")
      .withArgs(1);
  });

  it("ends a binding agreement for later sessions and keeps the parts", async () => {
    const { agreements, operator, host, roaming } = fixture;
    await agreements.connect(host).sign(1);
    await agreements.connect(roaming).sign(1);

    const receipt = await (await agreements.connect(operator).retire(1)).wait();

    expect(eventsOf(receipt, agreements)).to.deep.equal([["AgreementRetired", 1n, operator.address]]);
    expect(await contentOf(fixture, 1n)).to.deep.equal([operator.address, usualShares(fixture), 2n, true]);
    expect(await agreements.isBinding(operator.address, 1)).to.equal(false);
    expect(await agreements.partOf(operator.address, 1, host.address, 1_000_000)).to.equal(300_000n);
  });
});
