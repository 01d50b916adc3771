import { expect } from "chai";
import { ZeroHash } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { deployedSettlement, type SettlementFixture, TARIFF } from "../../helpers/settlement-fixture.ts";

describe("TariffRegistry.retire", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedSettlement);
  });

  it("refuses a tariff that nobody published", async () => {
    const { tariffRegistry, operator } = fixture;

    await expect(tariffRegistry.connect(operator).retire(ZeroHash))
      .to.be.revertedWithCustomError(tariffRegistry, "TariffNotOffered")
      .withArgs(ZeroHash, operator.address);
  });

  it("refuses everybody who does not offer the tariff", async () => {
    const { tariffRegistry, thief, tariffId } = fixture;

    await expect(tariffRegistry.connect(thief).retire(tariffId))
      .to.be.revertedWithCustomError(tariffRegistry, "TariffNotOffered")
      .withArgs(tariffId, thief.address);
  });

  it("refuses a tariff that is retired", async () => {
    const { tariffRegistry, operator, tariffId } = fixture;
    await tariffRegistry.connect(operator).retire(tariffId);

    await expect(tariffRegistry.connect(operator).retire(tariffId))
      .to.be.revertedWithCustomError(tariffRegistry, "TariffNotOffered")
      .withArgs(tariffId, operator.address);
  });

  it("ends the caller's offer, leaves other operators' offers and keeps the content", async () => {
    const { tariffRegistry, operator, otherOperator, tariffId } = fixture;

    const receipt = await (await tariffRegistry.connect(operator).retire(tariffId)).wait();

    expect(eventsOf(receipt, tariffRegistry)).to.deep.equal([["TariffRetired", tariffId, operator.address]]);
    expect([
      await tariffRegistry.isOffered(operator.address, tariffId),
      await tariffRegistry.isOffered(otherOperator.address, tariffId),
    ]).to.deep.equal([false, true]);
    expect(await tariffRegistry.tariffOf(tariffId)).to.deep.equal(Object.values(TARIFF));
  });
});
