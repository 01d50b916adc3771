import { expect } from "chai";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import {
  activeMeter,
  deployedRegistry,
  keyIdOfTestKey,
  MeterStatus,
  possessionRecord,
  registerMeter,
  type RegistryFixture,
} from "../../helpers/meter-registry-fixture.ts";
import { testKey } from "../../helpers/ocmf.ts";
import { DAY } from "../../helpers/settlement-fixture.ts";

/** Seller and buyer of a meter; the seller kept what the meter signed. */
describe("A former owner of a meter", () => {
  let fixture: RegistryFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedRegistry);
  });

  for (const curve of ["secp256r1", "secp256k1"] as const) {
    it(`proves nothing by a record from before the sale, also in the gap of a move (${curve})`, async () => {
      const { registry, operator: buyer, otherOperator: seller } = fixture;
      const key = testKey(curve);
      const first = await registerMeter(fixture, { evse: 3n, by: seller, key });
      const kept = await registerMeter(fixture, { evse: 3n, by: seller, key });
      const old = await possessionRecord(fixture, first, key);
      await registry.connect(seller).activateMeter(first, old.payload, old.r, old.s);
      // Signed while the seller's meter was active, for a second activation that never came.
      const spare = await possessionRecord(fixture, kept, key);
      await registry.connect(seller).retireMeter(first);
      const bought = await activeMeter(fixture, { evse: 1n, by: buyer, key });
      await networkHelpers.time.increase(30n * DAY);
      const prepared = await registerMeter(fixture, { evse: 3n, by: seller, key });
      await registry.connect(buyer).retireMeter(bought);

      for (const meter of [prepared, kept]) {
        for (const { payload, r, s } of [old, spare]) {
          await expect(registry.connect(seller).activateMeter(meter, payload, r, s))
            .to.be.revertedWithCustomError(registry, "PossessionTagMissing")
            .withArgs(await registry.possessionTagOf(meter));
        }
      }
      for (const meter of [first, kept, prepared]) {
        await expect(registry.connect(seller).revokeMeter(meter)).to.revert(ethers);
      }
      const moved = await activeMeter(fixture, { evse: 2n, by: buyer, key });
      expect(await registry.activeMeterOf(keyIdOfTestKey(key))).to.equal(moved);
    });
  }

  it("never has a gap to use where the buyer moves the meter in one step", async () => {
    const { registry, operator: buyer, otherOperator: seller } = fixture;
    const first = await activeMeter(fixture, { evse: 3n, by: seller });
    await registry.connect(seller).retireMeter(first);
    const bought = await activeMeter(fixture, { evse: 1n, by: buyer });
    const prepared = await registerMeter(fixture, { evse: 3n, by: seller });
    // Even a tag that the meter signed in advance for just this activation.
    const ahead = await possessionRecord(fixture, prepared);
    await expect(registry.connect(seller).activateMeter(prepared, ahead.payload, ahead.r, ahead.s))
      .to.be.revertedWithCustomError(registry, "KeyAlreadyActive")
      .withArgs(bought);

    const moved = await activeMeter(fixture, { evse: 2n, by: buyer });

    await expect(
      registry.connect(seller).activateMeter(prepared, ahead.payload, ahead.r, ahead.s),
    ).to.be.revertedWithCustomError(registry, "KeyAlreadyActive");
    expect((await registry.meterOf(bought)).status).to.equal(MeterStatus.Retired);
    expect((await registry.meterOf(moved)).status).to.equal(MeterStatus.Active);
  });

  it("gives the key free when its time is over, without doing anything, to whoever has the meter", async () => {
    const { registry, operator, otherOperator, startedAt } = fixture;
    for (const [ending, choice] of [
      [startedAt + 10n * DAY, { validUntil: startedAt + 10n * DAY }],
      [startedAt + 20n * DAY, { calibrationExpiresAt: startedAt + 20n * DAY, validFrom: startedAt + 10n * DAY }],
    ] as const) {
      const forgotten = await activeMeter(fixture, choice);
      const found = await registerMeter(fixture, { evse: 3n, by: otherOperator, validFrom: 0n });
      const { payload, r, s } = await possessionRecord(fixture, found);
      await networkHelpers.time.setNextBlockTimestamp(ending - 1n);
      await expect(registry.connect(otherOperator).activateMeter(found, payload, r, s))
        .to.be.revertedWithCustomError(registry, "KeyAlreadyActive")
        .withArgs(forgotten);

      await networkHelpers.time.setNextBlockTimestamp(ending);
      await registry.connect(otherOperator).activateMeter(found, payload, r, s);

      expect(await registry.activeMeterOf(keyIdOfTestKey(testKey("secp256r1")))).to.equal(found);
      expect((await registry.meterOf(forgotten)).status).to.equal(MeterStatus.Retired);
      expect((await registry.evseOf(1)).activeMeter).to.equal(0n);
      expect([
        await registry.isValidAt(forgotten, ending - 1n),
        await registry.isValidAt(found, ending - 1n),
      ]).to.deep.equal([true, false]);
      await registry.connect(otherOperator).retireMeter(found);
    }
    expect(operator.address).not.to.equal(otherOperator.address);
  });

  it("renews a meter's calibration at the same EVSE under a new number", async () => {
    const { registry, operator, startedAt } = fixture;
    const earlier = await activeMeter(fixture, { calibrationExpiresAt: startedAt + 10n * DAY });
    await networkHelpers.time.increaseTo(startedAt + 20n * DAY);

    const renewed = await activeMeter(fixture, { validFrom: startedAt + 20n * DAY });

    expect((await registry.evseOf(1)).activeMeter).to.equal(renewed);
    expect((await registry.meterOf(earlier)).status).to.equal(MeterStatus.Retired);
    expect(await registry.isValidAt(renewed, startedAt + 15n * DAY)).to.equal(false);
    await registry.connect(operator).revokeMeter.staticCall(renewed);
  });
});
