import { expect } from "chai";
import { id, ZeroAddress, ZeroHash } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { intervalOf, purposeOf, signClaim } from "../../helpers/energy-claims-fixture.ts";
import { type OfferContent, signOffer, withoutConsents } from "../../helpers/evidence-sales-fixture.ts";
import { activeMeter } from "../../helpers/meter-registry-fixture.ts";
import { CHANGE_DELAY_SECONDS, DAY, hostileSettlementOfSixDecimals } from "../../helpers/settlement-fixture.ts";

const PRICE = 10_000_000n;

describe("A token that keeps a fee", () => {
  it("buys no dossier", async () => {
    const fixture = await networkHelpers.loadFixture(hostileSettlementOfSixDecimals);
    const { erc20, settlement, partnerAgreements, operator, driver: buyer, payer } = fixture;
    const consents = await ethers.deployContract("DataConsents");
    const sales = await ethers.deployContract("EvidenceSales", [settlement, consents]);
    await partnerAgreements.connect(operator).propose([{ partner: payer, shareBps: 100n }]);
    await partnerAgreements.connect(payer).sign(1);
    const content: OfferContent = {
      operator: operator.address,
      agreement: 1n,
      root: id("dossier"),
      licenceHash: ZeroHash,
      priceMicro: PRICE,
      scopes: 0n,
      leastDriversBps: 0n,
      driversRoot: ZeroHash,
      ...withoutConsents,
      expiresAt: fixture.startedAt + DAY,
    };
    const salesDomain = {
      ...fixture.domain,
      name: "Wattproof Evidence Sales",
      verifyingContract: await sales.getAddress(),
    };
    await sales.connect(operator).offer(content, await signOffer({ ...fixture, salesDomain }, content));
    await erc20.connect(buyer).approve(sales, PRICE);
    await erc20.setFee(100);

    await expect(sales.connect(buyer).buy(content))
      .to.be.revertedWithCustomError(sales, "TransferMismatch")
      .withArgs(9_900_000n, PRICE);
  });

  it("binds no bond of a claim", async () => {
    const fixture = await networkHelpers.loadFixture(hostileSettlementOfSixDecimals);
    const { erc20, settlement, meterRegistry, operator, owner, driver } = fixture;
    const claims = await ethers.deployContract("EnergyClaims", [settlement]);
    await claims.connect(owner).addPurpose(purposeOf(fixture, { transferRules: ZeroAddress }));
    await meterRegistry.connect(operator).registerEvse("DE*WPF*E1", 22_000);
    await activeMeter({
      registry: meterRegistry,
      oracleCommittee: fixture.oracleCommittee,
      domain: fixture.domain,
      operator,
      otherOperator: fixture.otherOperator,
      oracles: fixture.oracles,
      stranger: fixture.thief,
      startedAt: fixture.startedAt,
    });
    await claims.connect(operator).enrol(1, [1]);
    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);
    await erc20.connect(driver).transfer(operator.address, PRICE);
    await erc20.connect(operator).approve(claims, PRICE);
    await erc20.setFee(1_000);
    const content = {
      operator: operator.address,
      purpose: 1n,
      periodEnd: BigInt(await networkHelpers.time.latest()),
      root: id("dossier"),
      intervals: [intervalOf()],
    };
    const claimsDomain = {
      ...fixture.domain,
      name: "Wattproof Energy Claims",
      verifyingContract: await claims.getAddress(),
    };

    await expect(claims.connect(operator).claim(content, await signClaim({ ...fixture, claimsDomain }, content)))
      .to.be.revertedWithCustomError(claims, "TransferMismatch")
      .withArgs(702_000n, 780_000n);
  });
});
