import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  activeMeter,
  attestedMeter,
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

describe("MeterRegistry.revokeMeter", () => {
  let fixture: RegistryFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedRegistry);
  });

  it("refuses a meter that does not exist", async () => {
    const { registry, operator } = fixture;

    await expect(registry.connect(operator).revokeMeter(1))
      .to.be.revertedWithCustomError(registry, "MeterUnknown")
      .withArgs(1);
  });

  it("refuses everybody but the EVSE's operator", async () => {
    const { registry, operator, otherOperator } = fixture;
    const meter = await activeMeter(fixture);

    await expect(registry.connect(otherOperator).revokeMeter(meter))
      .to.be.revertedWithCustomError(registry, "NotOperator")
      .withArgs(otherOperator.address, operator.address);
  });

  it("refuses a meter that is pending or was revoked", async () => {
    const { registry, operator } = fixture;
    const pending = await registerMeter(fixture);

    await expect(registry.connect(operator).revokeMeter(pending))
      .to.be.revertedWithCustomError(registry, "MeterNotActive")
      .withArgs(pending, MeterStatus.Pending);
    const meter = await activeMeter(fixture);
    await registry.connect(operator).revokeMeter(meter);
    await expect(registry.connect(operator).revokeMeter(meter))
      .to.be.revertedWithCustomError(registry, "MeterNotActive")
      .withArgs(meter, MeterStatus.Revoked);
  });

  it("refuses who only claimed the key, so that nobody can take it from who has the meter", async () => {
    const { registry, otherOperator } = fixture;
    await activeMeter(fixture);
    const claimed = await registerMeter(fixture, { evse: 3n, by: otherOperator });
    await registry.connect(otherOperator).retireMeter(claimed);

    await expect(registry.connect(otherOperator).revokeMeter(claimed))
      .to.be.revertedWithCustomError(registry, "PossessionUnproven")
      .withArgs(claimed);
  });

  it("refuses who had the meter once, while it is active at another number", async () => {
    const { registry, operator, otherOperator } = fixture;
    const sold = await activeMeter(fixture);
    await registry.connect(operator).retireMeter(sold);
    const bought = await activeMeter(fixture, { evse: 3n, by: otherOperator });

    await expect(registry.connect(operator).revokeMeter(sold))
      .to.be.revertedWithCustomError(registry, "KeyAlreadyActive")
      .withArgs(bought);
  });

  it("refuses a second revocation of a key through an earlier number", async () => {
    const { registry, operator } = fixture;
    const earlier = await activeMeter(fixture);
    await registry.connect(operator).retireMeter(earlier);
    const meter = await activeMeter(fixture);
    await registry.connect(operator).revokeMeter(meter);

    await expect(registry.connect(operator).revokeMeter(earlier))
      .to.be.revertedWithCustomError(registry, "KeyRevoked")
      .withArgs(keyId);
  });

  it("refuses who had the meter once, also while it is active at no number", async () => {
    const { registry, operator, otherOperator } = fixture;
    const sold = await activeMeter(fixture);
    await registry.connect(operator).retireMeter(sold);
    const bought = await activeMeter(fixture, { evse: 3n, by: otherOperator });
    await registry.connect(otherOperator).retireMeter(bought);

    await expect(registry.connect(operator).revokeMeter(sold))
      .to.be.revertedWithCustomError(registry, "KeyPassedOn")
      .withArgs(sold, bought);
    await registry.connect(otherOperator).revokeMeter.staticCall(bought);
  });

  it("refuses the registrant alone where a quorum attested possession", async () => {
    const { registry, operator } = fixture;
    const meter = await attestedMeter(fixture, { key: testKey("secp192r1") });

    await expect(registry.connect(operator).revokeMeter(meter))
      .to.be.revertedWithCustomError(registry, "QuorumNeeded")
      .withArgs(meter);
    await registry.connect(operator).retireMeter(meter);
    await expect(registry.connect(operator).revokeMeter(meter)).to.be.revertedWithCustomError(registry, "QuorumNeeded");
  });

  it("ends the key for ever; what it signed counts until then, at whatever number", async () => {
    const { registry, operator, startedAt } = fixture;
    const earlier = await activeMeter(fixture);
    await eventsAt(fixture, startedAt + DAY, () => registry.connect(operator).retireMeter(earlier));
    const meter = await activeMeter(fixture);
    expect(await registry.isValidAt(earlier, startedAt)).to.equal(true);
    const now = startedAt + 2n * DAY;

    const events = await eventsAt(fixture, now, () => registry.connect(operator).revokeMeter(meter));

    expect(events).to.deep.equal([["MeterRevoked", meter, 1n, keyId, now]]);
    expect((await registry.meterOf(meter)).status).to.equal(MeterStatus.Revoked);
    expect((await registry.evseOf(1)).activeMeter).to.equal(0n);
    expect(await registry.activeMeterOf(keyId)).to.equal(0n);
    for (const [number, timestamp, isValid] of [
      [earlier, startedAt, true],
      [earlier, startedAt + DAY, false],
      [meter, now - 1n, true],
      [meter, now, false],
    ] as const) {
      expect(await registry.isValidAt(number, timestamp), `${number} at ${timestamp}`).to.equal(isValid);
    }
    await expect(registerMeter(fixture, { evse: 2n })).to.be.revertedWithCustomError(registry, "KeyRevoked");
  });

  it("revokes a key through a retired number while it is active at none", async () => {
    const { registry, operator, startedAt } = fixture;
    const meter = await activeMeter(fixture);
    await eventsAt(fixture, startedAt + DAY, () => registry.connect(operator).retireMeter(meter));

    const events = await eventsAt(fixture, startedAt + 2n * DAY, () => registry.connect(operator).revokeMeter(meter));

    expect(events).to.deep.equal([["MeterRevoked", meter, 1n, keyId, startedAt + DAY]]);
  });
});
