import { expect } from "chai";
import { ZeroAddress } from "ethers";

import {
  type AgreementsFixture,
  contentOf,
  deployedAgreements,
  usualShares,
} from "../../helpers/agreements-fixture.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { eventsOf } from "../../helpers/outcome.ts";

describe("PartnerAgreements.propose", () => {
  let fixture: AgreementsFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedAgreements);
  });

  it("refuses no partner and more than eight", async () => {
    const { agreements, operator, partners, host } = fixture;
    const nine = [...partners, host].map(({ address }) => ({ partner: address, shareBps: 1n }));

    for (const shares of [[], nine]) {
      await expect(agreements.connect(operator).propose(shares))
        .to.be.revertedWithCustomError(agreements, "PartnerCountOutOfRange")
        .withArgs(shares.length, 1, 8);
    }
  });

  it("refuses the zero address, the operator and a partner named twice", async () => {
    const { agreements, operator, host, roaming } = fixture;
    const other = { partner: roaming.address, shareBps: 1n };

    for (const [partner, shares] of [
      [ZeroAddress, [other, { partner: ZeroAddress, shareBps: 1n }]],
      [operator.address, [other, { partner: operator.address, shareBps: 1n }]],
      [host.address, [{ partner: host.address, shareBps: 1n }, other, { partner: host.address, shareBps: 2n }]],
    ] as const) {
      await expect(agreements.connect(operator).propose([...shares]))
        .to.be.revertedWithCustomError(agreements, "PartnerInvalid")
        .withArgs(partner);
    }
  });

  it("refuses a share of nothing", async () => {
    const { agreements, operator, host } = fixture;

    await expect(agreements.connect(operator).propose([{ partner: host.address, shareBps: 0n }]))
      .to.be.revertedWithCustomError(agreements, "ShareZero")
      .withArgs(host.address);
  });

  it("refuses shares of more than the whole", async () => {
    const { agreements, operator, host, roaming } = fixture;

    for (const [first, second] of [
      [5_000n, 5_001n],
      [65_535n, 65_535n],
    ] as const) {
      await expect(
        agreements.connect(operator).propose([
          { partner: host.address, shareBps: first },
          { partner: roaming.address, shareBps: second },
        ]),
      )
        .to.be.revertedWithCustomError(agreements, "SharesAboveWhole")
        .withArgs(first + second, 10_000);
    }
  });

  it("numbers agreements from 1 on and keeps what was proposed, which does not bind yet", async () => {
    const { agreements, operator, otherOperator, partners } = fixture;
    const eight = partners.map(({ address }) => ({ partner: address, shareBps: 1_250n }));

    const first = await (await agreements.connect(operator).propose(usualShares(fixture))).wait();
    const second = await (await agreements.connect(otherOperator).propose(eight)).wait();

    const plain = (shares: typeof eight) => shares.map(({ partner, shareBps }) => [partner, shareBps]);
    expect([...eventsOf(first, agreements), ...eventsOf(second, agreements)]).to.deep.equal([
      ["AgreementProposed", 1n, operator.address, plain(usualShares(fixture))],
      ["AgreementProposed", 2n, otherOperator.address, plain(eight)],
    ]);
    expect(await contentOf(fixture, 1n)).to.deep.equal([operator.address, usualShares(fixture), 0n, false]);
    expect(await contentOf(fixture, 2n)).to.deep.equal([otherOperator.address, eight, 0n, false]);
    expect(await agreements.agreementCount()).to.equal(2n);
    expect(await agreements.isBinding(operator.address, 1)).to.equal(false);
  });

  it("leaves numbers that no agreement has empty", async () => {
    const { agreements, operator } = fixture;

    for (const agreement of [0n, 1n]) {
      expect(await contentOf(fixture, agreement)).to.deep.equal([ZeroAddress, [], 0n, false]);
      expect(await agreements.isBinding(operator.address, agreement)).to.equal(false);
      expect(await agreements.isBinding(ZeroAddress, agreement)).to.equal(false);
      await expect(agreements.consentDigestOf(agreement))
        .to.be.revertedWithCustomError(agreements, "AgreementUnknown")
        .withArgs(agreement);
    }
  });
});
