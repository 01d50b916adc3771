import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  claim,
  claimableMeters,
  type ClaimsFixture,
  nextPeriod,
  REGISTER,
} from "../../helpers/energy-claims-fixture.ts";
import { activeMeter, keyIdOfTestKey, possessionRecord, registerMeter } from "../../helpers/meter-registry-fixture.ts";
import { createTestKey, testKey } from "../../helpers/ocmf.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { DAY } from "../../helpers/settlement-fixture.ts";

describe("EnergyClaims.enrol", () => {
  let fixture: ClaimsFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(claimableMeters);
  });

  it("refuses a group that no purpose has", async () => {
    const { claims, operator } = fixture;
    for (const group of [0, 3]) {
      await expect(claims.connect(operator).enrol(group, [1]))
        .to.be.revertedWithCustomError(claims, "GroupUnknown")
        .withArgs(group);
    }
  });

  it("refuses a meter at another operator's EVSE, and one that nobody registered", async () => {
    const { claims, operator, otherOperator } = fixture;
    await expect(claims.connect(otherOperator).enrol(1, [1]))
      .to.be.revertedWithCustomError(claims, "NotOperator")
      .withArgs(otherOperator.address, operator.address);
    await expect(claims.connect(operator).enrol(1, [1, 99])).to.be.revertedWithCustomError(claims, "NotOperator");
  });

  it("refuses a meter that was never activated, and one whose records ceased to count", async () => {
    const { claims, meterRegistry, registryFixture, operator, startedAt } = fixture;
    const pending = await registerMeter(registryFixture, { evse: 1n, key: createTestKey("secp256r1") });
    await expect(claims.connect(operator).enrol(1, [pending])).to.be.revertedWithCustomError(claims, "MeterNotValid");
    await meterRegistry.connect(operator).retireMeter(1);
    const now = BigInt(await networkHelpers.time.latest()) + 1n;
    await networkHelpers.time.setNextBlockTimestamp(now);

    await expect(claims.connect(operator).enrol(1, [1]))
      .to.be.revertedWithCustomError(claims, "MeterNotValid")
      .withArgs(1, now, startedAt, now - 1n);
  });

  it("gives each key a device number and begins its time", async () => {
    const { claims, operator, enrolledAt } = fixture;
    const receipt = await (await claims.connect(operator).enrol(2, [2])).wait();

    const now = BigInt(await networkHelpers.time.latest());
    expect(eventsOf(receipt, claims)).to.deep.equal([["MeterEnrolled", 2n, 2n, 2n, operator.address, 22_000n, now]]);
    expect(await claims.deviceOf(keyIdOfTestKey(testKey("secp256r1")))).to.equal(1n);
    expect(await claims.deviceOf(keyIdOfTestKey(testKey("secp256k1")))).to.equal(2n);
    expect(await claims.deviceOf(keyIdOfTestKey(createTestKey("secp256r1")))).to.equal(0n);
    const [mark, holder] = await claims.markOf(1, 1);
    expect([...mark]).to.deep.equal([0n, enrolledAt, 0n, false, 1n, 1n, 22_000n]);
    expect(holder).to.equal(operator.address);
  });

  it("keeps time and mark of a key that its operator enrols again, also under another meter number", async () => {
    const { claims, meterRegistry, registryFixture, operator, enrolledAt } = fixture;
    await meterRegistry.connect(operator).changeMaximumPower(1, 11_000);
    const meter = await activeMeter(registryFixture, { evse: 1n, validUntil: fixture.startedAt + 400n * DAY });

    await claims.connect(operator).enrol(1, [meter]);

    const [mark] = await claims.markOf(1, 1);
    expect([...mark]).to.deep.equal([0n, enrolledAt, 0n, false, 1n, meter, 11_000n]);
  });

  it("begins the time anew at a higher power, which must not count for the time before", async () => {
    const { claims, meterRegistry, operator } = fixture;
    await meterRegistry.connect(operator).changeMaximumPower(1, 16_000_000);
    await claims.connect(operator).enrol(1, [1]);

    const now = BigInt(await networkHelpers.time.latest());
    const [mark] = await claims.markOf(1, 1);
    expect([mark.claimedUntil, mark.maximumPowerW]).to.deep.equal([now, 16_000_000n]);
    await expect(claim(fixture))
      .to.be.revertedWithCustomError(claims, "PeriodClaimed")
      .withArgs(1, fixture.periodEnd, now);
  });

  it("gives a meter that moved to another operator its mark, and not the time before", async () => {
    const { claims, meterRegistry, registryFixture, operator, otherOperator } = fixture;
    await claim(fixture);
    await nextPeriod(fixture.periodEnd);
    const successor = await registerMeter(registryFixture, {
      evse: 3n,
      by: otherOperator,
      validUntil: fixture.startedAt + 400n * DAY,
    });
    await meterRegistry.connect(operator).handOverMeter(1, successor);
    const { payload, r, s } = await possessionRecord(registryFixture, successor);
    await meterRegistry.connect(otherOperator).activateMeter(successor, payload, r, s);

    await claims.connect(otherOperator).enrol(1, [successor]);

    const now = BigInt(await networkHelpers.time.latest());
    const [mark, holder] = await claims.markOf(1, 1);
    expect([...mark]).to.deep.equal([500_000_000_000n, now, REGISTER, true, 2n, successor, 22_000n]);
    expect(holder).to.equal(otherOperator.address);
    await expect(claim(fixture)).to.be.revertedWithCustomError(claims, "NotEnrolled").withArgs(1, 1);
  });
});
