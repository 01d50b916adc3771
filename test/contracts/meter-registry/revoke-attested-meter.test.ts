import { expect } from "chai";
import { recoverAddress, ZeroAddress } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import {
  activeMeter,
  attestationsOf,
  attestedMeter,
  deployedRegistry,
  eventsAt,
  keyIdOfTestKey,
  MeterStatus,
  registerMeter,
  type RegistryFixture,
  revocationsOf,
} from "../../helpers/meter-registry-fixture.ts";
import { testKey } from "../../helpers/ocmf.ts";
import { DAY } from "../../helpers/settlement-fixture.ts";

const key = testKey("secp192r1");

describe("MeterRegistry.revokeAttestedMeter", () => {
  let fixture: RegistryFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedRegistry);
  });

  it("refuses what revokeMeter refuses, whatever a quorum says", async () => {
    const { registry, operator, otherOperator } = fixture;
    const revoke = async (meter: bigint, by = operator): Promise<unknown> =>
      registry.connect(by).revokeAttestedMeter(meter, await revocationsOf(fixture, meter));
    await expect(registry.revokeAttestedMeter(9, [])).to.be.revertedWithCustomError(registry, "MeterUnknown");
    const pending = await registerMeter(fixture, { key });
    await expect(revoke(pending)).to.be.revertedWithCustomError(registry, "MeterNotActive");
    const sold = await attestedMeter(fixture, { key });
    await expect(revoke(sold, otherOperator)).to.be.revertedWithCustomError(registry, "NotOperator");
    await registry.connect(operator).retireMeter(sold);
    const bought = await attestedMeter(fixture, { key, evse: 3n, by: otherOperator });
    await expect(revoke(sold)).to.be.revertedWithCustomError(registry, "KeyAlreadyActive").withArgs(bought);
    await registry.connect(otherOperator).retireMeter(bought);
    await expect(revoke(sold)).to.be.revertedWithCustomError(registry, "KeyPassedOn").withArgs(sold, bought);
  });

  it("refuses less than a quorum, other oracles, and a quorum's word on something else", async () => {
    const { registry, oracleCommittee, operator, oracles, stranger } = fixture;
    const meter = await attestedMeter(fixture, { key });
    const other = await attestedMeter(fixture, { key: testKey("secp192k1"), evse: 2n });
    const revoke = async (signatures: Awaited<ReturnType<typeof revocationsOf>>): Promise<unknown> =>
      registry.connect(operator).revokeAttestedMeter(meter, signatures);

    await expect(revoke([])).to.be.revertedWithCustomError(oracleCommittee, "SignatureCountWrong");
    const outsiders = await revocationsOf(fixture, meter, [...oracles.slice(0, 1), stranger]);
    await expect(revoke(outsiders)).to.be.revertedWithCustomError(oracleCommittee, "SignerNotMember");
    const elsewhere = { ...fixture, domain: { ...fixture.domain, verifyingContract: ZeroAddress } };
    for (const signatures of [
      await revocationsOf(fixture, other),
      await revocationsOf(elsewhere, meter),
      await attestationsOf(fixture, meter),
    ]) {
      await expect(revoke(signatures)).to.revert(ethers);
    }
    expect((await registry.meterOf(meter)).status).to.equal(MeterStatus.Active);
  });

  it("ends the key from now on", async () => {
    const { registry, operator, startedAt } = fixture;
    const meter = await attestedMeter(fixture, { key });
    const agreed = await revocationsOf(fixture, meter);
    const now = startedAt + DAY;

    const events = await eventsAt(fixture, now, () => registry.connect(operator).revokeAttestedMeter(meter, agreed));

    expect(events).to.deep.equal([["MeterRevoked", meter, 1n, keyIdOfTestKey(key), now]]);
    expect([await registry.isValidAt(meter, now - 1n), await registry.isValidAt(meter, now)]).to.deep.equal([
      true,
      false,
    ]);
    await expect(registerMeter(fixture, { key })).to.be.revertedWithCustomError(registry, "KeyRevoked");
    await expect(registry.connect(operator).revokeAttestedMeter(meter, agreed)).to.be.revertedWithCustomError(
      registry,
      "MeterNotActive",
    );
  });

  it("is signed by the digest that the contract shows", async () => {
    const { registry, oracles } = fixture;
    const meter = await activeMeter(fixture);
    const [signature] = await revocationsOf(fixture, meter, oracles.slice(0, 1));

    const signer = recoverAddress(await registry.revocationDigestOf(meter), {
      r: signature?.r ?? "",
      yParityAndS: signature?.vs ?? "",
    });
    expect(signer).to.equal(oracles[0]?.address);
  });
});
