import { expect } from "chai";
import fc from "fast-check";

import { claimWindowOf, findClaimObstacle, meterFrom, quorumFrom } from "../../../services/domain/claim-window.ts";
import { packMetering, unpackMetering } from "../../../services/domain/metering.ts";

const opening = { openedAt: 1_000_000, salt: 7 };
const terms = { maximumPowerW: 22_000 };
const delaySeconds = 259_200;
const kwh = 1_000_000_000n;

function windowOf(energyMicroWh: bigint, chargingSeconds: number, maximumPowerW = terms.maximumPowerW) {
  return claimWindowOf(
    { energyMicroWh, chargingSeconds, connectedSeconds: chargingSeconds },
    opening,
    { maximumPowerW },
    delaySeconds,
  );
}

/** By a chain whose clock is ours. */
const at = (seconds: number) => ({ reachedSeconds: seconds, headSeconds: seconds });

describe("The time in which a claim can settle", function () {
  it("ends for oracles with the change delay of their committee, to the second", function () {
    const window = windowOf(kwh, 600);
    expect(findClaimObstacle(window, at(opening.openedAt + delaySeconds - 1))).to.equal(null);
    expect(findClaimObstacle(window, at(opening.openedAt + delaySeconds))).to.equal("CLAIM_WINDOW_CLOSED");
  });

  it("begins when the EVSE can have delivered the energy, to the second", function () {
    // 22 kW give 22 kWh in an hour.
    const window = windowOf(22n * kwh, 0);
    expect(findClaimObstacle(window, at(opening.openedAt + 3_599))).to.equal("CLAIM_ABOVE_POWER");
    expect(findClaimObstacle(window, at(opening.openedAt + 3_600))).to.equal(null);
    expect(windowOf(22n * kwh + 1n, 0).energyFrom).to.equal(opening.openedAt + 3_601);
  });

  it("begins when the session has been open as long as the car was connected, to the second", function () {
    const window = claimWindowOf(
      { energyMicroWh: 0n, chargingSeconds: 600, connectedSeconds: 900 },
      opening,
      terms,
      delaySeconds,
    );
    expect(findClaimObstacle(window, at(opening.openedAt + 899))).to.equal("CLAIM_LONGER_THAN_OPEN");
    expect(findClaimObstacle(window, at(opening.openedAt + 900))).to.equal(null);
  });

  it("never comes for oracles where the times are longer than it", function () {
    expect(quorumFrom(windowOf(kwh, delaySeconds - 1))).to.equal(opening.openedAt + delaySeconds - 1);
    expect(quorumFrom(windowOf(kwh, delaySeconds))).to.equal(null);
    expect(quorumFrom(windowOf(1n, 0, 0))).to.equal(null);
  });

  it("ends by the newest block alone, and begins by whichever clock is ahead", function () {
    const window = windowOf(kwh, 600);
    const late = opening.openedAt + delaySeconds;
    expect(findClaimObstacle(window, { reachedSeconds: late, headSeconds: late - 1 })).to.equal(null);
  });

  it("lets the meter wait for its times unless the session would expire, and always for its energy", function () {
    const window = windowOf(22n * kwh, 7_200);
    expect(meterFrom(window, { expiresAt: opening.openedAt + 7_200 + 3_600 })).to.equal(opening.openedAt + 7_200);
    expect(meterFrom(window, { expiresAt: opening.openedAt + 7_200 + 3_599 })).to.equal(opening.openedAt + 3_600);
  });

  it("agrees with the contract's own rounding for any energy and power", function () {
    const energy = fc.bigInt({ min: 1n, max: 10n ** 15n });
    fc.assert(
      fc.property(energy, fc.integer({ min: 1, max: 16_777_215 }), (energyMicroWh, powerW) => {
        const seconds = BigInt(windowOf(energyMicroWh, 0, powerW).energyFrom - opening.openedAt);
        // As ChargingSettlement has it: what so much power gives in so many seconds, rounded down.
        const limitAfter = (elapsed: bigint): bigint => (elapsed * BigInt(powerW) * 1_000_000n) / 3_600n;
        expect(limitAfter(seconds) >= energyMicroWh).to.equal(true);
        expect(limitAfter(seconds - 1n) < energyMicroWh).to.equal(true);
      }),
    );
  });
});

describe("The word of a claim", function () {
  it("has all its parts, and no room between them", function () {
    const uint = (bits: number) => fc.integer({ min: 0, max: Math.min(2 ** bits - 1, Number.MAX_SAFE_INTEGER) });
    const parts = fc.record({
      openedAt: uint(40),
      salt: uint(24),
      toppedUpMicro: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      energyMicroWh: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      chargingSeconds: uint(32),
      connectedSeconds: uint(32),
    });
    fc.assert(
      fc.property(parts, (metering) => {
        expect(unpackMetering(packMetering(metering))).to.deep.equal(metering);
      }),
    );
    const all = { openedAt: 2 ** 40 - 1, salt: 2 ** 24 - 1, toppedUpMicro: 2n ** 64n - 1n };
    const word = packMetering({
      ...all,
      energyMicroWh: 2n ** 64n - 1n,
      chargingSeconds: 2 ** 32 - 1,
      connectedSeconds: 2 ** 32 - 1,
    });
    expect(word).to.equal(2n ** 256n - 1n);
  });
});
