import { expect } from "chai";
import { id } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import {
  claim,
  type ClaimsFixture,
  FLEET,
  intervalOf,
  nextPeriod,
  REGISTER,
  vouchedMeters,
} from "../../helpers/energy-claims-fixture.ts";
import { activeMeter, keyIdOfTestKey } from "../../helpers/meter-registry-fixture.ts";
import { createTestKey, testKey } from "../../helpers/ocmf.ts";
import { eventsOf } from "../../helpers/outcome.ts";

const SERIAL = id("maker 1, serial 4711");
const OTHER_SERIAL = id("maker 1, serial 4712");

describe("The device of a key for which a maker vouches", () => {
  let fixture: ClaimsFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(vouchedMeters);
  });

  async function vouch(keyId: string, serial: string): Promise<void> {
    const vouched = await ethers.getContractAt("VouchedEnergyClaims", await fixture.claims.getAddress());
    await vouched.vouch(keyId, serial);
  }

  it("stays the device of a self-declared key, with its mark", async () => {
    const { claims, operator } = fixture;
    await claim(fixture);
    await vouch(keyIdOfTestKey(testKey("secp256r1")), SERIAL);

    await claims.connect(operator).enrol(1, [1]);

    expect(await claims.deviceOf(keyIdOfTestKey(testKey("secp256r1")))).to.equal(1n);
    expect((await claims.markOf(1, 1))[0].claimedTo).to.equal(500_000_000_000n);
  });

  it("is inherited, with its mark, by a new key of the same meter", async () => {
    const { claims, registryFixture, operator } = fixture;
    await vouch(keyIdOfTestKey(testKey("secp256r1")), SERIAL);
    await claims.connect(operator).enrol(1, [1]);
    await claim(fixture);
    const key = createTestKey("secp256r1");
    const meter = await activeMeter(registryFixture, { evse: 1n, key });
    await vouch(keyIdOfTestKey(key), SERIAL);

    await claims.connect(operator).enrol(1, [meter]);

    expect(await claims.deviceOf(keyIdOfTestKey(key))).to.equal(1n);
    const periodEnd = await nextPeriod(fixture.periodEnd);
    await expect(claim(fixture, { periodEnd, intervals: [intervalOf({ to: 600_000_000_000n })] }))
      .to.be.revertedWithCustomError(claims, "EnergyClaimedBefore")
      .withArgs(1, 100_000_000_000n, 500_000_000_000n);
  });

  it("takes the higher mark of two keys that turn out to be one meter's, in every group, and ends the other device", async () => {
    const { claims, operator } = fixture;
    await claims.connect(operator).enrol(2, [2]);
    const keys = [keyIdOfTestKey(testKey("secp256r1")), keyIdOfTestKey(testKey("secp256k1"))] as const;
    const other = intervalOf({ device: 2n, from: 0n, to: 700_000_000_000n });
    await claim(fixture, { intervals: [intervalOf(), other] });
    const periodEnd = await nextPeriod(fixture.periodEnd);
    await claim(fixture, {
      purpose: FLEET,
      periodEnd,
      intervals: [intervalOf({ device: 2n, from: 0n, to: 5n, energyMicroWh: 5n })],
    });
    for (const key of keys) await vouch(key, SERIAL);
    await claims.connect(operator).enrol(1, [1]);

    const receipt = await (await claims.connect(operator).enrol(1, [2])).wait();

    expect(eventsOf(receipt, claims).map(([name, ...rest]) => [name, rest[0], rest[1]])).to.deep.equal([
      ["DeviceMerged", 2n, 1n],
      ["MeterEnrolled", 1n, 1n],
    ]);
    const [mark] = await claims.markOf(1, 1);
    expect([mark.claimedTo, mark.claimedUntil, mark.register]).to.deep.equal([
      700_000_000_000n,
      fixture.periodEnd,
      REGISTER,
    ]);
    expect((await claims.markOf(1, 2))[0].claimedTo).to.equal(5n);
    for (const key of keys) expect(await claims.deviceOf(key)).to.equal(1n);
    await expect(
      claim(fixture, {
        periodEnd,
        intervals: [intervalOf({ device: 2n, from: 700_000_000_000n, to: 700_000_000_001n })],
      }),
    )
      .to.be.revertedWithCustomError(claims, "NotEnrolled")
      .withArgs(2, 1);
  });

  it("leads a third key to where its device was merged", async () => {
    const { claims, registryFixture, operator } = fixture;
    const [first, second] = [keyIdOfTestKey(testKey("secp256r1")), keyIdOfTestKey(testKey("secp256k1"))];
    const key = createTestKey("secp256r1");
    const third = keyIdOfTestKey(key);
    for (const keyId of [second, third]) await vouch(keyId, OTHER_SERIAL);
    await claims.connect(operator).enrol(1, [2]);
    for (const keyId of [first, second]) await vouch(keyId, SERIAL);
    await claims.connect(operator).enrol(1, [1, 2]);
    await claim(fixture);

    await claims.connect(operator).enrol(1, [await activeMeter(registryFixture, { evse: 2n, key })]);

    expect(await claims.deviceOf(third)).to.equal(1n);
    expect((await claims.markOf(1, 1))[0].claimedTo).to.equal(500_000_000_000n);
  });
});
