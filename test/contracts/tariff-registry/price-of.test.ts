import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { deployedSettlement, type SettlementFixture, TARIFF, USUAL } from "../../helpers/settlement-fixture.ts";

const FREE = {
  ...TARIFF,
  flatFeeMicro: 0n,
  priceMicroPerKwh: 0n,
  priceMicroPerChargingMinute: 0n,
  priceMicroPerConnectedMinute: 0n,
  connectedFreeSeconds: 0n,
  taxBps: 0n,
};
const NOTHING = { flat: 0n, energy: 0n, charging: 0n, connected: 0n, net: 0n, tax: 0n, gross: 0n };

describe("TariffRegistry.priceOf", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedSettlement);
  });

  async function priceOf(tariff: typeof TARIFF, energyMicroWh: bigint, chargingSeconds = 0n, connectedSeconds = 0n) {
    const [flat, energy, charging, connected, net, tax, gross] = await fixture.tariffRegistry.priceOf(
      tariff,
      energyMicroWh,
      chargingSeconds,
      connectedSeconds,
    );
    return { flat, energy, charging, connected, net, tax, gross };
  }

  it("is nothing without energy, whatever the minimum, the flat fee and the time", async () => {
    const tariff = { ...TARIFF, minimumMicro: 1_000_000n };

    expect(await priceOf(tariff, 0n, 100_000n, 100_000n)).to.deep.equal(NOTHING);
  });

  it("is the tariff's without energy when the tariff says so", async () => {
    const tariff = { ...TARIFF, chargesWithoutEnergy: true };

    expect(await priceOf(tariff, 0n, 60n, 5_460n)).to.deep.equal({
      flat: 500_000n,
      energy: 0n,
      charging: 20_000n,
      connected: 100_000n,
      net: 620_000n,
      tax: 50_220n,
      gross: 670_220n,
    });
  });

  it("charges the flat fee, and the minimum, from the first 10⁻⁶ watt-hour", async () => {
    expect((await priceOf({ ...TARIFF, minimumMicro: 700_000n, taxBps: 0n }, 1n)).gross).to.equal(700_000n);
    expect((await priceOf({ ...TARIFF, taxBps: 0n }, 1n)).gross).to.equal(500_000n);
  });

  it("adds the components up and puts tax on the sum", async () => {
    expect(await priceOf(TARIFF, USUAL.energyMicroWh, USUAL.chargingSeconds, USUAL.connectedSeconds)).to.deep.equal({
      flat: 500_000n,
      energy: 5_625_000n,
      charging: 600_000n,
      connected: 500_000n,
      net: 7_225_000n,
      tax: 585_225n,
      gross: 7_810_225n,
    });
  });

  it("rounds each component down, not the sum", async () => {
    const tariff = { ...FREE, priceMicroPerKwh: 1n, priceMicroPerChargingMinute: 1n, priceMicroPerConnectedMinute: 1n };

    // Each of the three would be 0.999…; their sum would be 2.
    expect((await priceOf(tariff, 999_999_999n, 59n, 59n)).gross).to.equal(0n);
    expect(await priceOf(tariff, 1_000_000_000n, 60n, 60n)).to.deep.equal({
      ...NOTHING,
      energy: 1n,
      charging: 1n,
      connected: 1n,
      net: 3n,
      gross: 3n,
    });
  });

  it("rounds the tax down", async () => {
    const tariff = { ...FREE, flatFeeMicro: 999n, taxBps: 10n };

    expect(await priceOf(tariff, 1n)).to.deep.equal({ ...NOTHING, flat: 999n, net: 999n, gross: 999n });
    expect((await priceOf({ ...tariff, flatFeeMicro: 1_000n }, 1n)).tax).to.equal(1n);
  });

  it("charges energy in whole steps only", async () => {
    const tariff = { ...FREE, priceMicroPerKwh: 1_000_000n, energyStepWh: 100n };

    expect((await priceOf(tariff, 99_999_999n)).energy).to.equal(0n);
    expect((await priceOf(tariff, 100_000_000n)).energy).to.equal(100_000n);
    expect((await priceOf(tariff, 199_999_999n)).energy).to.equal(100_000n);
  });

  it("charges time in whole steps only", async () => {
    const tariff = {
      ...FREE,
      priceMicroPerChargingMinute: 600n,
      priceMicroPerConnectedMinute: 60n,
      chargingStepSeconds: 60n,
      connectedStepSeconds: 300n,
    };

    expect((await priceOf(tariff, 1n, 59n)).charging).to.equal(0n);
    expect((await priceOf(tariff, 1n, 119n)).charging).to.equal(600n);
    expect((await priceOf(tariff, 1n, 0n, 299n)).connected).to.equal(0n);
    expect((await priceOf(tariff, 1n, 0n, 599n)).connected).to.equal(300n);
  });

  it("does not charge the free span of the time connected, and only the part after it", async () => {
    const tariff = { ...FREE, priceMicroPerConnectedMinute: 60n, connectedFreeSeconds: 600n };

    expect((await priceOf(tariff, 1n, 0n, 600n)).connected).to.equal(0n);
    expect((await priceOf(tariff, 1n, 0n, 601n)).connected).to.equal(1n);
  });

  it("stays between minimum and maximum before tax", async () => {
    const tariff = { ...FREE, priceMicroPerKwh: 1_000n, minimumMicro: 2_000n, maximumMicro: 3_000n, taxBps: 1_000n };

    expect(await priceOf(tariff, 1_000_000_000n)).to.deep.include({ energy: 1_000n, net: 2_000n, tax: 200n });
    expect(await priceOf(tariff, 2_500_000_000n)).to.deep.include({ energy: 2_500n, net: 2_500n, tax: 250n });
    expect(await priceOf(tariff, 4_000_000_000n)).to.deep.include({ energy: 4_000n, net: 3_000n, tax: 300n });
  });

  it("lets the maximum win where an unpublished tariff has the minimum above it", async () => {
    expect((await priceOf({ ...FREE, minimumMicro: 9n, maximumMicro: 5n }, 1n)).net).to.equal(5n);
  });

  it("does not overflow with the largest tariff and the largest session", async () => {
    const price = 2n ** 64n - 1n;
    const tariff = {
      ...FREE,
      flatFeeMicro: price,
      priceMicroPerKwh: price,
      priceMicroPerChargingMinute: price,
      priceMicroPerConnectedMinute: price,
      taxBps: 65_535n,
    };
    const energy = (price * price) / 1_000_000_000n;
    const time = ((2n ** 32n - 1n) * price) / 60n;
    const net = price + energy + 2n * time;
    const tax = (net * 65_535n) / 10_000n;

    expect(await priceOf(tariff, price, 2n ** 32n - 1n, 2n ** 32n - 1n)).to.deep.equal({
      flat: price,
      energy,
      charging: time,
      connected: time,
      net,
      tax,
      gross: net + tax,
    });
  });
});
