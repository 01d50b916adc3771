import { expect } from "chai";
import { AbiCoder, keccak256 } from "ethers";

import { vouchingDigestOf } from "../../../scripts/operator/maker/statement.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import {
  activeMaker,
  committeeOwner,
  makerArguments,
  makerSignature,
  type Statement,
  statementOf,
  vouchedMeter,
} from "../../helpers/meter-makers.ts";
import {
  activeMeter,
  attestedMeter,
  deployedRegistry,
  eventsAt,
  keyIdOfTestKey,
  MeterStatus,
  possessionRecord,
  Provenance,
  registerMeter,
  type RegistryFixture,
} from "../../helpers/meter-registry-fixture.ts";
import { createTestKey, testKey } from "../../helpers/ocmf.ts";
import { CHANGE_DELAY_SECONDS, DAY } from "../../helpers/settlement-fixture.ts";

const key = testKey("secp256r1");
const LONGEST_TEXT = 64;
const N = { secp256r1: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n };

describe("MeterRegistry.vouchForMeter", () => {
  let fixture: RegistryFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedRegistry);
  });

  it("refuses a meter that does not exist, everybody but its operator, and one that is over", async () => {
    const { registry, operator, otherOperator } = fixture;
    const { maker, key: makerKey } = await activeMaker(fixture);
    const meter = await activeMeter(fixture);
    const statement = statementOf(maker, fixture);
    const { r, s } = await makerSignature(fixture, meter, statement, makerKey);

    await expect(registry.connect(operator).vouchForMeter(99, statement, r, s))
      .to.be.revertedWithCustomError(registry, "MeterUnknown")
      .withArgs(99);
    await expect(registry.vouchingDigestOf(99, statement)).to.be.revertedWithCustomError(registry, "MeterUnknown");
    await expect(registry.connect(otherOperator).vouchForMeter(meter, statement, r, s))
      .to.be.revertedWithCustomError(registry, "NotOperator")
      .withArgs(otherOperator.address, operator.address);
    await registry.connect(operator).retireMeter(meter);
    await expect(registry.connect(operator).vouchForMeter(meter, statement, r, s))
      .to.be.revertedWithCustomError(registry, "MeterNotActive")
      .withArgs(meter, MeterStatus.Retired);
  });

  it("refuses a calibration that ends before the registered one, and takes one that ends with it", async () => {
    const { registry, operator, startedAt } = fixture;
    const { maker, key: makerKey } = await activeMaker(fixture);
    const registered = startedAt + 90n * DAY;
    const meter = await activeMeter(fixture, { calibrationExpiresAt: registered });
    const vouch = async (calibrationExpiresAt: bigint): Promise<unknown> => {
      const statement = statementOf(maker, fixture, { calibrationExpiresAt });
      const { r, s } = await makerSignature(fixture, meter, statement, makerKey);
      return registry.connect(operator).vouchForMeter(meter, statement, r, s);
    };

    await expect(vouch(registered - 1n))
      .to.be.revertedWithCustomError(registry, "CalibrationNotVouched")
      .withArgs(registered, registered - 1n);
    await vouch(registered);
    expect(await registry.provenanceOf(meter)).to.equal(Provenance.VouchedByMaker);
  });

  it("refuses a maker that does not exist, and one whose delay is not over, to the second", async () => {
    const { registry, operator, startedAt } = fixture;
    const meter = await activeMeter(fixture);
    const makerKey = createTestKey("secp256k1");
    await networkHelpers.time.setNextBlockTimestamp(startedAt + DAY);
    await registry.connect(await committeeOwner()).registerMaker(...makerArguments(makerKey));
    const activeFrom = startedAt + DAY + CHANGE_DELAY_SECONDS;
    const statement = statementOf(1n, fixture);
    const { r, s } = await makerSignature(fixture, meter, statement, makerKey);
    const vouch = async (given: Statement, timestamp: bigint): Promise<unknown> => {
      await networkHelpers.time.setNextBlockTimestamp(timestamp);
      return registry.connect(operator).vouchForMeter(meter, given, r, s, { gasLimit: 1_000_000 });
    };

    await expect(vouch({ ...statement, maker: 2n }, activeFrom - 2n))
      .to.be.revertedWithCustomError(registry, "MakerUnknown")
      .withArgs(2);
    await expect(vouch(statement, activeFrom - 1n))
      .to.be.revertedWithCustomError(registry, "MakerNotActive")
      .withArgs(1, activeFrom, 0);
    await vouch(statement, activeFrom);
    expect(await registry.provenanceOf(meter)).to.equal(Provenance.VouchedByMaker);
  });

  it("refuses a type or a serial number that is empty or too long", async () => {
    const { registry, operator } = fixture;
    const { maker, key: makerKey } = await activeMaker(fixture);
    const meter = await activeMeter(fixture);

    for (const member of ["meterType", "serialNumber"]) {
      for (const text of ["", "x".repeat(LONGEST_TEXT + 1)]) {
        const statement = statementOf(maker, fixture, { [member]: text });
        const { r, s } = await makerSignature(fixture, meter, statement, makerKey);
        await expect(registry.connect(operator).vouchForMeter(meter, statement, r, s))
          .to.be.revertedWithCustomError(registry, "TextLengthOutOfRange")
          .withArgs(text.length, 1, LONGEST_TEXT);
      }
    }
  });

  it("refuses a signature of another key, and of another statement in each of its parts", async () => {
    const { registry, operator, startedAt } = fixture;
    const { maker, key: makerKey } = await activeMaker(fixture);
    const meter = await activeMeter(fixture);
    const other = await activeMeter(fixture, { evse: 2n, key: createTestKey("secp256r1") });
    const statement = statementOf(maker, fixture);
    const { r, s } = await makerSignature(fixture, meter, statement, makerKey);
    const foreign = await makerSignature(fixture, meter, statement, createTestKey("secp256r1"));
    const refused = async (number: bigint, given: Statement, signature: { r: string; s: string }): Promise<void> => {
      await expect(registry.connect(operator).vouchForMeter(number, given, signature.r, signature.s))
        .to.be.revertedWithCustomError(registry, "MakerSignatureInvalid")
        .withArgs(maker);
    };

    await refused(meter, statement, foreign);
    await refused(other, statement, { r, s });
    await refused(meter, { ...statement, meterType: "XM-4" }, { r, s });
    await refused(meter, { ...statement, serialNumber: "7654321" }, { r, s });
    await refused(meter, { ...statement, calibrationExpiresAt: startedAt + 91n * DAY }, { r, s });
  });

  for (const curve of ["secp256r1", "secp256k1"] as const) {
    it(`takes a maker's word by ${curve}, for a pending meter and for an active one`, async () => {
      const { registry, operator, startedAt } = fixture;
      const maker = await activeMaker(fixture, createTestKey(curve));
      const pending = await registerMeter(fixture);
      const statement = statementOf(maker.maker, fixture);
      const { r, s } = await makerSignature(fixture, pending, statement, maker.key);

      const events = await eventsAt(fixture, startedAt + 30n * DAY, () =>
        registry.connect(operator).vouchForMeter(pending, statement, r, s),
      );

      const { meterType, serialNumber, calibrationExpiresAt } = statement;
      expect(events).to.deep.equal([
        ["MeterVouched", pending, maker.maker, keyIdOfTestKey(key), meterType, serialNumber, calibrationExpiresAt],
      ]);
      expect((await registry.meterOf(pending)).maker).to.equal(maker.maker);
      // A maker's word shows nobody's possession.
      expect(await registry.provenanceOf(pending)).to.equal(Provenance.None);
      const record = await possessionRecord(fixture, pending);
      await registry.connect(operator).activateMeter(pending, record.payload, record.r, record.s);
      expect(await registry.provenanceOf(pending)).to.equal(Provenance.VouchedByMaker);
      const active = await activeMeter(fixture, { evse: 2n, key: createTestKey("secp256k1") });
      expect(await registry.provenanceOf(active)).to.equal(Provenance.SelfDeclared);
      await vouchedMeter(fixture, maker, { meter: active });
      expect((await registry.recordSignerOf(active)).provenance).to.equal(Provenance.VouchedByMaker);
    });
  }

  it("takes both twins of a signature", async () => {
    const { registry, operator } = fixture;
    const { maker, key: makerKey } = await activeMaker(fixture);
    const meter = await activeMeter(fixture);
    const statement = statementOf(maker, fixture);
    const { r, s } = await makerSignature(fixture, meter, statement, makerKey);
    const twin = `0x${(N.secp256r1 - BigInt(s)).toString(16).padStart(64, "0")}`;

    await registry.connect(operator).vouchForMeter(meter, statement, r, twin);
    expect(await registry.provenanceOf(meter)).to.equal(Provenance.VouchedByMaker);
  });

  it("raises a meter that a quorum attested, which is at a level of its own before", async () => {
    const { registry } = fixture;
    const maker = await activeMaker(fixture);
    const meter = await attestedMeter(fixture, { key: testKey("secp192r1") });
    expect(await registry.provenanceOf(meter)).to.equal(Provenance.AttestedByQuorum);

    await vouchedMeter(fixture, maker, { meter });
    expect(await registry.provenanceOf(meter)).to.equal(Provenance.VouchedByMaker);
    await registry.connect(await committeeOwner()).revokeMaker(maker.maker);
    expect(await registry.provenanceOf(meter)).to.equal(Provenance.AttestedByQuorum);
  });

  it("is good for the key: the buyer of a meter gives the same signature again", async () => {
    const { registry, operator, otherOperator } = fixture;
    const { maker, key: makerKey } = await activeMaker(fixture);
    const sold = await activeMeter(fixture);
    const statement = statementOf(maker, fixture);
    const { r, s } = await makerSignature(fixture, sold, statement, makerKey);
    await registry.connect(operator).vouchForMeter(sold, statement, r, s);
    const bought = await registerMeter(fixture, { evse: 3n, by: otherOperator });
    await registry.connect(operator).handOverMeter(sold, bought);
    const record = await possessionRecord(fixture, bought);
    await registry.connect(otherOperator).activateMeter(bought, record.payload, record.r, record.s);
    expect(await registry.provenanceOf(bought)).to.equal(Provenance.SelfDeclared);

    await registry.connect(otherOperator).vouchForMeter(bought, statement, r, s);
    expect(await registry.provenanceOf(bought)).to.equal(Provenance.VouchedByMaker);
  });

  it("names the device behind a key by maker and serial number, from the first word on, and before by the key", async () => {
    const { registry, operator } = fixture;
    const first = await activeMaker(fixture);
    const second = await activeMaker(fixture, createTestKey("secp256k1"));
    const [one, other] = [testKey("secp256r1"), createTestKey("secp256r1")];
    const old = await activeMeter(fixture, { key: one });
    const renewed = await registerMeter(fixture, { key: other });
    expect(await registry.physicalMeterOf(keyIdOfTestKey(one))).to.equal(keyIdOfTestKey(one));
    await vouchedMeter(fixture, first, { meter: old });
    await vouchedMeter(fixture, first, { meter: renewed });

    const device = keccak256(AbiCoder.defaultAbiCoder().encode(["uint32", "string"], [first.maker, "1234567"]));
    for (const held of [one, other]) expect(await registry.physicalMeterOf(keyIdOfTestKey(held))).to.equal(device);

    const changed = statementOf(second.maker, fixture, { serialNumber: "7654321" });
    const { r, s } = await makerSignature(fixture, old, changed, second.key);
    await registry.connect(operator).vouchForMeter(old, changed, r, s);
    expect(await registry.physicalMeterOf(keyIdOfTestKey(one))).to.equal(device);
  });

  it("is signed by the digest that the contract shows", async () => {
    const { registry } = fixture;
    const meter = await registerMeter(fixture);
    const statement = statementOf(1n, fixture);
    const { chainId } = await ethers.provider.getNetwork();
    const place = { chainId: Number(chainId), meterRegistry: await registry.getAddress() };

    const { meterType, serialNumber, calibrationExpiresAt } = statement;
    const content = { meterType, serialNumber, calibrationExpiresAt: Number(calibrationExpiresAt) };
    expect(vouchingDigestOf(place, keyIdOfTestKey(key), content)).to.equal(
      await registry.vouchingDigestOf(meter, statement),
    );
  });
});
