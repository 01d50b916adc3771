import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  activeMeter,
  deployedRegistry,
  eventsAt,
  keyIdOfTestKey,
  MeterStatus,
  registerMeter,
  type RegistryFixture,
} from "../../helpers/meter-registry-fixture.ts";
import { testKey } from "../../helpers/ocmf.ts";
import { DAY } from "../../helpers/settlement-fixture.ts";

const keyId = keyIdOfTestKey(testKey("secp256r1"));

describe("MeterRegistry.retireMeter", () => {
  let fixture: RegistryFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedRegistry);
  });

  it("refuses a meter that does not exist", async () => {
    const { registry, operator } = fixture;

    await expect(registry.connect(operator).retireMeter(1))
      .to.be.revertedWithCustomError(registry, "MeterUnknown")
      .withArgs(1);
  });

  it("refuses everybody but the EVSE's operator", async () => {
    const { registry, operator, otherOperator } = fixture;
    const meter = await activeMeter(fixture);

    await expect(registry.connect(otherOperator).retireMeter(meter))
      .to.be.revertedWithCustomError(registry, "NotOperator")
      .withArgs(otherOperator.address, operator.address);
  });

  it("refuses a meter that is retired or revoked", async () => {
    const { registry, operator } = fixture;
    const meter = await activeMeter(fixture);
    await registry.connect(operator).retireMeter(meter);

    await expect(registry.connect(operator).retireMeter(meter))
      .to.be.revertedWithCustomError(registry, "MeterNotActive")
      .withArgs(meter, MeterStatus.Retired);
    await registry.connect(operator).revokeMeter(meter);
    await expect(registry.connect(operator).retireMeter(meter))
      .to.be.revertedWithCustomError(registry, "MeterNotActive")
      .withArgs(meter, MeterStatus.Revoked);
  });

  it("ends the validity of an active meter now and frees EVSE and key", async () => {
    const { registry, operator, startedAt } = fixture;
    const meter = await activeMeter(fixture);
    const now = startedAt + DAY;

    const events = await eventsAt(fixture, now, () => registry.connect(operator).retireMeter(meter));

    expect(events).to.deep.equal([["MeterRetired", meter, 1n, keyId, now]]);
    expect((await registry.meterOf(meter)).validUntil).to.equal(now);
    expect((await registry.evseOf(1)).activeMeter).to.equal(0n);
    expect(await registry.activeMeterOf(keyId)).to.equal(0n);
  });

  it("does not prolong a validity that is over", async () => {
    const { registry, operator, startedAt } = fixture;
    const validUntil = startedAt + DAY;
    const meter = await activeMeter(fixture, { validUntil });

    const events = await eventsAt(fixture, validUntil + DAY, () => registry.connect(operator).retireMeter(meter));

    expect(events).to.deep.equal([["MeterRetired", meter, 1n, keyId, validUntil]]);
  });

  it("takes back a pending meter and leaves the active one alone", async () => {
    const { registry, operator, startedAt } = fixture;
    const meter = await activeMeter(fixture);
    const pending = await registerMeter(fixture, { validFrom: 0n });

    await registry.connect(operator).retireMeter(pending);

    expect((await registry.meterOf(pending)).status).to.equal(MeterStatus.Retired);
    expect((await registry.evseOf(1)).activeMeter).to.equal(meter);
    expect(await registry.activeMeterOf(keyId)).to.equal(meter);
    // It never was anybody's proven meter, so that no record of it ever counts.
    expect(await registry.isValidAt(pending, startedAt - 1n)).to.equal(false);
  });
});
