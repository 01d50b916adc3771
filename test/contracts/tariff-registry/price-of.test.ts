import { expect } from "chai";

import { packTariff } from "../../../services/domain/packed-tariff.ts";
import { freeTariff, taxedAlike, type Tariff } from "../../../services/domain/tariff.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import {
  deployedSettlement,
  type SettlementFixture,
  TARIFF,
  tariffWith,
  USUAL,
} from "../../helpers/settlement-fixture.ts";

const NOTHING = {
  ...{ flat: 0n, energy: 0n, charging: 0n, connected: 0n },
  ...{ flatTax: 0n, energyTax: 0n, chargingTax: 0n, connectedTax: 0n },
  ...{ net: 0n, tax: 0n, gross: 0n },
};
const KWH = 1_000_000_000n;
const MOST = 2n ** 64n - 1n;

const free = (parts: Partial<Tariff>) => packTariff({ ...freeTariff, ...parts });

describe("TariffRegistry.priceOf", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedSettlement);
  });

  async function priceOf(
    tariff: ReturnType<typeof packTariff> | typeof TARIFF,
    energyMicroWh: bigint,
    chargingSeconds = 0n,
    connectedSeconds = 0n,
  ) {
    const [flat, energy, charging, connected, flatTax, energyTax, chargingTax, connectedTax, net, tax, gross] =
      await fixture.tariffRegistry.priceOf(tariff, energyMicroWh, chargingSeconds, connectedSeconds);
    return {
      ...{ flat, energy, charging, connected },
      ...{ flatTax, energyTax, chargingTax, connectedTax },
      ...{ net, tax, gross },
    };
  }

  it("is nothing without energy, whatever the minimum, the flat fee and the time", async () => {
    const tariff = tariffWith({ minimumMicro: 1_000_000n, minimumGrossMicro: 1_081_000n });

    expect(await priceOf(tariff, 0n, 100_000n, 100_000n)).to.deep.equal(NOTHING);
  });

  it("is the tariff's without energy when the tariff says so", async () => {
    expect(await priceOf(tariffWith({ chargesWithoutEnergy: true }), 0n, 60n, 5_460n)).to.deep.equal({
      ...{ flat: 500_000n, energy: 0n, charging: 20_000n, connected: 100_000n },
      ...{ flatTax: 40_500n, energyTax: 0n, chargingTax: 1_620n, connectedTax: 8_100n },
      ...{ net: 620_000n, tax: 50_220n, gross: 670_220n },
    });
  });

  it("charges the flat fee, and the minimum, from the first 10⁻⁶ watt-hour", async () => {
    const untaxed = taxedAlike(0);
    const limited = tariffWith({ ...untaxed, minimumMicro: 700_000n, minimumGrossMicro: 700_000n });
    expect((await priceOf(limited, 1n)).gross).to.equal(700_000n);
    expect((await priceOf(tariffWith(untaxed), 1n)).gross).to.equal(500_000n);
  });

  it("adds the components up, each with its tax", async () => {
    expect(await priceOf(TARIFF, USUAL.energyMicroWh, USUAL.chargingSeconds, USUAL.connectedSeconds)).to.deep.equal({
      ...{ flat: 500_000n, energy: 5_625_000n, charging: 600_000n, connected: 500_000n },
      ...{ flatTax: 40_500n, energyTax: 455_625n, chargingTax: 48_600n, connectedTax: 40_500n },
      ...{ net: 7_225_000n, tax: 585_225n, gross: 7_810_225n },
    });
  });

  it("takes the rate of each component for that one alone", async () => {
    const prices = {
      ...{ flatFeeMicro: 10_000n, priceNanoPerKwh: 10_000_000n },
      ...{ priceNanoPerChargingHour: 10_000_000n, priceNanoPerConnectedHour: 10_000_000n },
    };
    const rates = { flatTaxBps: 1_000, energyTaxBps: 2_000, chargingTaxBps: 3_000, connectedTaxBps: 4_000 };
    expect(await priceOf(free({ ...prices, ...rates }), KWH, 3_600n, 3_600n)).to.deep.equal({
      ...{ flat: 10_000n, energy: 10_000n, charging: 10_000n, connected: 10_000n },
      ...{ flatTax: 1_000n, energyTax: 2_000n, chargingTax: 3_000n, connectedTax: 4_000n },
      ...{ net: 40_000n, tax: 10_000n, gross: 50_000n },
    });
  });

  it("rounds each component down, not the sum", async () => {
    const tariff = free({
      priceNanoPerKwh: 1_000n,
      priceNanoPerChargingHour: 1_000n,
      priceNanoPerConnectedHour: 1_000n,
    });

    // Each of the three would be 0.999…; their sum would be 2.
    expect((await priceOf(tariff, KWH - 1n, 3_599n, 3_599n)).gross).to.equal(0n);
    expect(await priceOf(tariff, KWH, 3_600n, 3_600n)).to.deep.equal({
      ...NOTHING,
      ...{ energy: 1n, charging: 1n, connected: 1n, net: 3n, gross: 3n },
    });
  });

  it("rounds the tax of each component down", async () => {
    const tariff = { flatFeeMicro: 999n, priceNanoPerKwh: 999_000n, flatTaxBps: 10, energyTaxBps: 10 };

    expect(await priceOf(free(tariff), KWH)).to.deep.equal({
      ...NOTHING,
      ...{ flat: 999n, energy: 999n, net: 1_998n, gross: 1_998n },
    });
    expect((await priceOf(free({ ...tariff, flatFeeMicro: 1_000n }), KWH)).tax).to.equal(1n);
  });

  it("prices an hour of 1, 2, 4, 5 and 10, and a kWh with nine decimals", async () => {
    for (const perHour of [1n, 2n, 4n, 5n, 10n]) {
      const tariff = free({ priceNanoPerChargingHour: perHour * 1_000_000_000n });
      expect((await priceOf(tariff, 1n, 3_600n)).gross).to.equal(perHour * 1_000_000n);
    }
    expect((await priceOf(free({ priceNanoPerKwh: 123_456_789n }), 1_000n * KWH)).gross).to.equal(123_456_789n);
  });

  it("charges energy in whole steps only", async () => {
    const tariff = free({ priceNanoPerKwh: 1_000_000_000n, energyStepWh: 100 });

    expect((await priceOf(tariff, 99_999_999n)).energy).to.equal(0n);
    expect((await priceOf(tariff, 100_000_000n)).energy).to.equal(100_000n);
    expect((await priceOf(tariff, 199_999_999n)).energy).to.equal(100_000n);
  });

  it("charges the energy of each band at the price of that band", async () => {
    const energyBands = [
      { fromWh: 1_000, priceNanoPerKwh: 1_000_000_000n },
      { fromWh: 10_000, priceNanoPerKwh: 500_000_000n },
      { fromWh: 30_000, priceNanoPerKwh: 0n },
    ];
    const tariff = free({ priceNanoPerKwh: 100_000_000n, energyBands });
    // 1 × 0.10, then 9 × 1.00, then 20 × 0.50, then nothing.
    const cases: readonly (readonly [microWh: bigint, energyMicro: bigint])[] = [
      [KWH / 2n, 50_000n],
      [KWH, 100_000n],
      [KWH + 1_000n, 100_001n],
      [10n * KWH, 9_100_000n],
      [11n * KWH, 9_600_000n],
      [30n * KWH, 19_100_000n],
      [31n * KWH, 19_100_000n],
      [MOST, 19_100_000n],
    ];
    for (const [microWh, energyMicro] of cases) {
      expect((await priceOf(tariff, microWh)).energy, `${microWh}`).to.equal(energyMicro);
    }
  });

  it("adds the bands up before it rounds, and after the steps of energy", async () => {
    const energyBands = [{ fromWh: 1, priceNanoPerKwh: 500_000n }];
    // 1 Wh and 1 Wh, each half a unit.
    expect((await priceOf(free({ priceNanoPerKwh: 500_000n, energyBands }), 2_000_000n)).energy).to.equal(1n);
    const stepped = free({
      priceNanoPerKwh: 0n,
      energyBands: [{ fromWh: 50, priceNanoPerKwh: KWH }],
      energyStepWh: 100,
    });
    expect((await priceOf(stepped, 99_999_999n)).energy).to.equal(0n);
    expect((await priceOf(stepped, 100_000_000n)).energy).to.equal(50_000n);
  });

  it("charges time in whole steps only", async () => {
    const tariff = free({
      ...{ priceNanoPerChargingHour: 36_000_000n, priceNanoPerConnectedHour: 3_600_000n },
      ...{ chargingStepSeconds: 60, connectedStepSeconds: 300 },
    });

    expect((await priceOf(tariff, 1n, 59n)).charging).to.equal(0n);
    expect((await priceOf(tariff, 1n, 119n)).charging).to.equal(600n);
    expect((await priceOf(tariff, 1n, 0n, 299n)).connected).to.equal(0n);
    expect((await priceOf(tariff, 1n, 0n, 599n)).connected).to.equal(300n);
  });

  it("does not charge the free span of the time connected, and only the part after it", async () => {
    const tariff = free({ priceNanoPerConnectedHour: 3_600_000n, connectedFreeSeconds: 600 });

    expect((await priceOf(tariff, 1n, 600n, 600n)).connected).to.equal(0n);
    expect((await priceOf(tariff, 1n, 600n, 601n)).connected).to.equal(1n);
  });

  it("charges no more for the time connected than the fee's maximum, before tax", async () => {
    const fee = { priceNanoPerConnectedHour: 3_600_000n, connectedMaximumMicro: 500n, connectedTaxBps: 1_000 };

    expect(await priceOf(free(fee), 1n, 0n, 499n)).to.deep.include({ connected: 499n, connectedTax: 49n });
    expect(await priceOf(free(fee), 1n, 0n, 86_400n)).to.deep.include({
      connected: 500n,
      connectedTax: 50n,
      gross: 550n,
    });
  });

  it("stays between minimum and maximum before tax, and between those with tax", async () => {
    const limits = { minimumMicro: 2_000n, minimumGrossMicro: 2_200n, maximumMicro: 3_000n, maximumGrossMicro: 3_300n };
    const tariff = free({ priceNanoPerKwh: 1_000_000n, energyTaxBps: 1_000, ...limits });

    expect(await priceOf(tariff, KWH)).to.deep.include({ energy: 1_000n, net: 2_000n, tax: 200n, gross: 2_200n });
    expect(await priceOf(tariff, (5n * KWH) / 2n)).to.deep.include({ energy: 2_500n, net: 2_500n, tax: 250n });
    expect(await priceOf(tariff, 4n * KWH)).to.deep.include({ energy: 4_000n, net: 3_000n, tax: 300n, gross: 3_300n });
  });

  it("limits both sums by their own limit where rates differ, as OCPI does", async () => {
    const limits = { maximumMicro: 10_000_000n, maximumGrossMicro: 11_000_000n };
    const prices = { flatFeeMicro: 500_000n, flatTaxBps: 2_000, priceNanoPerKwh: 250_000_000n, energyTaxBps: 1_000 };
    const tariff = free({ ...prices, ...limits });

    expect(await priceOf(tariff, 30n * KWH)).to.deep.include({ net: 8_000_000n, tax: 850_000n, gross: 8_850_000n });
    expect(await priceOf(tariff, 50n * KWH)).to.deep.include({ net: 10_000_000n, tax: 1_000_000n, gross: 11_000_000n });
  });

  it("lets the maximum win where an unpublished tariff has the minimum above it, and tax is never negative", async () => {
    const crossed = free({ minimumMicro: 9n, minimumGrossMicro: 9n, maximumMicro: 5n, maximumGrossMicro: 5n });
    expect((await priceOf(crossed, 1n)).net).to.equal(5n);
    expect(await priceOf(free({ minimumMicro: 9n }), 1n)).to.deep.include({ net: 0n, tax: 0n, gross: 0n });
  });

  it("does not overflow with the largest tariff and the largest session", async () => {
    const tariff = free({
      ...{ flatFeeMicro: MOST, priceNanoPerKwh: MOST, priceNanoPerChargingHour: MOST, priceNanoPerConnectedHour: MOST },
      ...taxedAlike(65_535),
    });
    const energy = (MOST * MOST) / 1_000_000_000_000n;
    const time = ((2n ** 32n - 1n) * MOST) / 3_600_000n;
    const taxOf = (net: bigint): bigint => (net * 65_535n) / 10_000n;
    const net = MOST + energy + 2n * time;
    const tax = taxOf(MOST) + taxOf(energy) + 2n * taxOf(time);

    expect(await priceOf(tariff, MOST, 2n ** 32n - 1n, 2n ** 32n - 1n)).to.deep.equal({
      ...{ flat: MOST, energy, charging: time, connected: time },
      ...{ flatTax: taxOf(MOST), energyTax: taxOf(energy), chargingTax: taxOf(time), connectedTax: taxOf(time) },
      ...{ net, tax, gross: net + tax },
    });
  });
});
