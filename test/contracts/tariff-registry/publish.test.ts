import { expect } from "chai";
import { TypedDataEncoder } from "ethers";

import { taxedAlike, type Tariff } from "../../../services/domain/tariff.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { deployedSettlement, type SettlementFixture, TARIFF, tariffWith } from "../../helpers/settlement-fixture.ts";

const AMOUNT = 2n ** 64n - 1n;
const COUNT = 2 ** 32 - 1;
const LARGEST = tariffWith({
  ...{ flatFeeMicro: AMOUNT, priceNanoPerKwh: AMOUNT, energyStepWh: COUNT },
  ...{ priceNanoPerChargingHour: AMOUNT, chargingStepSeconds: COUNT },
  energyBands: [COUNT - 2, COUNT - 1, COUNT].map((fromWh) => ({ fromWh, priceNanoPerKwh: 2n ** 48n - 1n })),
  ...{ priceNanoPerConnectedHour: AMOUNT, connectedFreeSeconds: COUNT, connectedStepSeconds: COUNT },
  connectedMaximumMicro: AMOUNT,
  ...taxedAlike(10_000),
  ...{ minimumMicro: AMOUNT, minimumGrossMicro: AMOUNT, maximumMicro: AMOUNT, maximumGrossMicro: AMOUNT },
  chargesWithoutEnergy: true,
});

/** The fields of a tariff, as a wallet knows them. */
const TARIFF_TYPES = {
  Tariff: [
    ["uint64", "flatFeeMicro"],
    ["uint64", "priceNanoPerKwh"],
    ["uint32", "energyStepWh"],
    ["uint64", "priceNanoPerChargingHour"],
    ["uint32", "chargingStepSeconds"],
    ["uint64", "taxes"],
    ["uint256", "limits"],
    ["uint240", "energyBands"],
    ["uint192", "connectedFee"],
    ["bool", "chargesWithoutEnergy"],
  ].map(([type = "", name = ""]) => ({ type, name })),
};

describe("TariffRegistry.publish", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedSettlement);
  });

  async function expectRefused(parts: Partial<Tariff>, error: string, ...values: readonly number[]): Promise<void> {
    const { tariffRegistry, operator } = fixture;
    await expect(tariffRegistry.connect(operator).publish(tariffWith(parts)))
      .to.be.revertedWithCustomError(tariffRegistry, error)
      .withArgs(...values);
  }

  it("refuses a tax above 100 %, on whatever component", async () => {
    for (const name of ["flatTaxBps", "energyTaxBps", "chargingTaxBps", "connectedTaxBps"] as const) {
      await expectRefused({ ...taxedAlike(10_000), [name]: 10_001 }, "TaxAboveLimit", 10_001, 10_000);
    }
  });

  it("refuses a minimum above the maximum, before tax and with it", async () => {
    const limits = { minimumMicro: 6n, minimumGrossMicro: 6n, maximumMicro: 5n, maximumGrossMicro: 6n };
    await expectRefused(limits, "MinimumAboveMaximum", 6, 5);
    const withTax = { minimumMicro: 5n, minimumGrossMicro: 7n, maximumMicro: 5n, maximumGrossMicro: 6n };
    await expectRefused(withTax, "MinimumAboveMaximum", 7, 6);
  });

  it("refuses a limit with tax that no tax up to 100 % makes of the one before tax", async () => {
    await expectRefused({ minimumMicro: 5n, minimumGrossMicro: 4n }, "GrossLimitOutOfRange", 5, 4);
    await expectRefused({ minimumMicro: 5n, minimumGrossMicro: 11n }, "GrossLimitOutOfRange", 5, 11);
    await expectRefused({ maximumMicro: 5n, maximumGrossMicro: 4n }, "GrossLimitOutOfRange", 5, 4);
    await expectRefused({ maximumMicro: 5n, maximumGrossMicro: 11n }, "GrossLimitOutOfRange", 5, 11);
    await expectRefused({ maximumGrossMicro: 1n }, "GrossLimitOutOfRange", 0, 1);
  });

  it("refuses bands of energy that do not begin one after the other", async () => {
    const bands = (...from: readonly number[]) => ({
      energyBands: from.map((fromWh) => ({ fromWh, priceNanoPerKwh: 1n })),
    });
    await expectRefused(bands(0), "EnergyBandsNotAscending", 0, 0, 0);
    await expectRefused(bands(5, 5), "EnergyBandsNotAscending", 1, 5, 5);
    await expectRefused(bands(5, 7, 6), "EnergyBandsNotAscending", 2, 6, 7);
    const { tariffRegistry, operator } = fixture;
    // No first band, and a second one.
    const energyBands = ((7n << 48n) | 1n) << 80n;
    await expect(tariffRegistry.connect(operator).publish({ ...TARIFF, energyBands }))
      .to.be.revertedWithCustomError(tariffRegistry, "EnergyBandsNotAscending")
      .withArgs(0, 0, 0);
  });

  it("refuses a free span, a step and a maximum of a connected fee that has no price", async () => {
    const none = { priceNanoPerConnectedHour: 0n, connectedFreeSeconds: 0 };
    await expectRefused({ ...none, connectedFreeSeconds: 1 }, "ConnectedFeeWithoutPrice");
    await expectRefused({ ...none, connectedStepSeconds: 1 }, "ConnectedFeeWithoutPrice");
    await expectRefused({ ...none, connectedMaximumMicro: 1n }, "ConnectedFeeWithoutPrice");
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
    const tariff = tariffWith({ flatFeeMicro: 1n });
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

  it("gives a tariff the id that a wallet computes, in which every field counts", async () => {
    const { tariffRegistry } = fixture;
    for (const tariff of [TARIFF, LARGEST, { ...TARIFF, chargesWithoutEnergy: true }]) {
      expect(await tariffRegistry.tariffIdOf(tariff)).to.equal(
        TypedDataEncoder.hashStruct("Tariff", TARIFF_TYPES, tariff),
      );
    }
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
      tariffWith({ minimumMicro: AMOUNT / 2n, minimumGrossMicro: AMOUNT - 1n }),
      tariffWith({ minimumMicro: 5n, minimumGrossMicro: 10n, maximumMicro: 5n, maximumGrossMicro: 10n }),
      tariffWith({ energyBands: [{ fromWh: 1, priceNanoPerKwh: 0n }] }),
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
