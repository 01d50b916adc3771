import { expect } from "chai";
import { id } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  claim,
  claimableMeters,
  type ClaimsFixture,
  FLEET,
  intervalOf,
  nextPeriod,
  REGISTER,
} from "../../helpers/energy-claims-fixture.ts";
import { activeMaker, makerSignature, statementOf } from "../../helpers/meter-makers.ts";
import { activeMeter, keyIdOfTestKey } from "../../helpers/meter-registry-fixture.ts";
import { createTestKey, testKey, type TestKey } from "../../helpers/ocmf.ts";
import { eventsOf } from "../../helpers/outcome.ts";

const SERIAL = "4711";
const OTHER_SERIAL = "4712";
const first = keyIdOfTestKey(testKey("secp256r1"));
const second = keyIdOfTestKey(testKey("secp256k1"));

interface VouchingFixture extends ClaimsFixture {
  readonly maker: { readonly maker: bigint; readonly key: TestKey };
}

async function claimableMetersAndMaker(): Promise<VouchingFixture> {
  const fixture = await claimableMeters();
  return { ...fixture, maker: await activeMaker(fixture.registryFixture) };
}

describe("The device of a key for which a maker vouches", () => {
  let fixture: VouchingFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(claimableMetersAndMaker);
  });

  /** The maker says which of its meters has the key of this number in the registry. */
  async function vouch(meter: bigint, serialNumber = SERIAL): Promise<void> {
    const { meterRegistry, registryFixture, operator, maker } = fixture;
    const { calibrationExpiresAt } = await meterRegistry.meterOf(meter);
    const statement = statementOf(maker.maker, registryFixture, { serialNumber, calibrationExpiresAt });
    const { r, s } = await makerSignature(registryFixture, meter, statement, maker.key);
    await meterRegistry.connect(operator).vouchForMeter(meter, statement, r, s);
  }

  it("refuses to join a key that nobody enrolled to its physical meter", async () => {
    const keyId = id("nobody's");
    await expect(fixture.claims.joinPhysicalMeter(keyId))
      .to.be.revertedWithCustomError(fixture.claims, "KeyNotEnrolled")
      .withArgs(keyId);
  });

  it("stays the device of a self-declared key, with its mark", async () => {
    const { claims, operator } = fixture;
    await claim(fixture);
    await vouch(1n);

    await claims.connect(operator).enrol(1, [1]);

    expect(await claims.deviceOf(first)).to.equal(1n);
    expect((await claims.markOf(1, 1))[0].claimedTo).to.equal(500_000_000_000n);
  });

  it("is inherited, with its mark, by a new key of the same meter", async () => {
    const { claims, registryFixture, operator } = fixture;
    await vouch(1n);
    await claims.connect(operator).enrol(1, [1]);
    await claim(fixture);
    const key = createTestKey("secp256r1");
    const meter = await activeMeter(registryFixture, { evse: 1n, key });
    await vouch(meter);

    await claims.connect(operator).enrol(1, [meter]);

    expect(await claims.deviceOf(keyIdOfTestKey(key))).to.equal(1n);
    const periodEnd = await nextPeriod(fixture.periodEnd);
    await expect(claim(fixture, { periodEnd, intervals: [intervalOf({ to: 600_000_000_000n })] }))
      .to.be.revertedWithCustomError(claims, "EnergyClaimedBefore")
      .withArgs(1, 100_000_000_000n, 500_000_000_000n);
  });

  it("is another one for another meter of the maker", async () => {
    const { claims, operator } = fixture;
    await vouch(1n);
    await vouch(2n, OTHER_SERIAL);

    await claims.connect(operator).enrol(1, [1, 2]);

    expect(await claims.deviceOf(first)).to.equal(1n);
    expect(await claims.deviceOf(second)).to.equal(2n);
  });

  it("takes the higher mark of two keys that turn out to be one meter's, in every group, and ends the other device", async () => {
    const { claims, operator, thief } = fixture;
    await claims.connect(operator).enrol(2, [2]);
    const other = intervalOf({ device: 2n, from: 0n, to: 700_000_000_000n });
    await claim(fixture, { intervals: [intervalOf(), other] });
    const periodEnd = await nextPeriod(fixture.periodEnd);
    await claim(fixture, {
      purpose: FLEET,
      periodEnd,
      intervals: [intervalOf({ device: 2n, from: 0n, to: 5n, energyMicroWh: 5n })],
    });
    for (const meter of [1n, 2n]) await vouch(meter);
    await claims.connect(operator).enrol(1, [1]);

    // Whoever it is: its operator must not keep two marks for one meter.
    const receipt = await (await claims.connect(thief).joinPhysicalMeter(second)).wait();

    expect(eventsOf(receipt, claims)).to.deep.equal([["DeviceMerged", 2n, 1n]]);
    const [mark] = await claims.markOf(1, 1);
    expect([mark.claimedTo, mark.claimedUntil, mark.register]).to.deep.equal([
      700_000_000_000n,
      fixture.periodEnd,
      REGISTER,
    ]);
    expect((await claims.markOf(1, 2))[0].claimedTo).to.equal(5n);
    for (const key of [first, second]) expect(await claims.deviceOf(key)).to.equal(1n);
    await expect(
      claim(fixture, {
        periodEnd,
        intervals: [intervalOf({ device: 2n, from: 700_000_000_000n, to: 700_000_000_001n })],
      }),
    )
      .to.be.revertedWithCustomError(claims, "NotEnrolled")
      .withArgs(2, 1);
  });

  it("is the same after a second joining, and after one that came before the maker's word", async () => {
    const { claims } = fixture;
    expect(await claims.joinPhysicalMeter.staticCall(first)).to.equal(1n);
    await claims.joinPhysicalMeter(first);
    for (const meter of [1n, 2n]) await vouch(meter);
    await claims.joinPhysicalMeter(first);
    await claims.joinPhysicalMeter(second);
    const receipt = await (await claims.joinPhysicalMeter(second)).wait();

    expect(eventsOf(receipt, claims)).to.deep.equal([]);
    for (const key of [first, second]) expect(await claims.deviceOf(key)).to.equal(1n);
  });
});
