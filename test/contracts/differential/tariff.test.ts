import { expect } from "chai";
import fc from "fast-check";

import { priceOf, type Tariff, tariffIdOf } from "../../../services/domain/tariff.ts";
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
const TARIFFS: fc.Arbitrary<Tariff> = fc.record({
  flatFeeMicro: amount(),
  priceMicroPerKwh: amount(450_000n, 999_999_999n),
  priceMicroPerChargingMinute: amount(60n, 59n),
  priceMicroPerConnectedMinute: amount(60n, 61n),
  connectedFreeSeconds: number(32, 600, 3_600),
  energyStepWh: number(32, 100, 1_000),
  chargingStepSeconds: number(32, 60, 900),
  connectedStepSeconds: number(32, 60, 900),
  minimumMicro: amount(),
  maximumMicro: amount(),
  taxBps: number(16, 810, 10_000, 10_001),
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
    await fc.assert(
      fc.asyncProperty(fc.array(CASES, { minLength: CASES_PER_CALL, maxLength: CASES_PER_CALL }), async (cases) => {
        const calls = cases.map(({ tariff, energyMicroWh, chargingSeconds, connectedSeconds }) =>
          tariffRegistry.interface.encodeFunctionData("priceOf", [
            tariff,
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
            ours.netMicro,
            ours.taxMicro,
            ours.grossMicro,
          ]);
          if (energyMicroWh === 0n) energyless += 1;
          if (ours.netMicro === tariff.maximumMicro && ours.netMicro !== 0n) clamped += 1;
        });
      }),
      { numRuns: CALLS, seed: SEED },
    );
    expect([energyless > 50, clamped > 50]).to.deep.equal([true, true]);
  });

  it("agree on the id of a tariff", async () => {
    const { tariffRegistry } = await networkHelpers.loadFixture(deployedSettlement);
    for (const tariff of fc.sample(TARIFFS, { numRuns: 50, seed: SEED })) {
      expect(await tariffRegistry.tariffIdOf(tariff)).to.equal(tariffIdOf(tariff));
    }
  });
});
