import { expect } from "chai";
import { AbiCoder, keccak256, TypedDataEncoder, ZeroAddress } from "ethers";

import { curveNumbers } from "../../../scripts/verify/contract-answers.ts";
import { tagOf } from "../../../services/domain/id-tag.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import {
  activeMeter,
  deployedRegistry,
  keyIdOfTestKey,
  Possession,
  Provenance,
  registerMeter,
  type RegistryFixture,
} from "../../helpers/meter-registry-fixture.ts";
import { pointBytes } from "../../helpers/ocmf-chain.ts";
import { testKey } from "../../helpers/ocmf.ts";
import { DAY } from "../../helpers/settlement-fixture.ts";

describe("MeterRegistry views", () => {
  let fixture: RegistryFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedRegistry);
  });

  it("refuse tag and digest of a meter that does not exist", async () => {
    const { registry } = fixture;

    for (const view of [registry.possessionTagOf(1), registry.attestationDigestOf(1), registry.revocationDigestOf(1)]) {
      await expect(view).to.be.revertedWithCustomError(registry, "MeterUnknown").withArgs(1);
    }
  });

  it("answer with nothing for numbers that do not exist", async () => {
    const { registry } = fixture;

    expect((await registry.evseOf(9)).evseId).to.equal("");
    expect((await registry.meterOf(9)).status).to.equal(0n);
    expect(await registry.isValidAt(9, 0)).to.equal(false);
    expect(await registry.activeMeterOf(keyIdOfTestKey(testKey("secp256r1")))).to.equal(0n);
  });

  it("tell in one call whose key judges a record and when its records count", async () => {
    const { registry, operator, startedAt } = fixture;
    const key = testKey("secp256r1");
    const meter = await activeMeter(fixture, { key, calibrationExpiresAt: startedAt + 5n * DAY });
    const longKey = testKey("secp384r1");
    const pending = await registerMeter(fixture, { key: longKey, evse: 2n });
    const common = [operator.address, 1n, curveNumbers.secp256r1, Possession.ProvenOnChain, Provenance.SelfDeclared];

    const nothing = keccak256(AbiCoder.defaultAbiCoder().encode(["uint8", "bytes"], [0, "0x"]));
    expect([...(await registry.recordSignerOf(9))]).to.deep.equal([
      ZeroAddress,
      ...[0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n],
      nothing,
    ]);
    expect([...(await registry.recordSignerOf(meter))]).to.deep.equal([
      ...common,
      startedAt,
      startedAt + 5n * DAY,
      key.publicKey.x,
      key.publicKey.y,
      keyIdOfTestKey(key),
    ]);
    // It was not activated, and its coordinates have 48 bytes.
    expect([...(await registry.recordSignerOf(pending))]).to.deep.equal([
      operator.address,
      2n,
      curveNumbers.secp384r1,
      Possession.None,
      Provenance.None,
      ...[0n, 0n, 0n, 0n],
      keyIdOfTestKey(longKey),
    ]);
  });

  it("keep the key's records from before a revocation, at every number that it had", async () => {
    const { registry, operator, startedAt } = fixture;
    const key = testKey("secp256r1");
    const retired = await activeMeter(fixture, { key });
    await networkHelpers.time.setNextBlockTimestamp(startedAt + DAY);
    await registry.connect(operator).retireMeter(retired);
    const meter = await activeMeter(fixture, { key });
    const revokedAt = startedAt + 2n * DAY;
    const before = [...(await registry.recordSignerOf(meter))];
    await networkHelpers.time.setNextBlockTimestamp(revokedAt);
    await registry.connect(operator).revokeMeter(meter);

    expect([...(await registry.recordSignerOf(meter))]).to.deep.equal(before.with(6, revokedAt));
    expect([...(await registry.recordSignerOf(retired))].slice(5, 7)).to.deep.equal([startedAt, startedAt + DAY]);
  });

  it("derive the possession tag from registrant, EVSE, key and its activations, for this chain and registry", async () => {
    const { registry, operator, domain } = fixture;
    const key = testKey("secp256k1");
    for (const activations of [0n, 1n, 2n]) {
      const meter = await registerMeter(fixture, { key, evse: 2n });
      const digest = TypedDataEncoder.hash(
        domain,
        {
          MeterPossession: [
            { name: "registrant", type: "address" },
            { name: "evse", type: "uint32" },
            { name: "keyId", type: "bytes32" },
            { name: "activations", type: "uint32" },
          ],
        },
        { registrant: operator.address, evse: 2, keyId: keyIdOfTestKey(key), activations },
      );

      expect(await registry.activationsOf(keyIdOfTestKey(key))).to.equal(activations);
      expect(await registry.possessionTagOf(meter)).to.equal(tagOf(digest));
      await activeMeter(fixture, { key, evse: 2n });
    }
  });

  it("name a key by curve and point", async () => {
    const { registry } = fixture;
    const key = testKey("secp256r1");

    expect(await registry.keyIdOf(curveNumbers.secp256r1, pointBytes(key.publicKey))).to.equal(keyIdOfTestKey(key));
  });

  it("say that records count inside the interval and before the calibration runs out", async () => {
    const { registry, startedAt } = fixture;
    const validFrom = startedAt + DAY;
    const meter = await activeMeter(fixture, {
      validFrom,
      validUntil: startedAt + 10n * DAY,
      calibrationExpiresAt: startedAt + 20n * DAY,
    });
    const calibrated = await activeMeter(fixture, {
      key: testKey("secp256k1"),
      evse: 2n,
      validFrom,
      validUntil: startedAt + 20n * DAY,
      calibrationExpiresAt: startedAt + 10n * DAY,
    });

    for (const [timestamp, isValid] of [
      [0n, false],
      [validFrom - 1n, false],
      [validFrom, true],
      [startedAt + 10n * DAY - 1n, true],
      [startedAt + 10n * DAY, false],
      [2n ** 256n - 1n, false],
    ] as const) {
      expect(await registry.isValidAt(meter, timestamp)).to.equal(isValid);
      expect(await registry.isValidAt(calibrated, timestamp)).to.equal(isValid);
    }
  });

  it("tell where records are read and who may attest", async () => {
    const { registry, oracleCommittee } = fixture;

    expect(await registry.oracleCommittee()).to.equal(await oracleCommittee.getAddress());
    expect(await registry.ocmfScanner()).to.be.properAddress;
  });
});
