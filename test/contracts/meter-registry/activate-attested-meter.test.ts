import { expect } from "chai";
import { recoverAddress, ZeroAddress } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import {
  activeMeter,
  attestationBy,
  attestationsOf,
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

describe("MeterRegistry.activateAttestedMeter", () => {
  let fixture: RegistryFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedRegistry);
  });

  it("refuses what activateMeter refuses before it looks at any proof", async () => {
    const { registry, operator, stranger, startedAt } = fixture;
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

  it("refuses less than a quorum, and whoever is no oracle", async () => {
    const { registry, oracleCommittee, operator, oracles, stranger } = fixture;
    const meter = await registerMeter(fixture);
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
    const meter = await registerMeter(fixture);
    const others = [
      await registerMeter(fixture),
      await registerMeter(fixture, { evse: 2n }),
      await registerMeter(fixture, { key: testKey("secp256k1") }),
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
    const meter = await registerMeter(fixture);
    const attestations = await attestationsOf(fixture, meter);
    await networkHelpers.time.setNextBlockTimestamp(startedAt + 100n);
    await oracleCommittee.schedule([stranger.address, operator.address], 2);

    await networkHelpers.time.setNextBlockTimestamp(startedAt + 100n + CHANGE_DELAY_SECONDS);
    await expect(registry.connect(operator).activateAttestedMeter(meter, attestations))
      .to.be.revertedWithCustomError(oracleCommittee, "SignerNotMember")
      .withArgs(oracles[0]?.address);
  });

  it("activates a meter of each of the seven curves, whoever brings the attestation", async () => {
    const { registry, operator, stranger, startedAt } = fixture;

    for (const [index, curve] of curves.entries()) {
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
