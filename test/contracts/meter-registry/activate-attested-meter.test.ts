import { expect } from "chai";
import { recoverAddress, ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  activeMeter,
  attestationBy,
  deployedRegistry,
  eventsAt,
  keyIdOfTestKey,
  MeterStatus,
  Possession,
  registerMeter,
  type RegistryFixture,
} from "../../helpers/meter-registry-fixture.ts";
import { createTestKey, curves, testKey } from "../../helpers/ocmf.ts";
import { CHANGE_DELAY_SECONDS, DAY } from "../../helpers/settlement-fixture.ts";

describe("MeterRegistry.activateAttestedMeter", () => {
  let fixture: RegistryFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedRegistry);
  });

  it("refuses what activateMeter refuses before it looks at any proof", async () => {
    const { registry, operator, oracle, stranger, startedAt } = fixture;
    const attest = async (meter: bigint, caller = operator): Promise<unknown> =>
      registry.connect(caller).activateAttestedMeter(meter, await attestationBy(oracle, fixture, meter));

    await expect(registry.activateAttestedMeter(9, "0x")).to.be.revertedWithCustomError(registry, "MeterUnknown");
    const meter = await activeMeter(fixture);
    await expect(attest(meter))
      .to.be.revertedWithCustomError(registry, "MeterNotPending")
      .withArgs(meter, MeterStatus.Active);
    const successor = await registerMeter(fixture, { key: createTestKey("secp192r1") });
    await expect(attest(successor, stranger))
      .to.be.revertedWithCustomError(registry, "NotOperator")
      .withArgs(stranger.address, operator.address);
    const twin = await registerMeter(fixture, { evse: 2n });
    await expect(attest(twin)).to.be.revertedWithCustomError(registry, "KeyAlreadyActive").withArgs(meter);
    const brief = await registerMeter(fixture, {
      evse: 2n,
      key: createTestKey("secp192r1"),
      calibrationExpiresAt: startedAt + DAY,
    });
    await networkHelpers.time.setNextBlockTimestamp(startedAt + DAY);
    await expect(attest(brief)).to.be.revertedWithCustomError(registry, "CalibrationExpired");
    await registry.connect(operator).revokeMeter(meter);
    await expect(attest(twin)).to.be.revertedWithCustomError(registry, "KeyRevoked");
  });

  it("refuses a signature that is none, or of somebody who is no oracle", async () => {
    const { registry, operator, oracle, stranger } = fixture;
    const meter = await registerMeter(fixture);
    const attestation = await attestationBy(oracle, fixture, meter);

    for (const [signature, signer] of [
      ["0x", ZeroAddress],
      [attestation.slice(0, -2), ZeroAddress],
      [`0x${"00".repeat(65)}`, ZeroAddress],
      [await attestationBy(stranger, fixture, meter), stranger.address],
      [await attestationBy(operator, fixture, meter), operator.address],
    ] as const) {
      await expect(registry.connect(operator).activateAttestedMeter(meter, signature))
        .to.be.revertedWithCustomError(registry, "NotOracle")
        .withArgs(signer);
    }
  });

  it("refuses an oracle's attestation of another meter, EVSE, key or registry", async () => {
    const { registry, operator, oracle } = fixture;
    const meter = await registerMeter(fixture);
    const others = [
      await registerMeter(fixture),
      await registerMeter(fixture, { evse: 2n }),
      await registerMeter(fixture, { key: testKey("secp256k1") }),
    ];
    const elsewhere = { ...fixture, domain: { ...fixture.domain, verifyingContract: ZeroAddress } };

    const signatures = [await attestationBy(oracle, elsewhere, meter)];
    for (const other of others) signatures.push(await attestationBy(oracle, fixture, other));

    for (const signature of signatures) {
      await expect(registry.connect(operator).activateAttestedMeter(meter, signature)).to.be.revertedWithCustomError(
        registry,
        "NotOracle",
      );
    }
  });

  it("refuses an oracle whose term is over, at the time of the block", async () => {
    const { registry, oracleSet, operator, oracle, startedAt } = fixture;
    const meter = await registerMeter(fixture);
    const attestation = await attestationBy(oracle, fixture, meter);
    await networkHelpers.time.setNextBlockTimestamp(startedAt + 100n);
    await oracleSet.removeOracle(oracle.address);

    await networkHelpers.time.setNextBlockTimestamp(startedAt + 100n + CHANGE_DELAY_SECONDS);
    await expect(registry.connect(operator).activateAttestedMeter(meter, attestation))
      .to.be.revertedWithCustomError(registry, "NotOracle")
      .withArgs(oracle.address);
  });

  it("activates a meter of each of the seven curves, whoever brings the attestation", async () => {
    const { registry, operator, oracle, stranger, startedAt } = fixture;

    for (const [index, curve] of curves.entries()) {
      const key = testKey(curve);
      const meter = await registerMeter(fixture, { key });
      const attestation = await attestationBy(oracle, fixture, meter);

      const events = await eventsAt(fixture, startedAt + 1_000n * BigInt(index + 1), () =>
        registry.connect(stranger).activateAttestedMeter(meter, attestation),
      );

      expect(events).to.deep.equal([
        ["MeterActivated", meter, 1n, keyIdOfTestKey(key), Possession.AttestedByOracle, startedAt],
      ]);
      expect((await registry.meterOf(meter)).possession).to.equal(Possession.AttestedByOracle);
      await registry.connect(operator).retireMeter(meter);
    }
  });

  it("signs the digest that the contract shows", async () => {
    const { registry, oracle } = fixture;
    const meter = await registerMeter(fixture);

    const digest = await registry.attestationDigestOf(meter);

    expect(recoverAddress(digest, await attestationBy(oracle, fixture, meter))).to.equal(oracle.address);
  });
});
