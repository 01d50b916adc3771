import { expect } from "chai";
import fc from "fast-check";

import { packTariff, tariffIdOf, unpackTariff } from "../../../services/domain/packed-tariff.ts";
import { priceOf, type Tariff } from "../../../services/domain/tariff.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { deployedSettlement } from "../../helpers/settlement-fixture.ts";

const CASES_PER_CALL = 250;
const CALLS = 12;
const SEED = 20_261_124;

function number(bits: number, ...likely: readonly number[]): fc.Arbitrary<number> {
  const largest = 2 ** bits - 1;
  return fc.oneof(
    fc.constantFrom(0, 1, largest - 1, largest, ...likely),
    fc.nat(4_000),
    fc.integer({ min: 0, max: largest }),
  );
}

function amount(...likely: readonly bigint[]): fc.Arbitrary<bigint> {
  const largest = 2n ** 64n - 1n;
  return fc.oneof(
    fc.constantFrom(0n, 1n, largest - 1n, largest, ...likely),
    fc.bigInt({ min: 0n, max: 50_000_000n }),
    fc.bigInt({ min: 0n, max: largest }),
  );
}

/** Tariffs of every shape, also those that cannot be published: the mathematics must agree there too. */
const bps = number(16, 810, 10_000, 10_001);
const bands = fc.oneof(
  fc.constant([]),
  fc.array(
    // A band of no energy and no price would be no band.
    fc.record({
      fromWh: number(32, 1, 20_000).map((from) => Math.max(1, from)),
      priceNanoPerKwh: amount().map(bandPrice),
    }),
    { maxLength: 3 },
  ),
);

function bandPrice(price: bigint): bigint {
  return price % 2n ** 48n;
}

/** Tariffs of every shape, also those that cannot be published: the mathematics must agree there too. */
const TARIFFS: fc.Arbitrary<Tariff> = fc.record({
  flatFeeMicro: amount(),
  priceNanoPerKwh: amount(450_000_000n, 999_999_999_999n),
  energyBands: fc.oneof(
    bands,
    bands.map((some) => some.toSorted((left, right) => left.fromWh - right.fromWh)),
  ),
  energyStepWh: number(32, 100, 1_000),
  priceNanoPerChargingHour: amount(3_600_000n, 3_599_999n),
  chargingStepSeconds: number(32, 60, 900),
  priceNanoPerConnectedHour: amount(3_600_000n, 3_600_001n),
  connectedFreeSeconds: number(32, 600, 3_600),
  connectedStepSeconds: number(32, 60, 900),
  connectedMaximumMicro: amount(),
  ...{ flatTaxBps: bps, energyTaxBps: bps, chargingTaxBps: bps, connectedTaxBps: bps },
  ...{ minimumMicro: amount(), minimumGrossMicro: amount(), maximumMicro: amount(), maximumGrossMicro: amount() },
  chargesWithoutEnergy: fc.boolean(),
});

const CASES = fc.record({
  tariff: TARIFFS,
  energyMicroWh: amount(999_999n, 1_000_000n, 999_999_999n, 1_000_000_000n, 12_500_000_000n, 100_000_000_000n),
  chargingSeconds: number(32, 59, 60, 61, 1_800, 86_400),
  connectedSeconds: number(32, 59, 60, 600, 601, 86_400),
});

describe("The tariff mathematics of service and contract", () => {
  it(`agree on every component in ${CASES_PER_CALL * CALLS} cases, edges included`, async () => {
    const { tariffRegistry } = await networkHelpers.loadFixture(deployedSettlement);
    const caller = await ethers.deployContract("BatchCaller");
    const target = await tariffRegistry.getAddress();
    let energyless = 0;
    let clamped = 0;
    let banded = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(CASES, { minLength: CASES_PER_CALL, maxLength: CASES_PER_CALL }), async (cases) => {
        const calls = cases.map(({ tariff, energyMicroWh, chargingSeconds, connectedSeconds }) =>
          tariffRegistry.interface.encodeFunctionData("priceOf", [
            packTariff(tariff),
            energyMicroWh,
            chargingSeconds,
            connectedSeconds,
          ]),
        );

        const answers = await caller.callAll(target, calls);

        cases.forEach(({ tariff, energyMicroWh, chargingSeconds, connectedSeconds }, index) => {
          const ours = priceOf(tariff, energyMicroWh, chargingSeconds, connectedSeconds);
          const theirs: unknown = tariffRegistry.interface.decodeFunctionResult("priceOf", answers[index] ?? "0x")[0];
          expect(theirs).to.deep.equal([
            ours.flatFeeMicro,
            ours.energyMicro,
            ours.chargingMicro,
            ours.connectedMicro,
            ours.flatTaxMicro,
            ours.energyTaxMicro,
            ours.chargingTaxMicro,
            ours.connectedTaxMicro,
            ours.netMicro,
            ours.taxMicro,
            ours.grossMicro,
          ]);
          if (energyMicroWh === 0n) energyless += 1;
          if (energyMicroWh > 0n && tariff.energyBands.length > 1) banded += 1;
          if (ours.grossMicro === tariff.maximumGrossMicro && ours.grossMicro !== 0n) clamped += 1;
        });
      }),
      { numRuns: CALLS, seed: SEED },
    );
    expect([energyless > 50, clamped > 50, banded > 50]).to.deep.equal([true, true, true]);
  });

  it("agree on the id of a tariff", async () => {
    const { tariffRegistry } = await networkHelpers.loadFixture(deployedSettlement);
    for (const tariff of fc.sample(TARIFFS, { numRuns: 50, seed: SEED })) {
      expect(await tariffRegistry.tariffIdOf(packTariff(tariff))).to.equal(tariffIdOf(tariff));
      expect(unpackTariff(packTariff(tariff))).to.deep.equal(tariff);
    }
  });
});
