import { expect } from "chai";
import { TypedDataEncoder } from "ethers";

import {
  type AgreementsFixture,
  consentOf,
  PARTNER_CONSENT_TYPES,
  proposedAgreement,
} from "../../helpers/agreements-fixture.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { eventsOf } from "../../helpers/outcome.ts";

describe("PartnerAgreements.signFor", () => {
  let fixture: AgreementsFixture;
  let signature: string;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(proposedAgreement);
    signature = await fixture.host.signTypedData(fixture.domain, PARTNER_CONSENT_TYPES, consentOf(fixture));
  });

  it("refuses an agreement that does not exist", async () => {
    const { agreements, host, stranger } = fixture;

    await expect(agreements.connect(stranger).signFor(2, host.address, signature))
      .to.be.revertedWithCustomError(agreements, "AgreementUnknown")
      .withArgs(2);
  });

  it("refuses an agreement that was retired", async () => {
    const { agreements, operator, host, stranger } = fixture;
    await agreements.connect(operator).retire(1);

    await expect(agreements.connect(stranger).signFor(1, host.address, signature))
      .to.be.revertedWithCustomError(agreements, "AlreadyRetired")
      .withArgs(1);
  });

  it("refuses who has no share", async () => {
    const { agreements, stranger } = fixture;

    await expect(agreements.connect(stranger).signFor(1, stranger.address, signature))
      .to.be.revertedWithCustomError(agreements, "NotPartner")
      .withArgs(stranger.address, 1);
  });

  it("refuses a partner who has signed, also by the same signature", async () => {
    const { agreements, host, stranger } = fixture;
    await agreements.connect(stranger).signFor(1, host.address, signature);

    await expect(agreements.connect(stranger).signFor(1, host.address, signature))
      .to.be.revertedWithCustomError(agreements, "AlreadySigned")
      .withArgs(host.address, 1);
  });

  it("refuses a signature of anybody else, of anything else, or of no length", async () => {
    const { agreements, domain, host, stranger, otherOperator } = fixture;
    const sign = host.signTypedData.bind(host);
    const consent = consentOf(fixture);
    const otherShares = consent.shares.map(({ partner, shareBps }) => ({ partner, shareBps: shareBps + 1n }));

    for (const wrong of [
      await stranger.signTypedData(domain, PARTNER_CONSENT_TYPES, consent),
      await sign(domain, PARTNER_CONSENT_TYPES, consentOf(fixture, { agreement: 2n })),
      await sign(domain, PARTNER_CONSENT_TYPES, consentOf(fixture, { operator: otherOperator.address })),
      await sign(domain, PARTNER_CONSENT_TYPES, { ...consent, shares: otherShares }),
      await sign({ ...domain, chainId: 1n }, PARTNER_CONSENT_TYPES, consent),
      await sign({ ...domain, verifyingContract: stranger.address }, PARTNER_CONSENT_TYPES, consent),
      "0x",
    ]) {
      await expect(agreements.connect(stranger).signFor(1, host.address, wrong))
        .to.be.revertedWithCustomError(agreements, "SignatureInvalid")
        .withArgs(host.address);
    }
  });

  it("takes a partner's signature from anybody", async () => {
    const { agreements, domain, host, stranger } = fixture;
    expect(await agreements.consentDigestOf(1)).to.equal(
      TypedDataEncoder.hash(domain, PARTNER_CONSENT_TYPES, consentOf(fixture)),
    );

    const receipt = await (await agreements.connect(stranger).signFor(1, host.address, signature)).wait();

    expect(eventsOf(receipt, agreements)).to.deep.equal([["AgreementSigned", 1n, host.address, false]]);
    expect(await agreements.hasSigned(1, host.address)).to.equal(true);
  });

  it("takes the signature that a contract wallet accepts, and no other", async () => {
    const { agreements, domain, operator, roaming, stranger, wallet } = fixture;
    const partner = await wallet.getAddress();
    const shares = [{ partner, shareBps: 10_000n }];
    await agreements.connect(operator).propose(shares);
    const consent = { agreement: 2n, operator: operator.address, shares };

    await expect(agreements.signFor(2, partner, await stranger.signTypedData(domain, PARTNER_CONSENT_TYPES, consent)))
      .to.be.revertedWithCustomError(agreements, "SignatureInvalid")
      .withArgs(partner);
    const good = await roaming.signTypedData(domain, PARTNER_CONSENT_TYPES, consent);
    const receipt = await (await agreements.connect(stranger).signFor(2, partner, good)).wait();

    expect(eventsOf(receipt, agreements)).to.deep.equal([["AgreementSigned", 2n, partner, true]]);
    expect(await agreements.isBinding(operator.address, 2)).to.equal(true);
  });
});
