import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  activeMeter,
  attestationsOf,
  attestedMeter,
  deployedRegistry,
  eventsAt,
  keyIdOfTestKey,
  MeterStatus,
  Possession,
  possessionRecord,
  registerMeter,
  type RegistryFixture,
} from "../../helpers/meter-registry-fixture.ts";
import { createTestKey, testKey } from "../../helpers/ocmf.ts";
import { DAY } from "../../helpers/settlement-fixture.ts";

const keyId = keyIdOfTestKey(testKey("secp256r1"));

describe("MeterRegistry.handOverMeter", () => {
  let fixture: RegistryFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedRegistry);
  });

  it("refuses a meter that does not exist, everybody but its operator, and one that is not active", async () => {
    const { registry, operator, otherOperator } = fixture;
    await expect(registry.connect(operator).handOverMeter(1, 0))
      .to.be.revertedWithCustomError(registry, "MeterUnknown")
      .withArgs(1);
    const meter = await activeMeter(fixture);
    const bought = await registerMeter(fixture, { evse: 3n, by: otherOperator });
    await expect(registry.connect(otherOperator).handOverMeter(meter, bought))
      .to.be.revertedWithCustomError(registry, "NotOperator")
      .withArgs(otherOperator.address, operator.address);
    await expect(registry.connect(otherOperator).handOverMeter(bought, meter))
      .to.be.revertedWithCustomError(registry, "MeterNotActive")
      .withArgs(bought, MeterStatus.Pending);
    await registry.connect(operator).retireMeter(meter);
    await expect(registry.connect(operator).handOverMeter(meter, bought))
      .to.be.revertedWithCustomError(registry, "MeterNotActive")
      .withArgs(meter, MeterStatus.Retired);
  });

  it("refuses a successor that does not exist, is not pending or has another key", async () => {
    const { registry, operator, otherOperator } = fixture;
    const meter = await activeMeter(fixture);
    const handOver = (successor: bigint): Promise<unknown> =>
      registry.connect(operator).handOverMeter(meter, successor);
    await expect(handOver(99n)).to.be.revertedWithCustomError(registry, "MeterUnknown").withArgs(99n);
    await expect(handOver(meter))
      .to.be.revertedWithCustomError(registry, "MeterNotPending")
      .withArgs(meter, MeterStatus.Active);
    const otherKey = createTestKey("secp256r1");
    const other = await registerMeter(fixture, { evse: 3n, by: otherOperator, key: otherKey });
    await expect(handOver(other))
      .to.be.revertedWithCustomError(registry, "KeyDiffers")
      .withArgs(keyIdOfTestKey(otherKey), keyId);
  });

  it("lets the successor take the meter in one step, whoever brings the record", async () => {
    const { registry, operator, otherOperator, stranger, startedAt } = fixture;
    const sold = await activeMeter(fixture);
    const bought = await registerMeter(fixture, { evse: 3n, by: otherOperator, validFrom: 0n });
    const agreed = await eventsAt(fixture, startedAt + DAY, () =>
      registry.connect(operator).handOverMeter(sold, bought),
    );
    const { payload, r, s } = await possessionRecord(fixture, bought);
    const now = startedAt + 2n * DAY;

    const events = await eventsAt(fixture, now, () => registry.connect(stranger).activateMeter(bought, payload, r, s));

    expect(agreed).to.deep.equal([["MeterHandedOver", sold, bought, keyId]]);
    expect(events).to.deep.equal([
      ["MeterRetired", sold, 1n, keyId, now],
      ["MeterActivated", bought, 3n, keyId, Possession.ProvenOnChain, now],
    ]);
    expect((await registry.evseOf(1)).activeMeter).to.equal(0n);
    expect((await registry.evseOf(3)).activeMeter).to.equal(bought);
    // The seller cannot end the key of the buyer, neither now nor when the buyer takes it out of service.
    await expect(registry.connect(operator).revokeMeter(sold))
      .to.be.revertedWithCustomError(registry, "KeyAlreadyActive")
      .withArgs(bought);
    await registry.connect(otherOperator).retireMeter(bought);
    await expect(registry.connect(operator).revokeMeter(sold))
      .to.be.revertedWithCustomError(registry, "KeyPassedOn")
      .withArgs(sold, bought);
  });

  it("still wants the successor's own proof", async () => {
    const { registry, operator, otherOperator } = fixture;
    const sold = await activeMeter(fixture);
    const bought = await registerMeter(fixture, { evse: 3n, by: otherOperator });
    await registry.connect(operator).handOverMeter(sold, bought);
    const { payload, r, s } = await possessionRecord(fixture, bought, testKey("secp256r1"), "AABBCCDD");

    await expect(registry.connect(otherOperator).activateMeter(bought, payload, r, s)).to.be.revertedWithCustomError(
      registry,
      "PossessionTagMissing",
    );
    expect((await registry.meterOf(sold)).status).to.equal(MeterStatus.Active);
  });

  it("holds for the named successor alone, until it is taken back or the meter retires", async () => {
    const { registry, operator, otherOperator } = fixture;
    const sold = await activeMeter(fixture);
    const [first, second] = [
      await registerMeter(fixture, { evse: 3n, by: otherOperator }),
      await registerMeter(fixture, { evse: 3n, by: otherOperator }),
    ];
    const { payload, r, s } = await possessionRecord(fixture, first);
    const expectRefusal = async (meter: bigint): Promise<void> => {
      await expect(registry.connect(otherOperator).activateMeter(meter, payload, r, s))
        .to.be.revertedWithCustomError(registry, "KeyAlreadyActive")
        .withArgs(sold);
    };

    await registry.connect(operator).handOverMeter(sold, first);
    await expectRefusal(second);
    await registry.connect(operator).handOverMeter(sold, second);
    await expectRefusal(first);
    await registry.connect(operator).handOverMeter(sold, 0);
    await expectRefusal(second);
    await registry.connect(operator).handOverMeter(sold, second);
    await registry.connect(operator).retireMeter(sold);
    // A later activation of the seller's is not bound by what was agreed for the earlier one.
    const again = await activeMeter(fixture, { evse: 2n });
    const late = await possessionRecord(fixture, second);
    await expect(registry.connect(otherOperator).activateMeter(second, late.payload, late.r, late.s))
      .to.be.revertedWithCustomError(registry, "KeyAlreadyActive")
      .withArgs(again);
  });

  it("works for a meter that oracles attest", async () => {
    const { registry, operator, otherOperator } = fixture;
    const key = testKey("secp192r1");
    const sold = await attestedMeter(fixture, { key });
    const bought = await registerMeter(fixture, { evse: 3n, by: otherOperator, key });
    const attestations = await attestationsOf(fixture, bought);
    await expect(registry.connect(otherOperator).activateAttestedMeter(bought, attestations))
      .to.be.revertedWithCustomError(registry, "KeyAlreadyActive")
      .withArgs(sold);
    await registry.connect(operator).handOverMeter(sold, bought);

    await registry.connect(otherOperator).activateAttestedMeter(bought, attestations);

    expect(await registry.activeMeterOf(keyIdOfTestKey(key))).to.equal(bought);
    expect((await registry.meterOf(sold)).status).to.equal(MeterStatus.Retired);
  });
});
