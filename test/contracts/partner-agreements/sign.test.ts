import { expect } from "chai";

import { type AgreementsFixture, contentOf, proposedAgreement, usualShares } from "../../helpers/agreements-fixture.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { eventsOf } from "../../helpers/outcome.ts";

describe("PartnerAgreements.sign", () => {
  let fixture: AgreementsFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(proposedAgreement);
  });

  it("refuses an agreement that does not exist", async () => {
    const { agreements, host } = fixture;

    for (const agreement of [0, 2]) {
      await expect(agreements.connect(host).sign(agreement))
        .to.be.revertedWithCustomError(agreements, "AgreementUnknown")
        .withArgs(agreement);
    }
  });

  it("refuses an agreement that was retired", async () => {
    const { agreements, operator, host } = fixture;
    await agreements.connect(operator).retire(1);

    await expect(agreements.connect(host).sign(1))
      .to.be.revertedWithCustomError(agreements, "AlreadyRetired")
      .withArgs(1);
  });

  it("refuses who has no share, the operator too", async () => {
    const { agreements, operator, stranger } = fixture;

    for (const caller of [operator, stranger]) {
      await expect(agreements.connect(caller).sign(1))
        .to.be.revertedWithCustomError(agreements, "NotPartner")
        .withArgs(caller.address, 1);
    }
  });

  it("refuses a partner who has signed", async () => {
    const { agreements, host } = fixture;
    await agreements.connect(host).sign(1);

    await expect(agreements.connect(host).sign(1))
      .to.be.revertedWithCustomError(agreements, "AlreadySigned")
      .withArgs(host.address, 1);
  });

  it("makes the agreement bind with the last partner's signature, and for its operator alone", async () => {
    const { agreements, operator, otherOperator, host, roaming } = fixture;

    const first = await (await agreements.connect(roaming).sign(1)).wait();

    expect(eventsOf(first, agreements)).to.deep.equal([["AgreementSigned", 1n, roaming.address, false]]);
    expect(await contentOf(fixture, 1n)).to.deep.equal([operator.address, usualShares(fixture), 1n, false]);
    expect([await agreements.hasSigned(1, host.address), await agreements.hasSigned(1, roaming.address)]).to.deep.equal(
      [false, true],
    );
    expect(await agreements.isBinding(operator.address, 1)).to.equal(false);

    const last = await (await agreements.connect(host).sign(1)).wait();

    expect(eventsOf(last, agreements)).to.deep.equal([["AgreementSigned", 1n, host.address, true]]);
    expect(await contentOf(fixture, 1n)).to.deep.equal([operator.address, usualShares(fixture), 2n, false]);
    expect(await agreements.isBinding(operator.address, 1)).to.equal(true);
    expect(await agreements.isBinding(otherOperator.address, 1)).to.equal(false);
    expect(await agreements.hasSigned(1, operator.address)).to.equal(false);
  });

  it("binds eight partners once all eight have signed", async () => {
    const { agreements, otherOperator, partners } = fixture;
    const shares = partners.map(({ address }) => ({ partner: address, shareBps: 1_250n }));
    await agreements.connect(otherOperator).propose(shares);

    for (const [index, partner] of partners.entries()) {
      expect(await agreements.isBinding(otherOperator.address, 2)).to.equal(false);
      const receipt = await (await agreements.connect(partner).sign(2)).wait();
      expect(eventsOf(receipt, agreements)).to.deep.equal([["AgreementSigned", 2n, partner.address, index === 7]]);
    }

    expect(await contentOf(fixture, 2n)).to.deep.equal([otherOperator.address, shares, 8n, false]);
    expect(await agreements.isBinding(otherOperator.address, 2)).to.equal(true);
  });
});
