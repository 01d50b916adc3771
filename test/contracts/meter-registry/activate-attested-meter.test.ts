import { expect } from "chai";
import { recoverAddress, ZeroAddress } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import {
  activeMeter,
  attestationBy,
  attestationsOf,
  attestedMeter,
  deployedRegistry,
  eventsAt,
  keyIdOfTestKey,
  MeterStatus,
  Possession,
  registerMeter,
  type RegistryFixture,
} from "../../helpers/meter-registry-fixture.ts";
import { createTestKey, curves, testKey } from "../../helpers/ocmf.ts";
import { CHANGE_DELAY_SECONDS, DAY, type Signer } from "../../helpers/settlement-fixture.ts";

/** The contract cannot verify its curve. */
const attestedKey = testKey("secp192r1");

describe("MeterRegistry.activateAttestedMeter", () => {
  let fixture: RegistryFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedRegistry);
  });

  it("refuses what activateMeter refuses before it looks at any proof", async () => {
    const { registry, operator, otherOperator, stranger, startedAt } = fixture;
    const attest = async (meter: bigint, caller = operator): Promise<unknown> =>
      registry.connect(caller).activateAttestedMeter(meter, await attestationsOf(fixture, meter));

    await expect(registry.activateAttestedMeter(9, [])).to.be.revertedWithCustomError(registry, "MeterUnknown");
    const meter = await activeMeter(fixture);
    await expect(attest(meter))
      .to.be.revertedWithCustomError(registry, "MeterNotPending")
      .withArgs(meter, MeterStatus.Active);
    const successor = await registerMeter(fixture, { key: createTestKey("secp192r1") });
    await expect(attest(successor, stranger))
      .to.be.revertedWithCustomError(registry, "NotOperator")
      .withArgs(stranger.address, operator.address);
    const twin = await registerMeter(fixture, { evse: 3n, by: otherOperator });
    await expect(attest(twin, otherOperator))
      .to.be.revertedWithCustomError(registry, "KeyAlreadyActive")
      .withArgs(meter);
    const brief = await registerMeter(fixture, {
      evse: 2n,
      key: createTestKey("secp192r1"),
      calibrationExpiresAt: startedAt + DAY,
    });
    await networkHelpers.time.setNextBlockTimestamp(startedAt + DAY);
    await expect(attest(brief)).to.be.revertedWithCustomError(registry, "CalibrationExpired");
    await registry.connect(operator).revokeMeter(meter);
    await expect(attest(twin, otherOperator)).to.be.revertedWithCustomError(registry, "KeyRevoked");
  });

  it("refuses a quorum's word on the curves that the contract verifies itself", async () => {
    const { registry, operator } = fixture;

    for (const [curve, number] of [
      ["secp256r1", 1n],
      ["secp256k1", 2n],
    ] as const) {
      const meter = await registerMeter(fixture, { key: testKey(curve) });
      await expect(registry.connect(operator).activateAttestedMeter(meter, await attestationsOf(fixture, meter)))
        .to.be.revertedWithCustomError(registry, "CurveVerifiable")
        .withArgs(number);
    }
  });

  it("refuses an attestation from before the key was last activated", async () => {
    const { registry, oracleCommittee, operator, otherOperator } = fixture;
    const key = attestedKey;
    const kept = await registerMeter(fixture, { key });
    const attestations = await attestationsOf(fixture, kept);
    const sold = await attestedMeter(fixture, { key });
    await registry.connect(operator).retireMeter(sold);
    const bought = await attestedMeter(fixture, { key, evse: 3n, by: otherOperator });
    await registry.connect(otherOperator).retireMeter(bought);

    await expect(registry.connect(operator).activateAttestedMeter(kept, attestations)).to.be.revertedWithCustomError(
      oracleCommittee,
      "SignerNotMember",
    );
    await registry.connect(operator).activateAttestedMeter.staticCall(kept, await attestationsOf(fixture, kept));
  });

  it("refuses less than a quorum, and whoever is no oracle", async () => {
    const { registry, oracleCommittee, operator, oracles, stranger } = fixture;
    const meter = await registerMeter(fixture, { key: attestedKey });
    const attest = async (signers: readonly Signer[]): Promise<unknown> =>
      registry.connect(operator).activateAttestedMeter(meter, await attestationsOf(fixture, meter, signers));

    for (const signers of [[], oracles.slice(0, 1), oracles]) {
      await expect(attest(signers))
        .to.be.revertedWithCustomError(oracleCommittee, "SignatureCountWrong")
        .withArgs(BigInt(signers.length), 2n);
    }
    for (const outsider of [stranger, operator]) {
      await expect(attest([...oracles.slice(0, 1), outsider]))
        .to.be.revertedWithCustomError(oracleCommittee, "SignerNotMember")
        .withArgs(outsider.address);
    }
  });

  it("refuses a quorum's attestation of another meter, EVSE, key or registry", async () => {
    const { registry, operator } = fixture;
    const meter = await registerMeter(fixture, { key: attestedKey });
    const others = [
      await registerMeter(fixture, { key: attestedKey }),
      await registerMeter(fixture, { key: attestedKey, evse: 2n }),
      await registerMeter(fixture, { key: testKey("secp192k1") }),
    ];
    const elsewhere = { ...fixture, domain: { ...fixture.domain, verifyingContract: ZeroAddress } };

    const quorums = [await attestationsOf(elsewhere, meter)];
    for (const other of others) quorums.push(await attestationsOf(fixture, other));

    for (const signatures of quorums) {
      await expect(registry.connect(operator).activateAttestedMeter(meter, signatures)).to.revert(ethers);
    }
    expect((await registry.meterOf(meter)).status).to.equal(MeterStatus.Pending);
  });

  it("refuses a committee that is no more, at the time of the block", async () => {
    const { registry, oracleCommittee, operator, oracles, stranger, startedAt } = fixture;
    const meter = await registerMeter(fixture, { key: attestedKey });
    const attestations = await attestationsOf(fixture, meter);
    await networkHelpers.time.setNextBlockTimestamp(startedAt + 100n);
    await oracleCommittee.schedule([stranger.address, operator.address], 2);

    await networkHelpers.time.setNextBlockTimestamp(startedAt + 100n + CHANGE_DELAY_SECONDS);
    await expect(registry.connect(operator).activateAttestedMeter(meter, attestations))
      .to.be.revertedWithCustomError(oracleCommittee, "SignerNotMember")
      .withArgs(oracles[0]?.address);
  });

  it("activates a meter of each of the five other curves, whoever brings the attestation", async () => {
    const { registry, operator, stranger, startedAt } = fixture;

    const others = curves.filter((curve) => curve !== "secp256r1" && curve !== "secp256k1");
    expect(others).to.have.length(5);
    for (const [index, curve] of others.entries()) {
      const key = testKey(curve);
      const meter = await registerMeter(fixture, { key });
      const attestations = await attestationsOf(fixture, meter);

      const events = await eventsAt(fixture, startedAt + 1_000n * BigInt(index + 1), () =>
        registry.connect(stranger).activateAttestedMeter(meter, attestations),
      );

      expect(events).to.deep.equal([
        ["MeterActivated", meter, 1n, keyIdOfTestKey(key), Possession.AttestedByOracles, startedAt],
      ]);
      expect((await registry.meterOf(meter)).possession).to.equal(Possession.AttestedByOracles);
      await registry.connect(operator).retireMeter(meter);
    }
  });

  it("is signed by the digest that the contract shows", async () => {
    const { registry, oracles } = fixture;
    const meter = await registerMeter(fixture);

    const digest = await registry.attestationDigestOf(meter);

    for (const oracle of oracles) {
      const { r, vs } = await attestationBy(oracle, fixture, meter);
      expect(recoverAddress(digest, { r, yParityAndS: vs })).to.equal(oracle.address);
    }
  });
});
