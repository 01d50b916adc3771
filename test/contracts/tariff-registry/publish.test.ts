import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { deployedSettlement, type SettlementFixture, TARIFF } from "../../helpers/settlement-fixture.ts";

const LARGEST = {
  flatFeeMicro: 2n ** 64n - 1n,
  priceMicroPerKwh: 2n ** 64n - 1n,
  priceMicroPerChargingMinute: 2n ** 64n - 1n,
  priceMicroPerConnectedMinute: 2n ** 64n - 1n,
  connectedFreeSeconds: 2n ** 32n - 1n,
  energyStepWh: 2n ** 32n - 1n,
  chargingStepSeconds: 2n ** 32n - 1n,
  connectedStepSeconds: 2n ** 32n - 1n,
  minimumMicro: 2n ** 64n - 1n,
  maximumMicro: 2n ** 64n - 1n,
  taxBps: 10_000n,
  chargesWithoutEnergy: true,
};

describe("TariffRegistry.publish", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedSettlement);
  });

  it("refuses a tax above 100 %", async () => {
    const { tariffRegistry, operator } = fixture;

    await expect(tariffRegistry.connect(operator).publish({ ...TARIFF, taxBps: 10_001n }))
      .to.be.revertedWithCustomError(tariffRegistry, "TaxAboveLimit")
      .withArgs(10_001, 10_000);
  });

  it("refuses a minimum above the maximum", async () => {
    const { tariffRegistry, operator } = fixture;

    await expect(tariffRegistry.connect(operator).publish({ ...TARIFF, minimumMicro: 6n, maximumMicro: 5n }))
      .to.be.revertedWithCustomError(tariffRegistry, "MinimumAboveMaximum")
      .withArgs(6, 5);
  });

  it("refuses what the operator offers already", async () => {
    const { tariffRegistry, operator, tariffId } = fixture;

    await expect(tariffRegistry.connect(operator).publish(TARIFF))
      .to.be.revertedWithCustomError(tariffRegistry, "TariffAlreadyPublished")
      .withArgs(tariffId, operator.address);
  });

  it("offers again what the operator has retired, however often", async () => {
    const { tariffRegistry, operator, tariffId } = fixture;
    for (let round = 0; round < 2; round += 1) {
      await tariffRegistry.connect(operator).retire(tariffId);
      expect(await tariffRegistry.isOffered(operator.address, tariffId)).to.equal(false);

      const receipt = await (await tariffRegistry.connect(operator).publish(TARIFF)).wait();

      expect(eventsOf(receipt, tariffRegistry)).to.deep.equal([
        ["TariffPublished", tariffId, operator.address, Object.values(TARIFF)],
      ]);
      expect(await tariffRegistry.isOffered(operator.address, tariffId)).to.equal(true);
    }
    await expect(tariffRegistry.connect(operator).publish(TARIFF)).to.be.revertedWithCustomError(
      tariffRegistry,
      "TariffAlreadyPublished",
    );
  });

  it("offers the tariff under its id, for the calling operator only", async () => {
    const { tariffRegistry, operator, otherOperator } = fixture;
    const tariff = { ...TARIFF, flatFeeMicro: 1n };
    const tariffId = await tariffRegistry.tariffIdOf(tariff);
    const isOfferedBefore = await tariffRegistry.isOffered(operator.address, tariffId);
    expect(await tariffRegistry.connect(operator).publish.staticCall(tariff)).to.equal(tariffId);

    const receipt = await (await tariffRegistry.connect(operator).publish(tariff)).wait();

    expect(eventsOf(receipt, tariffRegistry)).to.deep.equal([
      ["TariffPublished", tariffId, operator.address, Object.values(tariff)],
    ]);
    expect([
      isOfferedBefore,
      await tariffRegistry.isOffered(operator.address, tariffId),
      await tariffRegistry.isOffered(otherOperator.address, tariffId),
    ]).to.deep.equal([false, true, false]);
    expect(await tariffRegistry.tariffOf(tariffId)).to.deep.equal(Object.values(tariff));
  });

  it("lets several operators offer one tariff", async () => {
    const { tariffRegistry, thief, operator, tariffId } = fixture;

    await tariffRegistry.connect(thief).publish(TARIFF);

    expect([
      await tariffRegistry.isOffered(operator.address, tariffId),
      await tariffRegistry.isOffered(thief.address, tariffId),
    ]).to.deep.equal([true, true]);
  });

  it("takes the largest value of every field, a minimum that is the maximum, and no maximum", async () => {
    const { tariffRegistry, operator } = fixture;
    for (const tariff of [
      LARGEST,
      { ...LARGEST, maximumMicro: 0n },
      { ...TARIFF, minimumMicro: 5n, maximumMicro: 5n },
    ]) {
      await tariffRegistry.connect(operator).publish(tariff);

      expect(await tariffRegistry.tariffOf(await tariffRegistry.tariffIdOf(tariff))).to.deep.equal(
        Object.values(tariff),
      );
    }
  });

  it("knows nothing of a tariff that nobody published", async () => {
    const { tariffRegistry, operator } = fixture;
    const tariffId = await tariffRegistry.tariffIdOf(LARGEST);

    expect(await tariffRegistry.isOffered(operator.address, tariffId)).to.equal(false);
    expect(await tariffRegistry.tariffOf(tariffId)).to.deep.equal([
      ...Object.keys(TARIFF)
        .slice(0, -1)
        .map(() => 0n),
      false,
    ]);
  });
});
